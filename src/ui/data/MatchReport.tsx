// What became of every row and film: counts, then the rows themselves in a list of which only the visible lines exist.
// Names are shown when asked for; the whole list can be saved as CSV on this machine.

import { Button, SegmentedControl } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef, useState } from 'react';
import type { DatasetSummary, LabelReport } from '../../protocol/dataset.ts';
import { MATCH_PROBLEMS, type MatchExample, type MatchProblem } from '../../protocol/labels.ts';
import { commandOf } from '../../store/commands.ts';
import { fetchProblems, useArrangement } from '../../store/films/arrange.ts';
import { useSettings } from '../../store/page/settings.ts';
import { problemsCsv } from '../../store/run/export.ts';
import { formatCount } from '../../util/format.ts';
import { fileName, saveText } from '../shell/download.ts';
import styles from './data.module.css';

const LINE = 22;
const PROBLEMS = Object.keys(MATCH_PROBLEMS) as MatchProblem[];

const countsOf = (report: LabelReport): Record<MatchProblem, number> => ({
  'no-film': report.rowsWithoutFile,
  'no-row': report.filesWithoutRow,
  ambiguous: report.ambiguousRows ?? 0,
  duplicate: report.duplicateRows,
  conflict: report.conflictingRows,
});

function Lines({ problems }: { problems: readonly MatchExample[] }) {
  const named = useSettings((settings) => settings.namesShown);
  const scroller = useRef<HTMLDivElement>(null);
  const lines = useVirtualizer({
    count: problems.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE,
    overscan: 8,
  });
  return (
    <section
      ref={scroller}
      className={styles.problemLines}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
      tabIndex={0}
      aria-label="Rows and films that did not fit"
    >
      <div style={{ height: lines.getTotalSize(), position: 'relative' }}>
        {lines.getVirtualItems().map(({ index, start }) => {
          const { row, name } = problems[index]!;
          return (
            <div key={index} className={styles.problemLine} style={{ transform: `translateY(${start}px)` }}>
              <span className="num dim">{row > 0 ? `row ${formatCount(row)}` : 'film'}</span>
              <span>{named ? name : 'name hidden'}</span>
            </div>
          );
        })}
      </div>
    </section>
  );
}

function Problems({ name, counts }: { name: string; counts: Record<MatchProblem, number> }) {
  const problems = useArrangement((state) => state.problems);
  const named = useSettings((settings) => settings.namesShown);
  const present = PROBLEMS.filter((problem) => counts[problem] > 0);
  const [wanted, setWanted] = useState<MatchProblem | null>(null);
  const shown = wanted && present.includes(wanted) ? wanted : present[0]!;
  if (!problems) {
    return (
      <Button variant="default" data-testid="problems-show" onClick={() => void fetchProblems()}>
        Show them
      </Button>
    );
  }
  return (
    <>
      <div className={styles.problemBar}>
        <SegmentedControl
          size="xs"
          aria-label="Which"
          data={present.map((problem) => ({ value: problem, label: MATCH_PROBLEMS[problem].many }))}
          orientation={present.length > 2 ? 'vertical' : 'horizontal'}
          fullWidth
          value={shown}
          onChange={(value) => setWanted(value as MatchProblem)}
        />
      </div>
      <Lines problems={problems.filter(({ problem }) => problem === shown)} />
      <div className={styles.problemBar}>
        <Button variant="subtle" size="compact-xs" onClick={() => commandOf('names').run()}>
          {named ? 'Hide names' : 'Show names'}
        </Button>
        <span className="spring" />
        <Button
          variant="default"
          size="compact-xs"
          onClick={() => saveText(`${fileName(name)}-match-report.csv`, problemsCsv(problems), 'text/csv')}
        >
          Save as CSV
        </Button>
      </div>
    </>
  );
}

export function MatchReport({ summary }: { summary: DatasetSummary }) {
  const { labels: report } = summary;
  if (!report) return <p className="dim">No labels are in use.</p>;
  const counts = countsOf(report);
  return (
    <div className={styles.matchReport} data-testid="match-report">
      <h3>Match</h3>
      <table className={styles.counts}>
        <tbody>
          <tr>
            <th scope="row">rows matched, of {formatCount(report.rows)}</th>
            <td className="num">{formatCount(report.matchedRows)}</td>
          </tr>
          {PROBLEMS.map((problem) => (
            <tr key={problem}>
              <th scope="row">{MATCH_PROBLEMS[problem].many}</th>
              <td className="num" data-empty={counts[problem] === 0}>
                {formatCount(counts[problem])}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {(report.notes ?? []).map((note) => (
        <p key={note} className="dim">
          {note}
        </p>
      ))}
      {PROBLEMS.some((problem) => counts[problem] > 0) && <Problems name={summary.name} counts={counts} />}
    </div>
  );
}
