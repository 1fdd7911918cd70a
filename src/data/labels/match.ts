// Finds the film that a row of a label file speaks of. Tables name films by bare name, by a path from some
// other root, or without the extension, so names are compared from their end: the film that shares most
// trailing folders with the row is meant. Two films that share equally many are ambiguous, never guessed.

const EXTENSIONS = 'png|jpe?g|dcm|dicom|dic|pgm|pnm|bmp|tiff?|nii(?:\\.gz)?|npy|mha|mhd';
const EXTENSION = new RegExp(`\\.(?:${EXTENSIONS})$`);

/** Does a cell or path end as files of films do? */
export const FILM_NAME = new RegExp(`[^/\\\\]\\.(?:${EXTENSIONS})$`, 'i');

/** More films than this under one name are all ambiguous; the list need not grow. */
const CANDIDATES = 16;

export interface Match {
  /** Film number, or null when none or several fit. */
  readonly film: number | null;
  /** Trailing parts of the path that agree; 1 is the bare name. */
  readonly depth: number;
  readonly ambiguous: boolean;
  /** Row and film stand in folders of other names: only the end agrees. */
  readonly partial: boolean;
}

const NO_MATCH: Match = { film: null, depth: 0, ambiguous: false, partial: false };

/**
 * Lower case, forward slashes, no "./" in front, and letters with accents composed: macOS writes them in parts, and what
 * looks the same is the same.
 */
export function normalisePath(path: string): string {
  return path
    .normalize('NFC')
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

  /** The film that a name or path in a table means. @param near of several that fit, one below this folder is meant */
  find(name: string, near = ''): Match {
    const path = normalisePath(name);
    const extension = EXTENSION.exec(path)?.[0] ?? '';
    let stem = path.slice(0, path.length - extension.length);
    if (stem === '') return NO_MATCH;
    for (;;) {
      const films = this.#bySuffix.get(stem);
      if (films) return this.#choose(films, stem, extension, path, normalisePath(near));
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

  #choose(films: readonly number[], suffix: string, extension: string, path: string, near: string): Match {
    const depth = suffix.split('/').length;
    const found = (film: number | null): Match => {
      const longer = film !== null && this.#paths[film]!.replace(EXTENSION, '').length > suffix.length;
      const partial = longer && path.length > suffix.length + extension.length;
      return { film, depth, ambiguous: film === null, partial };
    };
    if (films.length === 1) return found(films[0]!);
    if (films.length === CANDIDATES) return found(null);
    const equal = films.filter((film) => extension !== '' && this.#paths[film]!.endsWith(extension));
    const whole = films.filter((film) => this.#paths[film] === suffix + extension);
    const below = near === '' ? [] : films.filter((film) => this.#paths[film]!.startsWith(`${near}/`));
    const only = [whole, equal, below].find(({ length }) => length === 1)?.[0] ?? null;
    return found(only);
  }
}
