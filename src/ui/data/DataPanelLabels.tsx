// What became of the label file, in a few lines, and the question whether it was understood rightly. Everything that can be
// decided about it is in the dialog.

import { Button } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import type { DatasetSummary, LabelReport } from '../../protocol/dataset.ts';
import { MATCH_PROBLEMS, type ScannedTable } from '../../protocol/labels.ts';
import { confirmLabels, useArrangement } from '../../store/films/arrange.ts';
import { showLabels } from '../../store/films/viewer.ts';
import { formatCount, formatCounted } from '../../util/format.ts';
import shared from '../shell/shared.module.css';
import styles from './data.module.css';
import { hasLabelFiles } from './LabelsDialog.tsx';

const doubtsOf = (report: LabelReport) =>
  [
    [report.rowsWithoutFile, MATCH_PROBLEMS['no-film']],
    [report.filesWithoutRow, MATCH_PROBLEMS['no-row']],
    [report.ambiguousRows ?? 0, MATCH_PROBLEMS.ambiguous],
    [report.duplicateRows, MATCH_PROBLEMS.duplicate],
    [report.conflictingRows, MATCH_PROBLEMS.conflict],
  ] as const;

function Understood({ report, tables }: { report: LabelReport; tables: readonly ScannedTable[] }) {
  const used = tables.filter(({ use }) => use && use.role !== 'unused').length;
  const told = doubtsOf(report)
    .filter(([count]) => count > 0)
    .map(([count, { one, many }]) => formatCounted(count, one, many));
  const { marks } = report;
  return (
    <>
      <p>
        {report.format}, <span className="num">{formatCount(report.matchedRows)}</span> of{' '}
        <span className="num">{formatCount(report.rows)}</span> rows matched.
      </p>
      {told.length > 0 && <p className="dim">{told.join(', ')}.</p>}
      {tables.length > 1 && (
        <p className="dim" data-testid="label-files-used">
          {used} of {formatCounted(tables.length, 'label file')} used.
        </p>
      )}
      {marks && (
        <p className="dim">
          {[
            marks.boxes > 0 ? formatCounted(marks.boxes, 'box', 'boxes') : '',
            marks.masks > 0 ? formatCounted(marks.masks, 'mask') : '',
          ]
            .filter(Boolean)
            .join(' and ')}{' '}
          on {formatCounted(marks.films, 'film')}.
        </p>
      )}
    </>
  );
}

/** Asked once for each set of films: nothing that was detected is taken for granted. */
function Question({ onLook }: { onLook: () => void }) {
  const busy = useArrangement((state) => state.busy);
  return (
    <div className={styles.question} data-testid="labels-question">
      <span>Understood from the header. Is it right?</span>
      <Button variant="default" size="compact-xs" disabled={busy} onClick={onLook}>
        Look
      </Button>
      <Button
        size="compact-xs"
        data-testid="labels-confirm"
        leftSection={<IconCheck size={13} aria-hidden />}
        onClick={confirmLabels}
      >
        Yes
      </Button>
    </div>
  );
}

export function DataPanelLabels({ summary }: { summary: DatasetSummary }) {
  const confirmed = useArrangement((state) => state.confirmed);
  const { labels: report, scan } = summary;
  if (summary.synthetic) return null;
  return (
    <div data-testid="label-report" data-confirmed={confirmed}>
      <div className={shared.subhead}>
        <h3>Labels</h3>
        <span className="spring" />
        {hasLabelFiles(summary) && (
          <Button
            variant="subtle"
            size="compact-xs"
            data-testid="labels-open"
            onClick={() => showLabels(true)}
          >
            Details
          </Button>
        )}
      </div>
      {report ? (
        <Understood report={report} tables={scan?.tables ?? []} />
      ) : (
        <p className="dim">No labels found: the films serve for pretraining only.</p>
      )}
      {report && !confirmed && <Question onLook={() => showLabels(true)} />}
    </div>
  );
}
