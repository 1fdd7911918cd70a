// What crosses between page and engine when its numbers are checked. Recorded fixtures: the files of a folder go in, rows come
// out; their format is read in checks/parity. The self-test: a row for each thing compared, and a verdict in one sentence;
// errors are distances from a plain computation on the processor, and what is compared, and how, is up to checks/selftest.

/** One quantity of one fixture, compared. */
export interface ParityRow {
  readonly fixture: string;
  readonly quantity: string;
  /** Which tensor, where a quantity has many. */
  readonly of?: string;
  /** Measured as the tolerance is; the largest number where nothing finite was found. */
  readonly error: number;
  readonly tolerance: number;
  readonly ok: boolean;
  /** Not compared, because this program has nothing that would compute it; counts neither as within nor as outside. */
  readonly unchecked?: true;
  /** Why, where something could not be compared at all. */
  readonly note?: string;
}

export interface ParityRequest {
  /** By name: index.json, a json for each kind, and the safetensors they speak of. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Kinds to check; empty for all of the index. */
  readonly kinds: readonly string[];
}

/** `relative`: ||found - wanted|| / ||wanted||. `levels`: largest distance in grey levels of 0 to 255. */
export type ErrorUnit = 'relative' | 'levels';

export interface SelfTestRow {
  readonly part: 'kernel' | 'step';
  /** In words: a kernel, or a part of the training step. */
  readonly name: string;
  /** Shapes and variant. */
  readonly detail: string;
  /** Null where nothing could be compared. */
  readonly error: number | null;
  readonly unit: ErrorUnit;
  readonly tolerance: number;
  readonly ok: boolean;
  /** What the driver or the program said. */
  readonly fault?: string;
}

export interface SelfTestReport {
  readonly rows: readonly SelfTestRow[];
  readonly ok: boolean;
  /** The verdict for a person. */
  readonly sentence: string;
  readonly seconds: number;
}
