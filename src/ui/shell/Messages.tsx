// What the page has to say to the person at once: failures with their remedy, and the one question it asks.

import { Button, Modal } from '@mantine/core';
import { isPresetName, PRESETS } from '../../config/presets.ts';
import { type Source, useDataset } from '../../store/films/dataset.ts';
import { choosePreset, setDraft, showView, useSettings } from '../../store/page/settings.ts';
import { load, needsRestart, reset, restart } from '../../store/run/acts.ts';
import { useKeeping } from '../../store/run/keeping.ts';
import { resumeHalted, rollBack } from '../../store/run/resume.ts';
import { dismissError, useSession } from '../../store/session.ts';
import { BLOW_UPS, type ErrorCode, type ErrorData, type WireError } from '../../util/errors.ts';
import { formatCount } from '../../util/format.ts';
import { DataPanelFailure } from '../data/DataPanelReading.tsx';
import { offerOther } from '../data/FileInputs.tsx';
import { RecordedNotice } from '../lessons/RecordedNotice.tsx';
import { ErrorNotice } from './ErrorNotice.tsx';
import { KeepingNotices } from './KeepingNotices.tsx';
import styles from './notice.module.css';
import shared from './shared.module.css';

/** Failures that a reset can mend, and what its button says; the others are over once read. */
const REMEDIES: Partial<Record<ErrorCode, string>> = {
  'loss-not-finite': 'Reset',
  'loss-exploded': 'Reset',
  'model-broken': 'Reset',
  'device-lost-often': 'Reset',
  'device-lost': 'Reset',
  'gpu-fault': 'Reset',
  'out-of-memory': 'Reset',
  'worker-failed': 'Start again',
  'adapter-missing': 'Try again',
  'device-refused': 'Try again',
};

export function Messages({ panelShown }: { panelShown: boolean }) {
  const error = useSession((session) => session.error);
  const refused = useSettings((settings) => settings.refused);
  const films = useDataset((state) => state.error);
  const failed = useSession(({ status }) => status.state === 'failed');
  const remedy = error ? (REMEDIES[error.code] ?? (failed ? 'Start again' : null)) : null;
  return (
    <div className={styles.messages}>
      <RecordedNotice />
      <KeepingNotices />
      {refused && (
        <ErrorNotice
          error={refused}
          title="The link was not taken"
          onClose={() => useSettings.setState({ refused: null })}
        />
      )}
      {films && !panelShown && <DataPanelFailure error={films} />}
      {error && (
        <ErrorNotice error={error} onClose={dismissError}>
          <WaysBack error={error} />
          {remedy && (
            <Button variant="default" data-testid="remedy" onClick={() => void reset()}>
              {remedy}
            </Button>
          )}
        </ErrorNotice>
      )}
    </div>
  );
}

/** Begins anew what could not be begun, once the settings are others. */
async function withOther(change: () => void): Promise<void> {
  change();
  if (needsRestart()) await restart();
  else dismissError();
}

/** Settings that would do, as the error names them. */
function Choices({ proposal, batch }: ErrorData) {
  const preset = proposal !== undefined && isPresetName(proposal) ? proposal : null;
  return (
    <>
      {preset && (
        <Button data-testid="smaller-preset" onClick={() => void withOther(() => choosePreset(preset))}>
          Use the preset {PRESETS[preset].label}
        </Button>
      )}
      {batch !== undefined && (
        <Button
          variant="default"
          data-testid="smaller-batch"
          onClick={() => void withOther(() => setDraft('batchSize', batch))}
        >
          Use batch size {batch}
        </Button>
      )}
    </>
  );
}

/** From a run that was halted to where it was last in order, in one press. */
function WaysBack({ error }: { error: WireError }) {
  const rollback = useKeeping((keeping) => keeping.rollback);
  const kept = useKeeping((keeping) => keeping.kept);
  const failed = useSession(({ status }) => status.state === 'failed');
  const newest = kept?.checkpoints.at(-1);
  if (rollback && BLOW_UPS.includes(error.code)) {
    return (
      <>
        {rollback.suggestions.map((suggestion) => (
          <Button
            key={suggestion.key}
            data-testid={`roll-back-${suggestion.key}`}
            onClick={() => void rollBack(suggestion)}
          >
            Back to step {formatCount(rollback.step)}, {suggestion.text}
          </Button>
        ))}
        <Button variant="default" data-testid="roll-back" onClick={() => void rollBack()}>
          Back to step {formatCount(rollback.step)}
        </Button>
      </>
    );
  }
  if (error.data?.proposal !== undefined || error.data?.batch !== undefined) {
    return <Choices {...error.data} />;
  }
  if (!failed || !newest) return null;
  return (
    <Button data-testid="resume-halted" onClick={() => void resumeHalted()}>
      Resume from step {formatCount(newest.step)}
    </Button>
  );
}

function evaluateOn(source: Source): void {
  useDataset.setState({ pending: null });
  offerOther(source);
  showView('evaluate');
}

export function EndRunQuestion() {
  const pending = useDataset((state) => state.pending);
  const step = useSession(({ status }) => status.step);
  const close = () => useDataset.setState({ pending: null });
  return (
    <Modal opened={pending !== null} onClose={close} title="Load other films?" centered>
      <p>
        The run stands at step {formatCount(step)}. Loading {pending?.name} ends it; its curves stay under
        Runs, and its model can still be evaluated. To evaluate the encoder on {pending?.name}, the run need
        not end.
      </p>
      <div className={shared.acts}>
        <Button variant="default" onClick={close}>
          Keep this run
        </Button>
        <Button variant="default" data-testid="evaluate-on-it" onClick={() => pending && evaluateOn(pending)}>
          Evaluate on it
        </Button>
        <Button data-testid="confirm-load" onClick={() => pending && void load(pending)}>
          End it and load
        </Button>
      </div>
    </Modal>
  );
}
