// The collapse verdict: one word, one sentence, and per head the two figures it rests on as small scales.

import { Button, Tooltip } from '@mantine/core';
import { type ConfigKey, SCHEMA } from '../../config/schema.ts';
import type { LearntVerdict } from '../../diagnostics/verdict.ts';
import { type HeadHealth, VERDICTS } from '../../methods/record/health.ts';
import type { MethodRecord } from '../../methods/record/method.ts';
import { METHODS } from '../../methods/records.ts';
import { changeSetting } from '../../store/run/acts.ts';
import { showError, useSession } from '../../store/session.ts';
import { formatFigure } from '../../util/format.ts';
import type { EntryId } from '../../words/words.ts';
import { Term } from '../lessons/Entry.tsx';
import { Section } from '../shell/Section.tsx';
import { headDash } from '../shell/theme.ts';
import { useShownMethod } from './shown.ts';
import styles from './VerdictCard.module.css';

interface ScaleProps {
  readonly label: string;
  readonly term: EntryId;
  readonly value: number;
  /** Null: there is no measure for it. */
  readonly of: number | null;
  readonly digits: number;
  readonly help: string;
}

function Scale({ label, term, value, of, digits, help }: ScaleProps) {
  const share = Number.isFinite(value) ? Math.max(0, Math.min(1, value / (of ?? value))) : 0;
  return (
    <Tooltip label={help} w={260}>
      <div className={styles.scale}>
        <span className="dim">
          <Term id={term}>{label}</Term>
        </span>
        <span className={styles.scaleTrack} aria-hidden>
          <span style={{ transform: `scaleX(${share})` }} />
        </span>
        <span className={`num ${styles.scaleValue}`}>
          {Number.isFinite(value) ? value.toFixed(digits) : '–'}
          {of !== null && <span className="dim"> / {of.toFixed(digits === 2 ? 0 : digits)}</span>}
        </span>
      </div>
    </Tooltip>
  );
}

function HeadScales({ health }: { health: HeadHealth }) {
  const { head, spread, fullSpread, dimensions, attainable, variance, covariance } = health;
  const heads: MethodRecord['heads'] = METHODS[useShownMethod()].heads;
  const shown = heads[head];
  // The verdict of a run of another method may stand there for a moment.
  if (!shown) return null;
  return (
    <div className={styles.headScales}>
      <h3>
        <svg width="18" height="6" aria-hidden className={styles.headLine}>
          <line x1="0" x2="18" y1="3" y2="3" strokeDasharray={headDash(shown)} />
        </svg>
        {shown.label}
        <span className="dim num">
          variance {formatFigure(variance)} · covariance {formatFigure(covariance)}
        </span>
      </h3>
      <Scale
        label="Spread"
        term="spread"
        value={spread}
        of={fullSpread}
        digits={2}
        help="Mean standard deviation of the embedding's dimensions. Near zero, all films get the same embedding."
      />
      <Scale
        label="Dimensions"
        term="participation"
        value={dimensions}
        of={attainable}
        digits={0}
        help="About how many dimensions carry information of their own (participation ratio, from spread and covariance), of as many as a batch of this size can show."
      />
    </div>
  );
}

/** The setting to change, in one press: for the run at hand from its next step on. */
function Offer({ learnt }: { learnt: LearntVerdict }) {
  const { change, step } = learnt;
  if (!change) return null;
  const key = change.key as ConfigKey;
  return (
    <div className={styles.offer}>
      <Button
        variant="default"
        onClick={() => void changeSetting(key, change.value).catch(showError)}
        data-testid="verdict-change"
      >
        Set {SCHEMA[key].label.toLowerCase()} to {formatFigure(change.value)}
      </Button>
      <span className="dim num">first seen at step {step}</span>
    </div>
  );
}

export function VerdictCard() {
  const verdict = useSession((session) => session.verdict);
  return (
    <Section title="Collapse check">
      <div className={styles.verdict} data-testid="verdict" data-verdict={verdict.name}>
        <p className={styles.verdictWord}>
          <span className={styles.verdictDot} aria-hidden />
          {VERDICTS[verdict.name]}
        </p>
        <p className={styles.verdictSentence}>{verdict.sentence}</p>
        {verdict.learnt && <Offer learnt={verdict.learnt} />}
        {verdict.heads.map((health) => (
          <HeadScales key={health.head} health={health} />
        ))}
      </div>
    </Section>
  );
}
