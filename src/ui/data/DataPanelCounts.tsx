// How the films fall on splits and findings, as a small table with bars.

import { Tooltip } from '@mantine/core';
import { type DatasetSummary, type FindingCount, SPLITS } from '../../protocol/dataset.ts';
import { formatCount, formatShare } from '../../util/format.ts';
import styles from './data.module.css';

const SPLIT_LABELS = { train: 'Train', val: 'Val', test: 'Test' } as const;

function CountRow({ count }: { count: FindingCount }) {
  const positives = SPLITS.reduce((sum, split) => sum + count.positives[split], 0);
  const known = positives + SPLITS.reduce((sum, split) => sum + count.negatives[split], 0);
  const share = known > 0 ? positives / known : 0;
  return (
    <tr>
      <th scope="row">
        <Tooltip
          label={`${count.finding}: ${formatCount(positives)} of ${formatCount(known)} labelled films, ${formatShare(share)}`}
        >
          <span className={styles.countName}>
            <span className={styles.countLabel}>{count.finding}</span>
            <span className={styles.countBar} aria-hidden>
              <span style={{ transform: `scaleX(${share})` }} />
            </span>
          </span>
        </Tooltip>
      </th>
      {SPLITS.map((split) => (
        <td key={split} className="num" data-empty={count.positives[split] === 0}>
          {formatCount(count.positives[split])}
        </td>
      ))}
    </tr>
  );
}

export function DataPanelCounts({ summary }: { summary: DatasetSummary }) {
  return (
    <div>
      <table className={styles.counts} data-testid="counts">
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">Count of</span>
            </th>
            {SPLITS.map((split) => (
              <th key={split} scope="col">
                {SPLIT_LABELS[split]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {(['films', 'patients'] as const).map((what) => (
            <tr key={what} className={styles.countsAll}>
              <th scope="row">{what === 'films' ? 'Films' : 'Patients'}</th>
              {SPLITS.map((split) => (
                <td key={split} className="num">
                  {formatCount(summary[what][split])}
                </td>
              ))}
            </tr>
          ))}
          {summary.counts.map((count) => (
            <CountRow key={count.finding} count={count} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
