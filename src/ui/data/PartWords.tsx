// Words for parts that are none of those known, each with the films that are in no part because of it: a person says what
// they mean. Nothing is guessed, for films that were held out must not be trained on unasked.

import { Select } from '@mantine/core';
import { type DatasetSummary, type Placement, SPLITS } from '../../protocol/dataset.ts';
import type { LabelChoice } from '../../protocol/labels.ts';
import { formatCounted } from '../../util/format.ts';
import styles from './data.module.css';

interface Props {
  readonly summary: DatasetSummary;
  readonly draft: LabelChoice;
  readonly locked: boolean;
  readonly onDraft: (draft: LabelChoice) => void;
}

const MEANINGS: readonly { readonly value: Placement; readonly label: string }[] = [
  ...SPLITS.map((value) => ({ value, label: { train: 'training', val: 'validation', test: 'test' }[value] })),
  { value: 'out', label: 'leave out' },
];
/** More words than this are no parts; a column was taken that says something else. */
const MOST_SHOWN = 24;

export function PartWords({ summary, draft, locked, onDraft }: Props) {
  const asked = summary.unknownParts ?? [];
  const counts = new Map(asked.map(({ word, films }) => [word, films]));
  const words = [...new Set([...counts.keys(), ...Object.keys(draft.parts ?? {})])];
  if (words.length === 0) return null;
  return (
    <section className={styles.labelOptions} data-testid="part-words" aria-label="Words for parts">
      <p>Which part is it? Films of a part that is not known are left out until you say so.</p>
      {words.slice(0, MOST_SHOWN).map((word) => (
        <div key={word} className={styles.labelField}>
          <span className={`${styles.labelFieldName} ${styles.partWord}`}>
            {word}{' '}
            <span className="num dim">{counts.has(word) && formatCounted(counts.get(word)!, 'film')}</span>
          </span>
          <Select
            size="xs"
            aria-label={`The part ${word} is`}
            disabled={locked}
            data={MEANINGS}
            placeholder="Not known"
            allowDeselect={false}
            value={draft.parts?.[word] ?? null}
            onChange={(part) => onDraft({ ...draft, parts: { ...draft.parts, [word]: part as Placement } })}
          />
        </div>
      ))}
      {words.length > MOST_SHOWN && <p className="dim">{words.length - MOST_SHOWN} more words.</p>}
    </section>
  );
}
