// The run as a thing to keep: its seed, what it begins with, how much of it is kept, a link that repeats it, the model as a
// file.

import { ActionIcon, Button, FileButton, Popover, Switch, TextInput, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import {
  IconBookmark,
  IconCheck,
  IconDice3,
  IconDownload,
  IconLink,
  IconUpload,
  IconX,
} from '@tabler/icons-react';
import { useState } from 'react';
import { isAtWork } from '../../protocol/engine.ts';
import { currentClient } from '../../store/client.ts';
import { useWhyNotProtected } from '../../store/page/protection.ts';
import { setDraft, setWeights, shareAddress, useSettings } from '../../store/page/settings.ts';
import { loadCheckpoint, weightsGiven } from '../../store/run/acts.ts';
import { showExports } from '../../store/run/exports.ts';
import { useKeeping } from '../../store/run/keeping.ts';
import { keepScreenOn, useWatchdog } from '../../store/run/watchdog.ts';
import { showError, useSession } from '../../store/session.ts';
import { formatBytes, formatCount } from '../../util/format.ts';
import { useLocked } from '../settings/ConfigForm.tsx';
import { ConfigFormField } from '../settings/ConfigFormField.tsx';
import { Section } from '../shell/Section.tsx';
import styles from './runs.module.css';

const randomSeed = () => crypto.getRandomValues(new Uint32Array(1))[0]! % 100_000;

export function RunPanel() {
  const locked = useLocked();
  const clipboard = useClipboard({ timeout: 1600 });
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
            data-testid="command-export"
            title="Export (x)"
            leftSection={<IconDownload size={15} aria-hidden />}
            onClick={() => showExports(true)}
          >
            Export…
          </Button>
          <FileButton
            multiple
            accept={WEIGHT_FILES}
            onChange={(files) => files.length > 0 && void loadCheckpoint(files)}
          >
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

/** Files of other kinds are refused by name, with what to do. */
const WEIGHT_FILES = '.safetensors,.json,.pth,.pt,.ckpt,.bin,.h5,.onnx,.npz';

async function startFrom(files: readonly File[]): Promise<void> {
  if (files.length === 0) return;
  try {
    setWeights(await weightsGiven(files));
  } catch (error) {
    showError(error);
  }
}

const HELP =
  'A safetensors file of a ResNet-18 under torchvision names, such as the one trained on ImageNet (encoder width 64). Bottlenecks and heads begin at random all the same.';

function RunPanelStart({ locked }: { locked: boolean }) {
  const weights = useSettings((settings) => settings.weights);
  const closed = useWhyNotProtected() !== null;
  const began = useSession(({ status }) => status.start);
  const words = locked ? began : (weights?.name ?? 'random');
  return (
    <div className={styles.startRow} data-testid="start">
      <span className={styles.startWords} title={words}>
        Start: {words}
      </span>
      {weights && !locked ? (
        <ActionIcon size={22} aria-label="Begin with random weights" onClick={() => setWeights(null)}>
          <IconX size={14} />
        </ActionIcon>
      ) : (
        <FileButton multiple accept={WEIGHT_FILES} onChange={(files) => void startFrom(files)}>
          {(props) => (
            <Tooltip label={HELP} w={280} multiline>
              <Button
                {...props}
                variant="subtle"
                flex="none"
                size="compact-xs"
                disabled={locked || closed}
                data-testid="start-from"
              >
                Start from weights…
              </Button>
            </Tooltip>
          )}
        </FileButton>
      )}
    </div>
  );
}

function KeptLine() {
  const kept = useKeeping((state) => state.kept);
  const newest = kept?.checkpoints.at(-1);
  if (!kept || !newest)
    return (
      <span className={`${styles.startWords} ${styles.startWhole}`}>
        Kept in this browser from the first step on
      </span>
    );
  const steps = kept.checkpoints.map(({ step, bytes, name, total }) => {
    const loss = total === null ? '' : `, loss ${total.toPrecision(4)}`;
    return `step ${formatCount(step)}${name ? ` “${name}”` : ''}: ${formatBytes(bytes)}${loss}`;
  });
  const room = kept.free === null ? '' : ` Room for ${formatBytes(kept.free)} more.`;
  return (
    <Tooltip label={`Checkpoints: ${steps.join('; ')}.${room}`} w={300} multiline>
      <span className={`${styles.startWords} num`} data-testid="kept" data-step={newest.step}>
        {kept.lasting ? 'Kept' : 'Kept until the tab closes'}: step {formatCount(newest.step)} ·{' '}
        {formatBytes(kept.bytes)}
      </span>
    </Tooltip>
  );
}

function NameStep() {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState('');
  const possible = useKeeping(({ kept }) => kept !== null);
  const save = () => {
    setOpen(false);
    if (name.trim()) currentClient().engine.saveNow(name.trim()).catch(showError);
    setName('');
  };
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" trapFocus>
      <Popover.Target>
        <Tooltip label="Keeps a checkpoint of this step until its run is deleted">
          <Button
            variant="subtle"
            size="compact-xs"
            flex="none"
            disabled={!possible}
            leftSection={<IconBookmark size={13} aria-hidden />}
            onClick={() => setOpen(!open)}
          >
            Keep step…
          </Button>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          className={styles.keepStep}
          onSubmit={(event) => {
            event.preventDefault();
            save();
          }}
        >
          <TextInput
            aria-label="Name of the checkpoint"
            placeholder="Name of this step"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button type="submit" disabled={!name.trim()}>
            Keep
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}

function RunPanelKept() {
  const { screenOn, screenRefused } = useWatchdog();
  const exists = useSession(({ runConfig }) => runConfig !== null);
  return (
    <>
      {exists && (
        <div className={styles.startRow}>
          <KeptLine />
          <NameStep />
        </div>
      )}
      <Switch
        size="xs"
        label={
          screenRefused ? `The screen may go off: ${screenRefused}` : 'Keep the screen on while training'
        }
        checked={screenOn}
        data-testid="screen-on"
        onChange={(event) => void keepScreenOn(event.currentTarget.checked)}
      />
    </>
  );
}
