// The folders of a set with a tick each: its films are put in no part, and labels and split are made without them. Folders
// that were taken for masks come first; their pictures are not films until the tick is taken away. Sets have folders by the
// thousand, so a few are shown and the rest are found by a part of their name.

import { Button, Checkbox, Collapse, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { DatasetSummary } from '../../protocol/dataset.ts';
import { arrange, decided, useArrangement } from '../../store/films/arrange.ts';
import { readAgain } from '../../store/run/acts.ts';
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

/** Left out because of its name: its pictures were never read, so they come with another reading. */
function MaskRow({ row }: { row: FolderCount }) {
  const locked = useSession(runExists);
  const keep = () => void readAgain({ keepFolders: [...(decided().keepFolders ?? []), row.folder] });
  return (
    <li className={styles.qualityRow} data-testid="mask-folder">
      <span className={styles.qualityName} title={`${row.folder}: named after masks, beside films`}>
        {row.folder} <span className="dim">masks</span>
      </span>
      <span className="num">{formatCount(row.films)}</span>
      <Checkbox
        size="xs"
        label="leave out"
        aria-label={`Leave out the folder ${row.folder}`}
        checked
        disabled={locked}
        onChange={keep}
      />
    </li>
  );
}

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
  const masks = summary.maskFolders ?? [];
  const away = leftOut.length + masks.length;
  const [open, setOpen] = useState(away > 0 || decided().keepFolders !== undefined);
  const [part, setPart] = useState('');
  const rows = useMemo(() => countFolders(summary.filmTable.paths), [summary.filmTable.paths]);
  if (rows.length + masks.length === 0) return null;
  const fits = ({ folder }: FolderCount) => folder.toLowerCase().includes(part.trim().toLowerCase());
  const fitting = rows.filter(fits);
  return (
    <div data-testid="subfolders">
      <div className={shared.subhead}>
        <h3>Folders</h3>
        {away > 0 && <span className="dim num">{formatCount(away)} left out</span>}
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
          {open &&
            masks
              .filter(fits)
              .slice(0, SHOWN)
              .map((row) => <MaskRow key={row.folder} row={row} />)}
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
