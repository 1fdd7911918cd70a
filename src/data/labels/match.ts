// Finds the film that a row of a label file speaks of. Tables name films by bare name, by a path from some
// other root, or without the extension, so names are compared from their end: the film that shares most
// trailing folders with the row is meant. Two films that share equally many are ambiguous, never guessed.

const EXTENSION = /\.(png|jpe?g|dcm|dicom|dic|bmp|tiff?|nii(\.gz)?)$/;

/** More films than this under one name are all ambiguous; the list need not grow. */
const CANDIDATES = 4;

export interface Match {
  /** Film number, or null when none or several fit. */
  readonly film: number | null;
  /** Trailing parts of the path that agree; 1 is the bare name. */
  readonly depth: number;
  readonly ambiguous: boolean;
}

const NO_MATCH: Match = { film: null, depth: 0, ambiguous: false };

/** Lower case, forward slashes, no "./" in front. */
function normalisePath(path: string): string {
  return path
    .trim()
    .toLowerCase()
    .replaceAll('\\', '/')
    .replace(/^(?:\.?\/)+/, '');
}

export class PathIndex {
  readonly #paths: string[];
  /** Every trailing piece of every path, without extension, to the films that end so. */
  readonly #bySuffix = new Map<string, number[]>();

  /** Time and memory are linear in the total number of path parts. */
  constructor(paths: readonly string[]) {
    this.#paths = paths.map(normalisePath);
    this.#paths.forEach((path, film) => {
      const stem = path.replace(EXTENSION, '');
      for (let at = stem.length; at > 0; ) {
        at = stem.lastIndexOf('/', at - 1);
        this.#add(stem.slice(at + 1), film);
        if (at < 0) break;
      }
    });
  }

  /** The film that a name or path in a table means. */
  find(name: string): Match {
    const path = normalisePath(name);
    const extension = EXTENSION.exec(path)?.[0] ?? '';
    let stem = path.slice(0, path.length - extension.length);
    if (stem === '') return NO_MATCH;
    for (;;) {
      const films = this.#bySuffix.get(stem);
      if (films) return this.#choose(films, stem, extension);
      const slash = stem.indexOf('/');
      if (slash < 0) return NO_MATCH;
      stem = stem.slice(slash + 1);
    }
  }

  #add(suffix: string, film: number): void {
    const films = this.#bySuffix.get(suffix);
    if (!films) this.#bySuffix.set(suffix, [film]);
    else if (films.length < CANDIDATES) films.push(film);
  }

  #choose(films: readonly number[], suffix: string, extension: string): Match {
    const depth = suffix.split('/').length;
    if (films.length === 1) return { film: films[0]!, depth, ambiguous: false };
    if (films.length === CANDIDATES) return { film: null, depth, ambiguous: true };
    const equal = films.filter((film) => extension !== '' && this.#paths[film]!.endsWith(extension));
    const whole = films.filter((film) => this.#paths[film] === suffix + extension);
    const only = whole.length === 1 ? whole[0]! : equal.length === 1 ? equal[0]! : null;
    return { film: only, depth, ambiguous: only === null };
  }
}
