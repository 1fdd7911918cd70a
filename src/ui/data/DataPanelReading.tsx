// How far reading the films has got (listed, read, left out, found in the cache, how fast and how long yet), and what is said
// where it failed, with the ways out. The figures keep their places while they grow.

import { Button, Progress } from '@mantine/core';
import { WAYS_OUT } from '../../store/films/arrange.ts';
import { cancelReading, useDataset } from '../../store/films/dataset.ts';
import { readAgain } from '../../store/run/acts.ts';
import type { WireError } from '../../util/errors.ts';
import { formatCount, formatDuration, formatShare } from '../../util/format.ts';
import { ErrorNotice } from '../shell/ErrorNotice.tsx';
import styles from './data.module.css';

function Details() {
  const { skipped, found } = useDataset((state) => state.progress);
  const rate = useDataset((state) => state.rate);
  const etaSeconds = useDataset((state) => state.etaSeconds);
  const told = [
    rate === null ? null : `${formatCount(rate)} films/s`,
    etaSeconds === null ? null : `${formatDuration(etaSeconds)} left`,
    found > 0 ? `${formatCount(found)} from the cache` : null,
    skipped > 0 ? `${formatCount(skipped)} left out` : null,
  ].filter((part) => part !== null);
  return <p className={`dim num ${styles.readingDetails}`}>{told.join(' · ')}</p>;
}

export function DataPanelReading() {
  const phase = useDataset((state) => state.phase);
  const listed = useDataset((state) => state.listed);
  const { done, total } = useDataset((state) => state.progress);
  const source = useDataset((state) => state.source);
  const notice = useDataset((state) => state.notice);
  const listing = phase === 'listing';
  const verb = source?.kind === 'synthetic' ? 'Drawing' : 'Reading';
  return (
    <div data-testid="reading">
      <div className={styles.readingLine}>
        <span className="num">
          {listing
            ? `Listing files: ${formatCount(listed)}`
            : `${verb} ${formatCount(done)} of ${formatCount(total)}`}
        </span>
        <Button
          variant="default"
          size="compact-xs"
          data-testid="cancel-reading"
          onClick={() => void cancelReading()}
        >
          Cancel
        </Button>
      </div>
      <Progress
        value={listing ? 100 : total > 0 ? (100 * done) / total : 0}
        size={4}
        color={listing ? 'gray' : undefined}
        animated={listing}
        aria-label={`Reading films, ${formatShare(total ? done / total : 0)}`}
      />
      <Details />
      {notice && <p className={styles.readingNotice}>{notice}</p>}
    </div>
  );
}

/** Some failures are mended by a decision, which is offered beside them. */
export function DataPanelFailure({ error }: { error: WireError }) {
  const ways = WAYS_OUT[error.code] ?? [];
  return (
    <ErrorNotice error={error}>
      {ways.length > 0 &&
        ways.map(({ label, change }) => (
          <Button key={label} variant="default" data-testid="way-out" onClick={() => void readAgain(change)}>
            {label}
          </Button>
        ))}
    </ErrorNotice>
  );
}
