// How far reading the films has got: what is listed, read, left out and found in the cache, how fast it goes and how long
// the rest will take. The figures keep their places while they grow.

import { Button, Progress } from '@mantine/core';
import { cancelReading, useDataset } from '../../store/films/dataset.ts';
import { formatCount, formatDuration, formatShare } from '../../util/format.ts';
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
