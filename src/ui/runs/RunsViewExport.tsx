// A run as one file. What goes in is said before it is written; names of films only go in when the box is ticked.

import { ActionIcon, Button, Checkbox, Popover, Tooltip } from '@mantine/core';
import { IconFileExport } from '@tabler/icons-react';
import { useState } from 'react';
import { isAtWork } from '../../protocol/engine.ts';
import { exportRun } from '../../store/run/library.ts';
import type { Run } from '../../store/run/runs.ts';
import { useSession } from '../../store/session.ts';
import { RUN_EXTENSION } from '../../vault/runFile.ts';
import { fileName, saveBlob } from '../shell/download.ts';
import styles from './runs.module.css';

export function RunsViewExport({ run }: { run: Run }) {
  const [open, setOpen] = useState(false);
  const [names, setNames] = useState(false);
  const rests = useSession(({ status, busy }) => busy === null && !isAtWork(status.state));
  const save = async () => {
    setOpen(false);
    const bytes = await exportRun(run.id, names);
    if (bytes) saveBlob(fileName(run.name) + RUN_EXTENSION, new Blob([bytes], { type: 'application/zip' }));
  };
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" width={280} trapFocus>
      <Popover.Target>
        <Tooltip label="Run as one file">
          <ActionIcon aria-label={`Export ${run.name}`} disabled={!rests} onClick={() => setOpen(!open)}>
            <IconFileExport size={15} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown className={styles.runExport} data-testid="run-export">
        <p>Settings, curves, newest checkpoint and scores. No images.</p>
        <Checkbox
          size="xs"
          label="Names of films and folders too"
          checked={names}
          onChange={(event) => setNames(event.currentTarget.checked)}
        />
        <Button size="compact-sm" data-testid="save-run" onClick={() => void save()}>
          Save file
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
