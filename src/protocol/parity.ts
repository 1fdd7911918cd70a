// What crosses between page and engine when recorded fixtures are checked: the files of a folder go in, rows come out.
// The format of the fixtures is read in parity/; nothing here knows it.

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
