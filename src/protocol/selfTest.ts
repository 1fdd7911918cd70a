// What the self-test says: a row for each thing compared, and a verdict in one sentence. Errors are distances from a
// plain computation on the processor; what is compared, and how, is the business of selftest/.

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
