// What the form's configuration will need of the GPU, as the engine plans it before anything is allocated: weights and
// activations as one bar, and the largest single buffer against what the adapter allows, which is what decides.

import { Button } from '@mantine/core';
import { useEffect } from 'react';
import { PRESETS } from '../../config/presets.ts';
import { bufferLimit } from '../../protocol/device.ts';
import { choosePreset, setDraft, useSettings } from '../../store/page/settings.ts';
import { planSoon, useBudget } from '../../store/run/budget.ts';
import { useSession } from '../../store/session.ts';
import { formatBytes, formatShort } from '../../util/format.ts';
import styles from './BudgetBar.module.css';

export function BudgetBar() {
  const facts = useSession((session) => session.facts);
  const draft = useSettings((settings) => settings.draft);
  const budget = useBudget(({ budget }) => budget);
  useEffect(() => planSoon(draft, facts), [draft, facts]);
  if (!facts || !budget) return null;
  const limit = bufferLimit(facts.limits);
  const weights = budget.parameterBytes / budget.totalBytes;
  return (
    <div className={styles.budget} data-testid="budget" data-fits={budget.fits}>
      <div className={styles.budgetLine}>
        <span>
          Needs about <b className="num">{formatBytes(budget.totalBytes)}</b>
        </span>
        <span className="dim num">{formatShort(budget.parameters)} parameters</span>
      </div>
      <div
        className={styles.budgetBar}
        role="img"
        aria-label={`Weights ${formatBytes(budget.parameterBytes)}, activations ${formatBytes(budget.activationBytes)}`}
      >
        <span className={styles.budgetWeights} style={{ flexGrow: weights }} />
        <span className={styles.budgetActivations} style={{ flexGrow: 1 - weights }} />
      </div>
      <div className={`${styles.budgetLine} ${styles.budgetKey}`}>
        <span>
          <i className={styles.budgetWeights} aria-hidden /> weights {formatBytes(budget.parameterBytes)}
        </span>
        <span>
          <i className={styles.budgetActivations} aria-hidden /> activations{' '}
          {formatBytes(budget.activationBytes)}
        </span>
      </div>
      {budget.fits ? (
        <p className="dim num">
          Largest buffer {formatBytes(budget.largestBufferBytes)} of {formatBytes(limit)}
        </p>
      ) : (
        <div className={styles.budgetRefusal} role="status">
          <p>Too large: {budget.reason}</p>
          {budget.proposal && (
            <Button variant="default" size="compact-xs" onClick={() => choosePreset(budget.proposal!)}>
              Use {PRESETS[budget.proposal].label}
            </Button>
          )}
          {budget.batch !== undefined && (
            <Button variant="default" size="compact-xs" onClick={() => setDraft('batchSize', budget.batch!)}>
              Use batch size {budget.batch}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
