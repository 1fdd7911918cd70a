// Whose charts are shown: the method of the run that is watched or at hand, of the run whose curves still stand there, or,
// before the first one, of the settings as they are.

import type { MethodName } from '../../methods/records.ts';
import { useSettings } from '../../store/page/settings.ts';
import { useResume } from '../../store/run/resume.ts';
import { useRuns } from '../../store/run/runs.ts';
import { useSession } from '../../store/session.ts';

export function useShownMethod(): MethodName {
  const watched = useResume((state) => state.watched?.config.method);
  const prepared = useSession((state) => state.runConfig?.method);
  const shown = useRuns(({ runs, liveId }) => runs.find(({ id }) => id === liveId)?.config.method);
  const draft = useSettings((state) => state.draft.method);
  return watched ?? prepared ?? shown ?? draft;
}
