// The runs of this session side by side: what differs, how far they went, where the terms ended, what the linear
// evaluation said. Pinned runs lie in every chart. A deletion can be taken back.

import { ActionIcon, Button, Checkbox, Table, TextInput, Tooltip } from '@mantine/core';
import { IconDownload, IconPencil, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { PRESETS } from '../config/presets.ts';
import type { MetricName } from '../protocol/metrics.ts';
import { runsJson, seriesCsv } from '../store/export.ts';
import { deleteRun, pinRun, type Run, renameRun, undoDelete, useRuns } from '../store/runs.ts';
import './curves.css';
import { fileName, saveText } from './parts/download.ts';
import { percent, scoreText } from './parts/probeWords.ts';
import { useLiveTick } from './parts/redraw.ts';
import { outerColour } from './parts/shownRuns.ts';
import { figure, stepLabel } from './parts/ticks.ts';

const FINAL: readonly { metric: MetricName; label: string }[] = [
  { metric: 'loss/total', label: 'Total' },
  { metric: 'global/invariance', label: 'Invariance' },
  { metric: 'global/variance', label: 'Variance' },
  { metric: 'global/covariance', label: 'Covariance' },
  { metric: 'global/std', label: 'Spread' },
];

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
    <span className="curves-control run-name">
      <svg width="10" height="10" aria-hidden="true">
        <circle cx="5" cy="5" r="4.5" fill={live ? 'var(--ink)' : outerColour(run)} />
      </svg>
      <span className="run-name-text" title={run.name}>
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
  const last = run.probes.at(-1);
  if (!last) return <span className="dim">–</span>;
  const words = run.probes.map(
    ({ share, step, mean }) =>
      `${percent(share)} labels, step ${stepLabel(step)}: ${scoreText(mean.pretrained.value)} (random ${scoreText(mean.random.value)}, pixels ${scoreText(mean.pixels.value)})`,
  );
  return (
    <Tooltip label={<span className="run-scores">{words.join('\n')}</span>}>
      <span>
        {scoreText(last.mean.pretrained.value)} <span className="dim">· {percent(last.share)}</span>
      </span>
    </Tooltip>
  );
}

function RunRow({ run, live }: { run: Run; live: boolean }) {
  return (
    <Table.Tr>
      <Table.Td>
        <Checkbox
          size="xs"
          aria-label={`Overlay ${run.name} in all charts`}
          checked={run.pinned}
          onChange={(event) => pinRun(run.id, event.currentTarget.checked)}
        />
      </Table.Td>
      <Table.Td>
        <RunName run={run} live={live} />
      </Table.Td>
      <Table.Td>{run.preset ? PRESETS[run.preset].label : <span className="dim">own</span>}</Table.Td>
      <Table.Td className="num" ta="right">
        {stepLabel(run.series.length ? run.series.lastStep + 1 : 0)}
      </Table.Td>
      {FINAL.map(({ metric }) => (
        <Table.Td key={metric} className="num" ta="right">
          {figure(run.series.latest(metric))}
        </Table.Td>
      ))}
      <Table.Td className="num" ta="right">
        <Scores run={run} />
      </Table.Td>
      <Table.Td>
        <span className="run-acts">
          <Tooltip label="Curves as CSV">
            <ActionIcon
              aria-label={`Curves of ${run.name} as CSV`}
              onClick={() => saveText(`${fileName(run.name)}.csv`, seriesCsv(run.series), 'text/csv')}
            >
              <IconDownload size={15} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label="Delete">
            <ActionIcon aria-label={`Delete ${run.name}`} onClick={() => deleteRun(run.id)}>
              <IconTrash size={15} />
            </ActionIcon>
          </Tooltip>
        </span>
      </Table.Td>
    </Table.Tr>
  );
}

function RunsTable() {
  const runs = useRuns((state) => state.runs);
  const liveId = useRuns((state) => state.liveId);
  useLiveTick();
  return (
    <Table.ScrollContainer minWidth={760} type="native">
      <Table data-testid="runs-table" verticalSpacing={3} horizontalSpacing={7} className="probe-table">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Pin</Table.Th>
            <Table.Th>Run</Table.Th>
            <Table.Th>Preset</Table.Th>
            <Table.Th ta="right">Steps</Table.Th>
            {FINAL.map(({ metric, label }) => (
              <Table.Th key={metric} ta="right">
                {label}
              </Table.Th>
            ))}
            <Table.Th ta="right">Mean AUROC</Table.Th>
            <Table.Th />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {[...runs].reverse().map((run) => (
            <RunRow key={run.id} run={run} live={run.id === liveId} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

export function RunsView() {
  const runs = useRuns((state) => state.runs);
  const removed = useRuns((state) => state.removed);
  return (
    <section className="curves" aria-label="Runs">
      <div className="curves-bar">
        <span className="dim">
          Pinned runs lie in every chart beside the one at hand. Runs live as long as this tab.
        </span>
        <span className="curves-spring" />
        {removed && (
          <span className="curves-control" role="status">
            <span className="dim run-name-text">Deleted {removed.run.name}.</span>
            <Button variant="light" color="gray" size="compact-xs" onClick={undoDelete}>
              Undo
            </Button>
          </span>
        )}
        <Button
          data-testid="runs-export"
          variant="default"
          size="compact-xs"
          leftSection={<IconDownload size={13} />}
          disabled={runs.length === 0}
          onClick={() => saveText('runs.json', runsJson(runs), 'application/json')}
        >
          JSON
        </Button>
      </div>
      <div className="curves-scroll">
        {runs.length > 0 ? (
          <RunsTable />
        ) : (
          <div className="probe-empty">
            <h2>No runs yet</h2>
            <p>
              A run enters this list with its first step. It is named by what sets it apart from the run
              before, and keeps its settings, every logged value and its scores.
            </p>
          </div>
        )}
      </div>
    </section>
  );
}
