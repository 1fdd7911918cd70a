// What can be decided about one label file. Which fields there are follows from the table of formats: a field here is a
// kind of option there, and nothing is written by hand for a format.

import { Chip, SegmentedControl, Select } from '@mantine/core';
import type { ReactNode } from 'react';
import {
  BLANK,
  LABEL_FORMAT_IDS,
  LABEL_FORMATS,
  LABEL_OPTIONS,
  type LabelChoice,
  type LabelFormatId,
  type LabelOption,
  LIST_SEPARATORS,
  type ListSeparator,
  labelFormat,
  READERS,
  type ScannedTable,
  UNCERTAIN,
} from '../../protocol/labels.ts';
import { formatCount } from '../../util/format.ts';
import styles from './data.module.css';
import { choiceOf, takenFindings, withFindings, withTable } from './labelDraft.ts';

interface Props {
  readonly table: ScannedTable;
  readonly tables: readonly ScannedTable[];
  readonly draft: LabelChoice;
  readonly locked: boolean;
  /** Films with each finding, as far as labels are in use. */
  readonly counts: ReadonlyMap<string, number>;
  readonly onDraft: (draft: LabelChoice) => void;
}

interface FieldProps extends Props {
  readonly option: LabelOption;
}

const NONE = '(none)';
const COLUMN_OPTIONS = ['fileColumn', 'classColumn', 'patientColumn', 'splitColumn'] as const;
/** These cannot be left open. */
const NEEDED: readonly LabelOption[] = ['fileColumn', 'classColumn'];

/** Words of a policy, the first being the default. */
const POLICIES: Partial<Record<LabelOption, Readonly<Record<string, string>>>> = {
  uncertain: UNCERTAIN,
  blank: BLANK,
  readers: READERS,
};

function Labelled({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={styles.labelField}>
      <span className={styles.labelFieldName}>{label}</span>
      {children}
    </div>
  );
}

function ColumnField({ option, table, tables, draft, locked, onDraft }: FieldProps) {
  const column = option as (typeof COLUMN_OPTIONS)[number];
  const given = choiceOf(draft, table.path)[column];
  const names = table.columns.map(({ name }) => name).filter((name) => name !== '');
  const data = [...(NEEDED.includes(column) ? [] : [NONE]), ...new Set(names)];
  const shown = given === undefined ? table[column] : given;
  return (
    <Select
      size="xs"
      aria-label={LABEL_OPTIONS[option]}
      disabled={locked}
      data={data}
      allowDeselect={false}
      placeholder="Choose"
      value={shown ?? (NEEDED.includes(column) ? null : NONE)}
      onChange={(value) =>
        onDraft(
          withTable(without(draft, column), tables, table.path, { [column]: value === NONE ? null : value }),
        )
      }
    />
  );
}

/** Other classes have other names, so findings chosen before mean nothing once their column changes. */
function without({ findings, ...draft }: LabelChoice, column: LabelOption): LabelChoice {
  return column === 'classColumn' || !findings ? draft : { ...draft, findings };
}

/** Policies are about every table. */
function PolicyField({ option, draft, locked, onDraft }: FieldProps) {
  const words = POLICIES[option]!;
  const keys = Object.keys(words);
  return (
    <SegmentedControl
      size="xs"
      aria-label={LABEL_OPTIONS[option]}
      disabled={locked}
      data={keys.map((key) => ({ value: key, label: words[key]! }))}
      value={(draft[option] as string | undefined) ?? keys[0]!}
      onChange={(value) => onDraft({ ...draft, [option]: value })}
    />
  );
}

const WHOLE = 'none';
const SEPARATORS = [
  ...Object.entries(LIST_SEPARATORS).map(([value, label]) => ({ value, label })),
  { value: WHOLE, label: 'nothing: one class a cell' },
];

function SeparatorField({ table, tables, draft, locked, onDraft }: FieldProps) {
  const { list } = table;
  const given = choiceOf(draft, table.path).separator;
  return (
    <>
      <Select
        size="xs"
        aria-label={LABEL_OPTIONS.separator}
        disabled={locked}
        allowDeselect={false}
        data={SEPARATORS}
        value={given ?? list?.separator ?? WHOLE}
        onChange={(value) => {
          const { findings: _, ...rest } = draft;
          onDraft(withTable(rest, tables, table.path, { separator: value as ListSeparator | 'none' }));
        }}
      />
      {list?.asked && given === undefined && (
        <p className={styles.labelQuestion} data-testid="separator-question">
          The table does not say whether “{list.example}” is{' '}
          {list.separator === null ? 'a list' : 'one class'}.
        </p>
      )}
    </>
  );
}

function FindingsField({ table, tables, draft, locked, counts, onDraft }: FieldProps) {
  const able = [...table.findings, ...table.furtherFindings];
  const chosen = takenFindings(draft, tables).filter((finding) => able.includes(finding));
  const choose = (findings: string[]) => onDraft(withFindings(draft, tables, table, findings));
  return (
    <Chip.Group multiple value={[...chosen]} onChange={choose}>
      <div className={styles.labelFindings}>
        {able.map((finding) => (
          <Chip key={finding} value={finding} size="xs" variant="outline" disabled={locked}>
            {finding}
            {counts.has(finding) && <span className="num dim"> {formatCount(counts.get(finding)!)}</span>}
          </Chip>
        ))}
      </div>
    </Chip.Group>
  );
}

const FIELDS: Record<LabelOption, (props: FieldProps) => ReactNode> = {
  fileColumn: ColumnField,
  classColumn: ColumnField,
  separator: SeparatorField,
  patientColumn: ColumnField,
  splitColumn: ColumnField,
  findings: FindingsField,
  uncertain: PolicyField,
  blank: PolicyField,
  readers: PolicyField,
};

export function LabelOptions(props: Props) {
  const { table, tables, draft, locked, onDraft } = props;
  const choice = choiceOf(draft, table.path);
  const format = choice.format ?? table.format;
  // What the findings will be is known once it was read so.
  const isOther =
    format !== table.format ||
    (choice.classColumn !== undefined && choice.classColumn !== table.classColumn) ||
    (choice.separator !== undefined && choice.separator !== (table.list?.separator ?? WHOLE));
  const uncertain = table.columns.some((column) => column.uncertain > 0);
  const options = (format ? labelFormat(format).options : []).filter(
    (option) => (option !== 'findings' || !isOther) && (option !== 'uncertain' || uncertain),
  );
  return (
    <div className={styles.labelOptions} data-testid="label-options">
      {tables.length > 1 && <p className={styles.labelOptionsFile}>{table.path}</p>}
      <Labelled label="Read as">
        <Select
          size="xs"
          aria-label="Read as"
          disabled={locked}
          allowDeselect={false}
          placeholder="Choose"
          data={LABEL_FORMAT_IDS.map((id) => ({ value: id, label: LABEL_FORMATS[id].name }))}
          value={format}
          onChange={(id) => {
            const { findings: _, ...rest } = draft;
            onDraft(withTable(rest, tables, table.path, { format: id as LabelFormatId }, true));
          }}
        />
      </Labelled>
      {format && <p className={`dim ${styles.labelSign}`}>Known by {LABEL_FORMATS[format].sign}.</p>}
      {options.map((option) => {
        const Field = FIELDS[option];
        return (
          <Labelled key={option} label={LABEL_OPTIONS[option]}>
            <Field {...props} option={option} />
          </Labelled>
        );
      })}
    </div>
  );
}
