// One run in the table of runs: pin, name, how far it went, where its terms ended, scores, and what can be done with it.

import { ActionIcon, Button, Checkbox, Popover, Table, TextInput, Tooltip } from '@mantine/core';
import { IconDownload, IconFileExport, IconPencil, IconPlayerPlay, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { PRESETS } from '../../config/presets.ts';
import { STATISTIC_NAMES, STATISTICS } from '../../methods/record/statistics.ts';
import { METHODS } from '../../methods/records.ts';
import { isAtWork } from '../../protocol/engine.ts';
import type { MetricName } from '../../protocol/metrics.ts';
import { seriesCsv, seriesEvents } from '../../store/run/export.ts';
import { exportRun, loadCurves, overlayRun } from '../../store/run/library.ts';
import { resumeRun } from '../../store/run/resume.ts';
import { deleteRun, type Run, renameRun } from '../../store/run/runs.ts';
import { useSession } from '../../store/session.ts';
import { taskOf } from '../../tasks/records.ts';
import { eventFileName } from '../../util/eventFile.ts';
import { formatBytes, formatCount, formatMeasured } from '../../util/format.ts';
import { RUN_EXTENSION } from '../../vault/runFile.ts';
import { outerColour } from '../charts/shown.ts';
import { fileName, saveBlob, saveText } from '../shell/download.ts';
import shared from '../shell/shared.module.css';
import styles from './runs.module.css';

/** Where a run ended: its total, and the statistics of its first head, which every method has. */
export const FINAL: readonly { label: string; metric(run: Run): MetricName }[] = [
  { label: 'Total', metric: () => 'loss/total' },
  ...[
    ...STATISTIC_NAMES.map((name) => [name, STATISTICS[name].label] as const),
    ['std', 'Spread'] as const,
  ].map(([name, label]) => ({ label, metric: (run: Run): MetricName => `${firstHead(run)}/${name}` })),
];
const firstHead = ({ config }: Run): string => Object.keys(METHODS[config.method].heads)[0]!;

function RunName({ run, live }: { run: Run; live: boolean }) {
  const [draft, setDraft] = useState<string | null>(null);
  const commit = () => {
    if (draft !== null) renameRun(run.id, draft);
    setDraft(null);
  };
  if (draft !== null) {
    return (
      <TextInput
        size="xs"
        autoFocus
        aria-label="Name of the run"
        maxLength={200}
        value={draft}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
          if (event.key === 'Escape') setDraft(null);
        }}
      />
    );
  }
  return (
    <span className={`${shared.control} ${styles.runName}`}>
      <svg width="10" height="10" aria-hidden="true">
        <circle cx="5" cy="5" r="4.5" fill={live ? 'var(--ink)' : outerColour(run)} />
      </svg>
      <span className={styles.runNameText} data-testid="run-name" title={run.name}>
        {run.name}
      </span>
      {live && <span className="dim">this run</span>}
      <ActionIcon size={20} aria-label={`Rename ${run.name}`} onClick={() => setDraft(run.name)}>
        <IconPencil size={13} />
      </ActionIcon>
    </span>
  );
}

function Scores({ run }: { run: Run }) {
  const told = run.evaluations.map((evaluation) => {
    const { label, short, headline } = taskOf(evaluation);
    return { label, short, ...headline(evaluation.report) };
  });
  const last = told.at(-1);
  if (!last) return <span className="dim">–</span>;
  return (
    <Tooltip
      label={
        <span className={styles.runScores}>
          {told.map(({ label, sentence }) => `${label}, ${sentence}`).join('\n')}
        </span>
      }
    >
      <span>
        {last.score}{' '}
        <span className="dim">
          · {last.short}, {last.condition}
        </span>
      </span>
    </Tooltip>
  );
}

async function saveCurves(run: Run): Promise<void> {
  const series = await loadCurves(run.id);
  if (series) saveText(`${fileName(run.name)}.csv`, seriesCsv(series), 'text/csv');
}

async function saveEvents(run: Run): Promise<void> {
  const series = await loadCurves(run.id);
  if (series)
    saveBlob(eventFileName(run.startedAt / 1000, 'playground'), new Blob([seriesEvents(series, run)]));
}

/** Only what is kept can be resumed, and only while the engine is at rest. */
function Resume({ run }: { run: Run }) {
  const rests = useSession(
    ({ status, busy, facts }) => busy === null && facts !== null && !isAtWork(status.state),
  );
  return (
    <Tooltip label={run.kept?.inUse ? 'Open in another tab' : 'Resume this run from its newest checkpoint'}>
      <ActionIcon
        aria-label={`Resume ${run.name}`}
        disabled={!rests || run.kept?.inUse}
        onClick={() => void resumeRun(run.id)}
      >
        <IconPlayerPlay size={15} />
      </ActionIcon>
    </Tooltip>
  );
}

function Acts({ run, live }: { run: Run; live: boolean }) {
  const { kept } = run;
  return (
    <span className={styles.runActs}>
      {kept && !live && <Resume run={run} />}
      <Tooltip label="Curves as CSV">
        <ActionIcon aria-label={`Curves of ${run.name} as CSV`} onClick={() => void saveCurves(run)}>
          <IconDownload size={15} />
        </ActionIcon>
      </Tooltip>
      <RunsViewExport run={run} />
      <Tooltip label="Delete">
        <ActionIcon
          aria-label={`Delete ${run.name}`}
          disabled={!live && kept?.inUse}
          onClick={() => deleteRun(run.id)}
        >
          <IconTrash size={15} />
        </ActionIcon>
      </Tooltip>
    </span>
  );
}

const presetOf = ({ preset }: Run) => (preset ? PRESETS[preset].label : 'own');

const methodLabel = ({ config }: Run): string => METHODS[config.method].label;

/** Folded: where the window is narrow, preset, size and acts stand below the name instead of in columns. */
export function RunsViewRow({ run, live, folded }: { run: Run; live: boolean; folded: boolean }) {
  const { series, kept } = run;
  const steps = series.length ? series.lastStep + 1 : (kept?.step ?? 0);
  return (
    <Table.Tr data-testid="run-row" data-run={run.id} data-live={live}>
      <Table.Td>
        <Checkbox
          size="xs"
          aria-label={`Overlay ${run.name} in all charts`}
          checked={run.pinned}
          onChange={(event) => overlayRun(run.id, event.currentTarget.checked)}
        />
      </Table.Td>
      <Table.Td>
        <RunName run={run} live={live} />
        {folded && (
          <span className={styles.runFolded}>
            <Acts run={run} live={live} />
            <span className="dim num">
              {methodLabel(run)} · {presetOf(run)}
              {kept && ` · ${formatBytes(kept.bytes)}`}
            </span>
          </span>
        )}
      </Table.Td>
      {!folded && <Table.Td>{methodLabel(run)}</Table.Td>}
      {!folded && <Table.Td className={run.preset ? undefined : 'dim'}>{presetOf(run)}</Table.Td>}
      <Table.Td className="num" ta="right">
        {formatCount(steps)}
      </Table.Td>
      {FINAL.map(({ label, metric }) => (
        <Table.Td key={label} className="num" ta="right">
          {formatMeasured(series.length ? series.latest(metric(run)) : (kept?.last[metric(run)] ?? null))}
        </Table.Td>
      ))}
      <Table.Td className="num" ta="right">
        <Scores run={run} />
      </Table.Td>
      {!folded && (
        <>
          <Table.Td className="num dim" ta="right">
            {kept ? formatBytes(kept.bytes) : ''}
          </Table.Td>
          <Table.Td>
            <Acts run={run} live={live} />
          </Table.Td>
        </>
      )}
    </Table.Tr>
  );
}

function RunsViewExport({ run }: { run: Run }) {
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
        <p>Or its curves and settings alone, for TensorBoard: put the file into a folder of its own.</p>
        <Button
          size="compact-sm"
          variant="default"
          data-testid="save-events"
          onClick={() => {
            setOpen(false);
            void saveEvents(run);
          }}
        >
          TensorBoard log
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
