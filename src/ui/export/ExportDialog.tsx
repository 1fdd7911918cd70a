// Everything that can be taken along, in one dialog: a row for each entry of the table (store/run/exports.ts) with what it is for,
// what may be ticked, and a button that makes and saves the file. What is not there now says why.

import { Button, Checkbox, Modal } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useDataset } from '../../store/films/dataset.ts';
import {
  EXPORT_GROUPS,
  EXPORT_NAMES,
  EXPORTS,
  type ExportName,
  makeExport,
  setTick,
  showExports,
  TICKS,
  type Tick,
  useExports,
} from '../../store/run/exports.ts';
import { useRuns } from '../../store/run/runs.ts';
import { useSession } from '../../store/session.ts';
import { saveBlob } from '../shell/download.ts';
import styles from './export.module.css';

async function save(name: ExportName): Promise<void> {
  const file = await makeExport(name);
  if (file) saveBlob(file.name, new Blob([file.content]));
}

function TickBox({ tick }: { tick: Tick }) {
  const on = useExports(({ ticks }) => ticks[tick] === true);
  const { label, words } = TICKS[tick];
  return (
    <Checkbox
      size="xs"
      label={label}
      description={words}
      checked={on}
      data-testid={`export-tick-${tick}`}
      onChange={(event) => setTick(tick, event.currentTarget.checked)}
    />
  );
}

function Row({ name, ownFilms }: { name: ExportName; ownFilms: boolean }) {
  const { label, ending, words, ticks = [], obstacle } = EXPORTS[name];
  const making = useExports((state) => state.making);
  const why = obstacle();
  // The built-in set has no names that could be taken along.
  const shown = ticks.filter((tick) => tick !== 'names' || ownFilms);
  return (
    <li className={styles.row} data-export={name}>
      <div className={styles.about}>
        <span className={styles.name}>
          {label} <span className="dim">{ending}</span>
        </span>
        <p className={styles.words} id={`export-${name}-words`}>
          {words}
        </p>
        {why && (
          <p className={styles.why} id={`export-${name}-why`}>
            {why}
          </p>
        )}
        {why === null && shown.map((tick) => <TickBox key={tick} tick={tick} />)}
      </div>
      <Button
        variant="default"
        size="compact-sm"
        data-testid={`export-${name}`}
        aria-label={`Save ${label.toLowerCase()}, ${ending.trim()}`}
        aria-describedby={`export-${name}-words${why ? ` export-${name}-why` : ''}`}
        disabled={why !== null || (making !== null && making !== name)}
        loading={making === name}
        leftSection={<IconDownload size={14} aria-hidden />}
        onClick={() => void save(name)}
      >
        Save
      </Button>
    </li>
  );
}

const GROUPS = Object.entries(EXPORT_GROUPS) as [keyof typeof EXPORT_GROUPS, string][];

function Rows() {
  // What an entry waits for lies in these stores; `obstacle` reads it.
  useSession();
  useRuns();
  const ownFilms = useDataset(({ summary }) => summary !== null && !summary.synthetic);
  return (
    <>
      <p className={styles.lead}>
        Files are made and saved on this machine; none holds a film, unless pictures are ticked.
      </p>
      {GROUPS.map(([group, title]) => (
        <section key={group} aria-label={title}>
          <h3 className={styles.group}>{title}</h3>
          <ul className={styles.rows}>
            {EXPORT_NAMES.filter((name) => EXPORTS[name].group === group).map((name) => (
              <Row key={name} name={name} ownFilms={ownFilms} />
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

export function ExportDialog() {
  const opened = useExports((state) => state.opened);
  useEffect(() => () => showExports(false), []);
  return (
    <Modal
      opened={opened}
      onClose={() => showExports(false)}
      title="Export"
      size={720}
      data-testid="export-dialog"
    >
      {opened && <Rows />}
    </Modal>
  );
}
