// The kinds of hyper-parameter field and what each row of the table must say about itself.
// The table is in schema.ts; this file holds no values.

export const GROUPS = {
  data: 'Images',
  model: 'Model',
  loss: 'Loss',
  optimiser: 'Optimiser',
  views: 'Augmented views',
  run: 'Batches and length',
  evaluation: 'Evaluation',
} as const;
export type GroupName = keyof typeof GROUPS;

interface FieldBase {
  readonly group: GroupName;
  /** Shown beside the control. */
  readonly label: string;
  /** Two or three characters to a word, for naming a run by what differs. */
  readonly short: string;
  /** One or two sentences: what it does, and what happens when it grows. */
  readonly help: string;
  /** Where the value comes from: a paper section, a formula, or "ours". */
  readonly source: string;
  /** `start`: fixed once a run exists. `live`: may change between steps. `evaluation`: read by evaluations alone. */
  readonly when: 'start' | 'live' | 'evaluation';
  /** Quirk of the published code that this field switches, named as in docs/method.md. */
  readonly quirk?: string;
}

export interface NumberField extends FieldBase {
  readonly kind: 'number';
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly integer?: boolean;
  readonly scale: 'linear' | 'log';
  readonly unit?: string;
}

export interface ChoiceField extends FieldBase {
  readonly kind: 'choice';
  readonly default: string;
  /** Value to the words shown for it. */
  readonly choices: Readonly<Record<string, string>>;
  /** A paragraph on each choice, where a word does not say enough. */
  readonly notes?: Readonly<Record<string, string>>;
}

export interface ToggleField extends FieldBase {
  readonly kind: 'toggle';
  readonly default: boolean;
}

export type Field = NumberField | ChoiceField | ToggleField;

/** The type of a field's value, literal choices kept. */
export type ValueOf<F> = F extends { kind: 'number' }
  ? number
  : F extends { kind: 'toggle' }
    ? boolean
    : F extends { kind: 'choice'; choices: infer C }
      ? keyof C & string
      : never;

type Row = Omit<NumberField, 'kind'>;

/** A number row; literal values are kept. */
export const number = <R extends Row>(row: R) => ({ kind: 'number' as const, ...row });

/** A number between 0 and 1 among the view settings. */
export const probability = (row: Omit<Row, 'min' | 'max' | 'scale' | 'group' | 'when'>) =>
  number({ group: 'views', when: 'start', min: 0, max: 1, scale: 'linear', ...row });
