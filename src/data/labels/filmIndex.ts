// What a cell of a table can stand for: a film, by its name; or all films of a study or of a person, by a folder or by the
// customs of file names. A target is a number: a film below the number of films, a group of films from there on.

import { normalisePatient, patientFromPath } from '../patient.ts';
import { type Match, normalisePath, PathIndex } from './match.ts';

/** What a table's rows are about. */
export type JoinLevel = 'film' | 'study' | 'patient';

export interface Found {
  /** A film, a group of films, NO_FILM or AMBIGUOUS. */
  readonly target: number;
  readonly depth: number;
  /** Only the end of the names agrees. */
  readonly partial: boolean;
}

export const NO_FILM = -1;
export const AMBIGUOUS = -2;
const NOTHING: Found = { target: NO_FILM, depth: 0, partial: false };

/** Competitions write what an id names behind it: 000a312787f2_image, 5776db0cec75_study. */
const ID_SUFFIX = /_(?:image|img|study|series|patient|exam)$/;

/** Folders and tables write one number as s50414267, p10000032, patient00061, 61 or 61.0. */
const numberOf = (key: string): string | null => {
  const digits = /^(?:[a-z]{1,10}[-_ ]?)?0*(\d+)(?:\.0+)?$/.exec(key)?.[1];
  return digits === undefined ? null : `#${digits}`;
};
/** Does the folder's name say what it holds, beside its number? */
const FOLDER_OF: Readonly<Record<'study' | 'patient', RegExp>> = {
  study: /^(?:s|study|exam|acc|series)?[-_ ]?\d+$/,
  patient: /^(?:p|pat|patient|subject|subj|sub|person|case|id)?[-_ ]?\d+$/,
};

export class FilmIndex {
  readonly paths: readonly string[];
  readonly #films: PathIndex;
  readonly #groups: (readonly number[])[] = [];
  /** Length of the numbers by which all films are called; 0 where they are not. */
  #digits: number | undefined;
  #folders: { readonly index: PathIndex; readonly first: number } | null = null;
  readonly #keys: Partial<Record<'study' | 'patient', ReadonlyMap<string, number>>> = {};

  constructor(paths: readonly string[]) {
    this.paths = paths;
    this.#films = new PathIndex(paths);
  }

  /** The films that a target stands for. */
  filmsOf(target: number): readonly number[] {
    if (target < 0) return [];
    return target < this.paths.length ? [target] : this.#groups[target - this.paths.length]!;
  }

  addGroup(films: readonly number[]): number {
    this.#groups.push(films);
    return this.paths.length + this.#groups.length - 1;
  }

  readonly namesFilm = (cell: string): boolean => this.#films.find(cell).film !== null;

  /** @param near the folder of the table */
  film(cell: string, near = ''): Found {
    const found = foundOf(this.#films.find(cell, near));
    if (found.target !== NO_FILM) return found;
    const bare = normalisePath(cell).replace(ID_SUFFIX, '');
    if (bare.length < cell.trim().length) return foundOf(this.#films.find(bare, near));
    return /^\d+$/.test(bare) ? this.#padded(bare) : found;
  }

  /** Spreadsheets drop the zeros before a number: 12 is 00012.png where all films are called by numbers of one length. */
  #padded(number: string): Found {
    if (this.#digits === undefined) {
      const lengths = new Set(this.paths.map((path) => /(?:^|\/)(\d+)\.\w+$/.exec(path)?.[1]?.length ?? 0));
      this.#digits = lengths.size === 1 ? [...lengths][0]! : 0;
    }
    return number.length < this.#digits
      ? foundOf(this.#films.find(number.padStart(this.#digits, '0')))
      : NOTHING;
  }

  /** All films of the study or person, or below the folder, that a cell names. */
  group(cell: string, level: 'study' | 'patient'): Found {
    const key = normalisePath(cell).replace(/\/+$/, '').replace(ID_SUFFIX, '');
    if (key === '') return NOTHING;
    this.#folders ??= this.#indexFolders();
    const folder = foundOf(this.#folders.index.find(key));
    if (folder.target >= 0) return { ...folder, target: this.#folders.first + folder.target };
    if (key.includes('/')) return folder;
    this.#keys[level] ??= this.#indexKeys(level);
    const keys = this.#keys[level];
    const number = numberOf(key);
    const target = keys.get(key) ?? (number ? keys.get(number) : undefined);
    return target === undefined ? folder : { target, depth: 1, partial: false };
  }

  #indexFolders() {
    const below = new Map<string, number[]>();
    this.paths.forEach((path, film) => {
      for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
        const folder = path.slice(0, at);
        const films = below.get(folder);
        if (films) films.push(film);
        else below.set(folder, [film]);
      }
    });
    const first = this.paths.length + this.#groups.length;
    for (const films of below.values()) this.#groups.push(films);
    // A folder's name has no extension to be taken off: a slash behind it keeps a dot of it.
    return { index: new PathIndex([...below.keys()]), first };
  }

  /** Numbers of folders, and persons by the customs of names, that mean one thing only. */
  #indexKeys(level: 'study' | 'patient'): ReadonlyMap<string, number> {
    const groups = new Map<string, Set<number>>();
    const add = (key: string, film: number) => {
      const films = groups.get(key) ?? new Set();
      groups.set(key, films.add(film));
    };
    const parents = new Map<string, string | null>();
    this.paths.forEach((path, film) => {
      const parts = normalisePath(path).split('/').slice(0, -1);
      parts.forEach((part, at) => {
        const number = FOLDER_OF[level].test(part) ? numberOf(part) : null;
        if (number === null) return;
        const parent = parts.slice(0, at + 1).join('/');
        const before = parents.get(number);
        if (before !== undefined && before !== parent) parents.set(number, null);
        else parents.set(number, parent);
        add(number, film);
      });
      const person = level === 'patient' ? patientFromPath(path) : null;
      if (person) add(normalisePath(person), film);
      if (person && normalisePatient(person) && numberOf(person)) add(numberOf(normalisePath(person))!, film);
    });
    const keys = new Map<string, number>();
    for (const [key, films] of groups) {
      // study1 in the folder of every patient names no one study; a person may have films in several folders.
      if (level === 'study' && parents.get(key) === null) continue;
      keys.set(key, this.addGroup([...films]));
    }
    return keys;
  }
}

const foundOf = ({ film, depth, ambiguous, partial }: Match): Found => ({
  target: film ?? (ambiguous ? AMBIGUOUS : NO_FILM),
  depth,
  partial,
});
