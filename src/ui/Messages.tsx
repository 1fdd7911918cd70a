// What the page has to say to the person at once: failures with their remedy, and the one question it asks.

import { Button, Modal } from '@mantine/core';
import { load, reset } from '../store/acts.ts';
import { useDataset } from '../store/dataset.ts';
import { dismissError, useSession } from '../store/session.ts';
import { useSettings } from '../store/settings.ts';
import type { ErrorCode } from '../util/errors.ts';
import { formatCount } from '../util/format.ts';
import { ErrorNotice } from './parts/ErrorNotice.tsx';

/** Failures that a reset can mend, and what its button says; the others are over once read. */
const REMEDIES: Partial<Record<ErrorCode, string>> = {
  'loss-not-finite': 'Reset',
  'device-lost': 'Reset',
  'gpu-fault': 'Reset',
  'out-of-memory': 'Reset',
  'worker-failed': 'Start again',
  'adapter-missing': 'Try again',
  'device-refused': 'Try again',
};

export function Messages() {
  const error = useSession((session) => session.error);
  const refused = useSettings((settings) => settings.refused);
  const failed = useSession(({ status }) => status.state === 'failed');
  if (!error && !refused) return null;
  const remedy = error ? (REMEDIES[error.code] ?? (failed ? 'Start again' : null)) : null;
  return (
    <div className="messages">
      {refused && (
        <ErrorNotice
          error={refused}
          title="The link was not taken"
          onClose={() => useSettings.setState({ refused: null })}
        />
      )}
      {error && (
        <ErrorNotice error={error} onClose={dismissError}>
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

export function EndRunQuestion() {
  const pending = useDataset((state) => state.pending);
  const step = useSession(({ status }) => status.step);
  const close = () => useDataset.setState({ pending: null });
  return (
    <Modal opened={pending !== null} onClose={close} title="Load other films?" centered>
      <p>
        The run stands at step {formatCount(step)}. Loading {pending?.name} ends it; its curves stay under
        Runs, and its model can still be evaluated.
      </p>
      <div className="question-acts">
        <Button variant="default" onClick={close}>
          Keep this run
        </Button>
        <Button data-testid="confirm-load" onClick={() => pending && void load(pending)}>
          End it and load
        </Button>
      </div>
    </Modal>
  );
}
