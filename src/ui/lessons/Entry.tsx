// An entry of the glossary: its formula, the numbers of the run that is shown, and what it means; the word that opens it, wherever
// it stands; and a text with such words in it. Formulas were set as MathML when the program was built (words/formulas.json).

import { Popover, UnstyledButton } from '@mantine/core';
import type { ReactNode } from 'react';
import { METHODS } from '../../methods/records.ts';
import type { MetricName } from '../../protocol/metrics.ts';
import { useCharts } from '../../store/curves/charts.ts';
import { liveSeries } from '../../store/curves/series.ts';
import { GLOSSARY } from '../../store/lessons/glossary.ts';
import { useLanguage, useWords } from '../../store/page/language.ts';
import { useEvaluation } from '../../store/run/evaluation.ts';
import { scoreText } from '../../tasks/compared/record.ts';
import { TASKS } from '../../tasks/records.ts';
import { formatCount, formatMeasured } from '../../util/format.ts';
import FORMULAS from '../../words/formulas.json' with { type: 'json' };
import { LANGUAGE_TAGS } from '../../words/languages.ts';
import { type EntryId, filled, piecesOf } from '../../words/words.ts';
import { useShownMethod } from '../charts/shown.ts';
import styles from './Entry.module.css';

const formulas: Readonly<Record<string, string>> = FORMULAS;

/** A formula of the program's tables, set; as it is written there where it has not been set. */
export function Formula({ text }: { text: string }) {
  const math = formulas[text];
  if (!math) return <div className={styles.formula}>{text}</div>;
  return (
    <div
      className={styles.formula}
      role="math"
      aria-label={text}
      // biome-ignore lint/security/noDangerouslySetInnerHtml: MathML of this program's own, set when it was built
      dangerouslySetInnerHTML={{ __html: math }}
    />
  );
}

/** Index of the hovered step in the curves that are shown, or of the newest; -1 before the first. */
export function useStepIndex(): number {
  const hovered = useCharts((state) => state.hovered);
  const series = liveSeries();
  return hovered === null ? series.length - 1 : series.nearest(hovered);
}

/** The numbers of an entry at the step that is looked at: a bare name is asked of every head. */
function useNumbers(id: EntryId): { label: string; value: number }[] {
  const index = useStepIndex();
  const { heads } = METHODS[useShownMethod()];
  if (index < 0) return [];
  const series = liveSeries();
  const named = GLOSSARY[id].numbers.flatMap((name): { label: string; metric: MetricName }[] => {
    if (name.includes('/')) return [{ label: '', metric: name as MetricName }];
    return Object.entries(heads).map(([head, { label }]) => ({
      label: GLOSSARY[id].numbers.length > 1 ? `${label} ${name}` : label,
      metric: `${head}/${name}`,
    }));
  });
  return named
    .map(({ label, metric }) => ({ label, value: series.latestUpTo(metric, index) }))
    .filter((one): one is { label: string; value: number } => one.value !== null);
}

function Numbers({ id }: { id: EntryId }) {
  const { page } = useWords();
  const numbers = useNumbers(id);
  const index = useStepIndex();
  const newest = useEvaluation((state) => state.newest);
  const scores = GLOSSARY[id].scores.flatMap((task) => {
    const report = newest[task]?.report;
    if (!report || !('mean' in report)) return [];
    const encoder = id === 'random' ? 'random' : 'pretrained';
    return [{ label: TASKS[task].label, value: scoreText(report.mean[encoder].value) }];
  });
  if (numbers.length === 0 && scores.length === 0) {
    const asks = GLOSSARY[id].numbers.length + GLOSSARY[id].scores.length > 0;
    return asks ? <p className="dim">{page.noNumbers}</p> : null;
  }
  return (
    <table className={styles.numbers}>
      {numbers.length > 0 && (
        <caption>{filled(page.numbers, { step: formatCount(liveSeries().steps.at(index)) })}</caption>
      )}
      <tbody>
        {numbers.map(({ label, value }) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td className="num">{formatMeasured(value)}</td>
          </tr>
        ))}
        {scores.map(({ label, value }) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td className="num">{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** All that an entry says. */
export function EntryCard({ id }: { id: EntryId }) {
  const { glossary } = useWords();
  const tag = LANGUAGE_TAGS[useLanguage((state) => state.language)];
  const { formula } = GLOSSARY[id];
  return (
    <div className={styles.entry} lang={tag} data-testid={`entry-${id}`}>
      <strong>{glossary[id].name}</strong>
      {formula && <Formula text={formula} />}
      <Numbers id={id} />
      <p>{glossary[id].meaning}</p>
    </div>
  );
}

interface WordPopoverProps {
  readonly says: ReactNode;
  readonly width?: number;
  readonly onChange?: (opened: boolean) => void;
  /** The word, in a `Popover.Target`. */
  readonly children: ReactNode;
}

/** What a word opens. It takes the focus, so that Escape closes it, and gives it back. */
export function WordPopover({ says, width = 340, onChange, children }: WordPopoverProps) {
  return (
    <Popover
      width={width}
      position="bottom-start"
      shadow="md"
      withinPortal
      trapFocus
      returnFocus
      {...(onChange && { onChange })}
      transitionProps={{ duration: 80 }}
    >
      {children}
      <Popover.Dropdown className={styles.said}>{says}</Popover.Dropdown>
    </Popover>
  );
}

/** A word that opens its entry. */
export function Term({ id, children }: { id: EntryId; children: ReactNode }) {
  return (
    <WordPopover says={<EntryCard id={id} />}>
      <Popover.Target>
        <UnstyledButton className={styles.term} data-testid={`term-${id}`}>
          {children}
        </UnstyledButton>
      </Popover.Target>
    </WordPopover>
  );
}

/** A text whose [[words]] open the glossary. */
export function Rich({ text }: { text: string }) {
  const { glossary } = useWords();
  return piecesOf(text, glossary).map((piece, i) =>
    typeof piece === 'string' ? (
      piece
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a text never move
      <Term key={i} id={piece.entry}>
        {piece.shown}
      </Term>
    ),
  );
}
