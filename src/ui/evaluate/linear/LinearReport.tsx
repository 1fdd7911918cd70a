// The linear evaluation on the page: what it is, and its report.

import type { LinearReport } from '../../../tasks/linear/report.ts';
import { labelWords, ScoresView } from '../scores/ScoresView.tsx';
import { WhereItLooks } from './WhereItLooks.tsx';

export function LinearReportView({ report }: { report: LinearReport }) {
  const { val, test } = report.films;
  const how = `Linear layer trained on ${labelWords(report)}, stopped on ${val}, scored on ${test}.`;
  return (
    <ScoresView
      report={report}
      how={how}
      closer={(finding) => <WhereItLooks finding={finding} report={report} />}
    />
  );
}

/** What it is, for who has not run it yet. */
export function LinearIntroduction() {
  return (
    <>
      <p>
        The encoder is frozen and a single linear layer is trained on its features to tell findings apart; the
        score is the AUROC on films of patients it has never seen.
      </p>
      <p>
        A score means nothing alone, so the same is done with encoders of the same shape at random starts and
        with raw pixels. What pretraining bought is the distance between them, most of all where labels are
        few.
      </p>
    </>
  );
}
