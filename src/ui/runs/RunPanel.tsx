// The run as a thing to keep: its seed, a link that repeats it, the model as a file.

import { ActionIcon, Button, FileButton, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconDice3, IconDownload, IconLink, IconUpload } from '@tabler/icons-react';
import { isAtWork } from '../../protocol/engine.ts';
import { useWhyNotProtected } from '../../store/page/protection.ts';
import { setDraft, shareAddress } from '../../store/page/settings.ts';
import { loadCheckpoint, saveCheckpoint } from '../../store/run/acts.ts';
import { useSession } from '../../store/session.ts';
import { useLocked } from '../settings/ConfigForm.tsx';
import { ConfigFormField } from '../settings/ConfigFormField.tsx';
import { saveBlob } from '../shell/download.ts';
import { Section } from '../shell/Section.tsx';
import { RunPanelKept } from './RunPanelKept.tsx';
import { RunPanelStart } from './RunPanelStart.tsx';
import styles from './runs.module.css';

const randomSeed = () => crypto.getRandomValues(new Uint32Array(1))[0]! % 100_000;

async function saveModel(): Promise<void> {
  const bytes = await saveCheckpoint();
  const { step } = useSession.getState().status;
  if (bytes) saveBlob(`mlvicx-step-${step}.safetensors`, new Blob([bytes.slice()]));
}

export function RunPanel() {
  const locked = useLocked();
  const clipboard = useClipboard({ timeout: 1600 });
  const hasModel = useSession(({ runConfig }) => runConfig !== null);
  const quiet = useSession(({ status, busy }) => busy === null && !isAtWork(status.state));
  const closed = useWhyNotProtected() !== null;
  return (
    <Section title="Run">
      <div className={styles.runPanel}>
        <div className={styles.seedRow}>
          <ConfigFormField name="seed" locked={locked} />
          <Tooltip label="Another seed">
            <ActionIcon
              aria-label="Another seed"
              disabled={locked}
              onClick={() => setDraft('seed', randomSeed())}
            >
              <IconDice3 size={16} />
            </ActionIcon>
          </Tooltip>
        </div>
        <RunPanelStart locked={locked} />
        <RunPanelKept />
        <Tooltip label="Settings and seed only; no film, no name, no label" position="bottom">
          <Button
            variant="default"
            fullWidth
            data-testid="share"
            leftSection={
              clipboard.copied ? <IconCheck size={15} aria-hidden /> : <IconLink size={15} aria-hidden />
            }
            onClick={() => clipboard.copy(shareAddress())}
          >
            {clipboard.copied ? 'Link copied' : 'Copy link to these settings'}
          </Button>
        </Tooltip>
        <div className={styles.runFiles}>
          <Button
            variant="default"
            data-testid="save-checkpoint"
            disabled={!hasModel || !quiet}
            leftSection={<IconDownload size={15} aria-hidden />}
            onClick={() => void saveModel()}
          >
            Save model
          </Button>
          <FileButton accept=".safetensors" onChange={(file) => file && void loadCheckpoint(file)}>
            {(props) => (
              <Button
                {...props}
                variant="default"
                data-testid="load-checkpoint"
                disabled={!quiet || closed}
                leftSection={<IconUpload size={15} aria-hidden />}
              >
                Load model
              </Button>
            )}
          </FileButton>
        </div>
      </div>
    </Section>
  );
}
