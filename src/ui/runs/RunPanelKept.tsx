// What is kept of the run at hand in this browser: the newest step, how much room it takes, a name for a step worth
// coming back to; and whether the screen stays on meanwhile.

import { Button, Popover, Switch, TextInput, Tooltip } from '@mantine/core';
import { IconBookmark } from '@tabler/icons-react';
import { useState } from 'react';
import { currentClient } from '../../store/client.ts';
import { useKeeping } from '../../store/run/keeping.ts';
import { keepScreenOn, useWatchdog } from '../../store/run/watchdog.ts';
import { showError, useSession } from '../../store/session.ts';
import { formatBytes, formatCount } from '../../util/format.ts';
import styles from './runs.module.css';

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

export function RunPanelKept() {
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
