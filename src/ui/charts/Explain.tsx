// A name that opens its explanation: the formula, the same with the numbers of the hovered (or newest) step put in,
// and two sentences on what it means. Weights are read back from the logged values themselves (weighted / raw), so
// they are right even where a weight was changed while the run went on. What the glossary has an entry for says the glossary's
// words, in the language chosen.

import { Popover, UnstyledButton } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import type { MethodRecord, Quantity } from '../../methods/record/method.ts';
import { METHODS } from '../../methods/records.ts';
import type { MetricName } from '../../protocol/metrics.ts';
import { liveSeries } from '../../store/curves/series.ts';
import { useLanguage, useWords } from '../../store/page/language.ts';
import { formatCount, formatMeasured } from '../../util/format.ts';
import { LANGUAGE_TAGS } from '../../words/languages.ts';
import { isEntry } from '../../words/words.ts';
import { Formula, useStepIndex, WordPopover } from '../lessons/Entry.tsx';
import { termInk } from '../shell/theme.ts';
import { tickLabel } from './chartAxes.ts';
import styles from './Explain.module.css';
import { useShownMethod } from './shown.ts';

interface ExplainProps {
  readonly label: string;
  readonly ink: string;
  readonly children: React.ReactNode;
}

function Explain({ label, ink, children }: ExplainProps) {
  return (
    <WordPopover width={380} says={<div className={styles.explain}>{children}</div>}>
      <Popover.Target>
        <UnstyledButton
          className={styles.explainName}
          style={{ color: ink }}
          aria-label={`${label}: what it means`}
        >
          {label}
          <IconInfoCircle size={13} stroke={1.6} aria-hidden="true" />
        </UnstyledButton>
      </Popover.Target>
    </WordPopover>
  );
}

/** Values of the hovered step, or of the newest one. */
function useStepValues(): { step: number | null; value: (name: MetricName) => number } {
  const series = liveSeries();
  const index = useStepIndex();
  return {
    step: index >= 0 ? series.steps.at(index) : null,
    value: (name) => series.value(name, index),
  };
}

/** The factor between two logged values, without the digits that their rounding left. */
const factor = (product: number, value: number): string =>
  value === 0 || !Number.isFinite(product / value) ? '–' : tickLabel(product / value);

const useShownRecord = (): MethodRecord => METHODS[useShownMethod()];

function Substituted({ head, term }: { head: string; term: string }) {
  const { heads } = useShownRecord();
  const { value } = useStepValues();
  const raw = value(`${head}/${term}`);
  const weighted = value(`${head}/weighted-${term}`);
  return (
    <tr>
      <th>{heads[head]!.label}</th>
      <td>{formatMeasured(raw)}</td>
      <td>× {factor(weighted, raw)}</td>
      <td>= {formatMeasured(weighted)}</td>
    </tr>
  );
}

function QuantityExplanation({ name, quantity }: { name: string; quantity: Quantity }) {
  const { heads } = useShownRecord();
  const { glossary } = useWords();
  const { step } = useStepValues();
  const trained = Object.keys(heads).filter((head) => heads[head]!.terms.includes(name));
  return (
    <>
      <Formula text={quantity.formula} />
      {step !== null && trained.length > 0 && (
        <table className={styles.explainNumbers}>
          <caption>At step {formatCount(step)}: value × weight = share of the loss</caption>
          <tbody>
            {trained.map((head) => (
              <Substituted key={head} head={head} term={name} />
            ))}
          </tbody>
        </table>
      )}
      <p>{isEntry(name) ? glossary[name].meaning : quantity.meaning}</p>
      {trained.length === 0 && <p>Measured beside the loss of this method, not optimised.</p>}
    </>
  );
}

/** The name of a term or of a statistic. */
export function QuantityName({ name, quantity }: { name: string; quantity: Quantity }) {
  return (
    <Explain label={quantity.label} ink={termInk(quantity.hue)}>
      <QuantityExplanation name={name} quantity={quantity} />
    </Explain>
  );
}

/** The total as the sum of its heads: the weight of one weighted head is what is left, by its own total. */
function TotalNumbers({ step }: { step: number }) {
  const { heads } = useShownRecord();
  const { value } = useStepValues();
  const names = Object.keys(heads);
  const plain = names.filter((head) => heads[head]!.weight === null);
  const rest = value('loss/total') - plain.reduce((sum, head) => sum + value(`${head}/total`), 0);
  const share = (head: string) => {
    const own = value(`${head}/total`);
    return heads[head]!.weight === null
      ? formatMeasured(own)
      : `${factor(rest, own)} × ${formatMeasured(own)}`;
  };
  return (
    <table className={styles.explainNumbers}>
      <caption>At step {formatCount(step)}</caption>
      <tbody>
        <tr>
          <td>{formatMeasured(value('loss/total'))}</td>
          {names.map((head, i) => (
            <td key={head}>
              {i === 0 ? '=' : '+'} {share(head)}
            </td>
          ))}
        </tr>
      </tbody>
    </table>
  );
}

function TotalExplanation() {
  const { total, words, label, source } = useShownRecord();
  const { glossary } = useWords();
  const language = useLanguage((state) => state.language);
  const { step } = useStepValues();
  return (
    <>
      <Formula text={total.formula} />
      {step !== null && <TotalNumbers step={step} />}
      {/* What a method says of its total is English; the glossary says the same of all methods in every language. */}
      {language !== 'en' && <p lang={LANGUAGE_TAGS[language]}>{glossary.total.meaning}</p>}
      <p>{total.meaning}</p>
      <p>
        <b>{label}</b> ({source}). {words}
      </p>
    </>
  );
}

export function TotalName() {
  return (
    <Explain label="Total" ink="var(--ink)">
      <TotalExplanation />
    </Explain>
  );
}
