// The cache of decoded films: how much lies on disk, what the browser grants, where the films of this set are, and the button
// that erases it all. It holds what patients' films look like, so nobody should have to search for that button.

import { Button } from '@mantine/core';
import { useState } from 'react';
import type { CacheState, StorageReport } from '../../protocol/cache.ts';
import { useDataset } from '../../store/films/dataset.ts';
import { useCache } from '../../store/films/kept.ts';
import { eraseCache } from '../../store/run/acts.ts';
import { runExists, useSession } from '../../store/session.ts';
import { formatBytes, formatCount, formatDuration } from '../../util/format.ts';
import shared from '../shell/shared.module.css';
import styles from './data.module.css';

function Erase({ state, inUse }: { state: CacheState; inUse: boolean }) {
  const [asking, setAsking] = useState(false);
  const erasing = useCache((cache) => cache.erasing);
  const busy = useSession((session) => session.busy !== null);
  const ends = useSession(runExists) && inUse;
  if (!asking) {
    return (
      <Button
        variant="default"
        size="compact-xs"
        data-testid="erase-cache"
        disabled={state.bytes === 0 || erasing || busy}
        loading={erasing}
        onClick={() => setAsking(true)}
      >
        Erase
      </Button>
    );
  }
  const erase = () => {
    setAsking(false);
    void eraseCache();
  };
  return (
    <span className={styles.cacheQuestion}>
      <span>{ends ? 'It ends the run.' : 'Sure?'}</span>
      <Button size="compact-xs" data-testid="erase-cache-sure" onClick={erase}>
        Erase {formatBytes(state.bytes)}
      </Button>
      <Button variant="default" size="compact-xs" onClick={() => setAsking(false)}>
        Keep
      </Button>
    </span>
  );
}

function Grant({ state: { quota, usage, persisted, bytes } }: { state: CacheState }) {
  if (quota === null || usage === null || quota === 0) return null;
  const share = Math.min(1, usage / quota);
  return (
    <>
      <span
        className={styles.cacheBar}
        role="img"
        aria-label={`${formatBytes(usage)} of ${formatBytes(quota)} used`}
      >
        <span style={{ transform: `scaleX(${share})` }} />
      </span>
      <p className="dim num">
        {formatBytes(usage)} of {formatBytes(quota)} granted by the browser are used.
        {bytes > 0 &&
          !persisted &&
          ' It may clear them when the disk runs short; they are decoded again then.'}
      </p>
    </>
  );
}

function ofThisSet({ found, cached, memory }: StorageReport, seconds: number): string {
  if (cached === 0) return `This set lies in memory: ${formatCount(memory)} films.`;
  const came = found === 0 ? 'decoded now' : `${formatCount(found)} from an earlier visit`;
  const kept = `This set: ${formatCount(cached)} films on disk, ${came}, ready in ${formatDuration(seconds)}`;
  return memory === 0 ? `${kept}.` : `${kept}; ${formatCount(memory)} in memory.`;
}

/** How often a step had to wait for its films: the disk should keep ahead of the trainer. */
function Waits() {
  const { steps, waited, seconds } = useSession((session) => session.dataWaits);
  if (steps === 0) return null;
  return (
    <p className="dim num" data-testid="data-waits" data-waited={waited}>
      {waited === 0
        ? `No step of ${formatCount(steps)} waited for films.`
        : `${formatCount(waited)} of ${formatCount(steps)} steps waited for films, ${seconds.toFixed(2)} s in all.`}
    </p>
  );
}

export function DataPanelCache() {
  const state = useCache((cache) => cache.state);
  const summary = useDataset((dataset) => dataset.summary);
  if (!state || state.mode === 'off') return null;
  const storage = summary?.storage;
  if (state.bytes === 0 && !storage) return null;
  return (
    <div className={styles.cache} data-testid="cache" data-films={state.films} data-bytes={state.bytes}>
      <div className={shared.subhead}>
        <h3>Cache</h3>
        <span className="dim num" data-testid="cache-size">
          {formatBytes(state.bytes)}, {formatCount(state.films)} films
        </span>
        <span className="spring" />
        <Erase state={state} inUse={(storage?.cached ?? 0) > 0} />
      </div>
      <Grant state={state} />
      {storage && summary && (
        <p className="num" data-testid="storage" data-found={storage.found} data-memory={storage.memory}>
          {ofThisSet(storage, summary.seconds)}
        </p>
      )}
      {storage?.notice && (
        <p className={styles.cacheNotice} role="status" data-testid="storage-notice">
          {storage.notice}
        </p>
      )}
      {storage && <Waits />}
    </div>
  );
}
