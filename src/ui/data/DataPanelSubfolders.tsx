// The folders of a set with a tick each: its films are put in no part, and labels and split are made without them. Sets have
// folders by the thousand, so a few are shown and the rest are found by a part of their name.

import { Button, Checkbox, Collapse, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { DatasetSummary } from '../../protocol/dataset.ts';
import { arrange, useArrangement } from '../../store/films/arrange.ts';
import { runExists, useSession } from '../../store/session.ts';
import { ANYWHERE, countFolders, type FolderCount } from '../../util/folders.ts';
import { formatCount, formatCounted } from '../../util/format.ts';
import shared from '../shell/shared.module.css';
import styles from './data.module.css';

/** Rows at a time. */
const SHOWN = 40;
/** With fewer folders no search is offered. */
const MANY = 12;

const nameOf = ({ folder, places }: FolderCount) =>
  folder.startsWith(ANYWHERE)
    ? `${folder.slice(ANYWHERE.length)} (in ${formatCounted(places, 'folder')})`
    : folder;

function Row({ row, leftOut }: { row: FolderCount; leftOut: readonly string[] }) {
  const locked = useSession(runExists);
  const busy = useArrangement((state) => state.busy);
  /** What was asked for, until it is done. */
  const [asked, setAsked] = useState<boolean | null>(null);
  const isOut = leftOut.includes(row.folder);
  const toggle = () => {
    const others = leftOut.filter((folder) => folder !== row.folder);
    setAsked(!isOut);
    void arrange({ leaveOutFolders: isOut ? others : [...others, row.folder] }).then(() => setAsked(null));
  };
  return (
    <li className={styles.qualityRow} data-testid="subfolder">
      <span className={styles.qualityName} title={row.folder}>
        {nameOf(row)}
      </span>
      <span className="num">{formatCount(row.films)}</span>
      <Checkbox
        size="xs"
        label="leave out"
        aria-label={`Leave out the folder ${row.folder}`}
        checked={asked ?? isOut}
        disabled={locked || busy}
        onChange={toggle}
      />
    </li>
  );
}

export function DataPanelSubfolders({ summary }: { summary: DatasetSummary }) {
  const leftOut = summary.leftOutFolders ?? [];
  const [open, setOpen] = useState(leftOut.length > 0);
  const [part, setPart] = useState('');
  const rows = useMemo(() => countFolders(summary.filmTable.paths), [summary.filmTable.paths]);
  if (rows.length === 0) return null;
  const fitting = rows.filter(({ folder }) => folder.toLowerCase().includes(part.trim().toLowerCase()));
  return (
    <div data-testid="subfolders">
      <div className={shared.subhead}>
        <h3>Folders</h3>
        {leftOut.length > 0 && <span className="dim num">{formatCount(leftOut.length)} left out</span>}
        <span className="spring" />
        <Button
          variant="subtle"
          size="compact-xs"
          aria-expanded={open}
          data-testid="subfolders-toggle"
          onClick={() => setOpen(!open)}
        >
          {open ? 'Close' : 'Choose'}
        </Button>
      </div>
      <Collapse expanded={open}>
        {open && rows.length > MANY && (
          <TextInput
            size="xs"
            placeholder="Part of a name"
            aria-label="Folders whose name holds"
            value={part}
            onChange={(event) => setPart(event.currentTarget.value)}
          />
        )}
        <ul className={styles.quality}>
          {open && fitting.slice(0, SHOWN).map((row) => <Row key={row.folder} row={row} leftOut={leftOut} />)}
        </ul>
        {open && fitting.length > SHOWN && (
          <p className={`dim ${styles.countsRule}`}>
            {formatCounted(fitting.length - SHOWN, 'more folder')}; type a part of a name.
          </p>
        )}
      </Collapse>
    </div>
  );
}
