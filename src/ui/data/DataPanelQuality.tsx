// Films that may be wrong, by what is wrong with them: a count, a way to look at them, and a tick that leaves them out.

import { Button, Checkbox, Tooltip } from '@mantine/core';
import { useState } from 'react';
import { QUALITY, type QualityCount, type QualityFlag } from '../../protocol/arrangement.ts';
import type { DatasetSummary } from '../../protocol/dataset.ts';
import { arrange, useArrangement } from '../../store/films/arrange.ts';
import { showGallery } from '../../store/films/viewer.ts';
import { runExists, useSession } from '../../store/session.ts';
import { formatCount, formatCounted } from '../../util/format.ts';
import shared from '../shell/shared.module.css';
import styles from './data.module.css';

function Row({ flag, films, leftOut, all }: QualityCount & { all: readonly QualityCount[] }) {
  const locked = useSession(runExists);
  const busy = useArrangement((state) => state.busy);
  /** What was asked for, until it is done. */
  const [asked, setAsked] = useState<boolean | null>(null);
  const { name, explain } = QUALITY[flag];
  const toggle = () => {
    const others = all.filter((each) => each.leftOut && each.flag !== flag).map((each) => each.flag);
    const next: QualityFlag[] = leftOut ? others : [...others, flag];
    setAsked(!leftOut);
    void arrange({ leaveOut: next }).then(() => setAsked(null));
  };
  return (
    <li className={styles.qualityRow} data-testid={`quality-${flag}`}>
      <Tooltip label={explain} w={260}>
        <span className={styles.qualityName}>{name}</span>
      </Tooltip>
      <span className="num" data-testid={`quality-${flag}-count`}>
        {formatCount(films)}
      </span>
      <Button
        variant="subtle"
        size="compact-xs"
        aria-label={`Show films: ${name}`}
        onClick={() => showGallery(flag)}
      >
        Show
      </Button>
      <Checkbox
        size="xs"
        label="leave out"
        aria-label={`Leave out: ${name}`}
        checked={asked ?? leftOut}
        disabled={locked || busy}
        onChange={toggle}
      />
    </li>
  );
}

export function DataPanelQuality({ summary }: { summary: DatasetSummary }) {
  const { quality } = summary;
  if (!quality) return null;
  const present = quality.counts.filter(({ films }) => films > 0);
  const absent = quality.counts.filter(({ films }) => films === 0);
  return (
    <div data-testid="quality">
      <div className={shared.subhead}>
        <h3>Quality</h3>
      </div>
      {present.length > 0 && (
        <ul className={styles.quality}>
          {present.map((count) => (
            <Row key={count.flag} {...count} all={quality.counts} />
          ))}
        </ul>
      )}
      {quality.duplicatesAcross > 0 && (
        <p className={`dim ${styles.countsRule}`} data-testid="duplicates-across">
          {formatCounted(quality.duplicatesAcross, 'duplicate')} outside the part of the film it resembles:
          scores may be too good.
        </p>
      )}
      {absent.length > 0 && (
        <p className={`dim ${styles.countsRule}`}>
          None of these: {absent.map(({ flag }) => QUALITY[flag].name.toLowerCase()).join(', ')}.
        </p>
      )}
    </div>
  );
}
