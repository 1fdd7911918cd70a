// Which film, study or person each row means by one of the columns of its table. A column is tried by its name, and one of
// any name where its cells turn out to name films; the choice among them is made when all rows were seen.

import { PATIENT_COLUMNS, plainName, STUDY_COLUMNS } from './columns.ts';
import { AMBIGUOUS, type FilmIndex, type Found, type JoinLevel, NO_FILM } from './filmIndex.ts';
import { FILM_NAME } from './match.ts';
import type { ColumnHints } from './survey.ts';
import { isNumberCell, senseOfCell } from './words.ts';

/** Rows after which a column of any other name is no longer tried, if none of its cells named a film. */
const PATIENCE = 5000;
const NOTHING: Found = { target: NO_FILM, depth: 0, partial: false };

export class ColumnMatches {
  /** Per row: a film, a group of films, NO_FILM or AMBIGUOUS. */
  readonly targets: number[] = [];
  /** Per row: trailing parts of the path that agree. */
  readonly depths: number[] = [];
  /** Rows that name a film or a group. */
  count = 0;
  /** Of them, those that name a single film. */
  films = 0;
  ambiguous = 0;
  /** Films that only the end of a name fits, with the one name, or null where several do. */
  readonly #partial = new Map<number, string | null>();
  readonly #partialRows: number[] = [];
  readonly #filmCount: number;
  readonly #groups: 'study' | 'patient';

  /**
   * @param filmCount targets from here on are groups
   * @param level what its groups are
   * @param before rows that named nothing
   */
  constructor(filmCount: number, level: 'study' | 'patient', before: number) {
    this.#filmCount = filmCount;
    this.#groups = level;
    for (let row = 0; row < before; row++) this.add(NOTHING, '');
  }

  /** What the rows are about by this column. */
  get level(): JoinLevel {
    return this.films > 0 || this.count === 0 ? 'film' : this.#groups;
  }

  add({ target, depth, partial }: Found, cell: string): void {
    this.targets.push(target);
    this.depths.push(depth);
    if (target === AMBIGUOUS) this.ambiguous++;
    if (target < 0) return;
    this.count++;
    if (target < this.#filmCount) this.films++;
    if (!partial) return;
    this.#partialRows.push(this.targets.length - 1);
    const key = cell.trim().toLowerCase();
    const before = this.#partial.get(target);
    if (before === undefined) this.#partial.set(target, key);
    else if (before !== key) this.#partial.set(target, null);
  }

  /** Rows of other folders that share no more than the end of their name with a film, as with view1_frontal.jpg, mean none. */
  dropDoubtful(): void {
    for (const row of this.#partialRows) {
      const target = this.targets[row]!;
      if (target < 0 || this.#partial.get(target) !== null) continue;
      this.targets[row] = NO_FILM;
      this.count--;
      this.films--;
    }
    this.#partialRows.length = 0;
  }
}

const GROUP_COLUMNS = ['path', 'name', 'id', 'uid', 'file', 'folder', 'directory'];

/** The first folder below which the row means something certain. */
function first(folders: readonly string[], look: (folder: string) => Found): Found | null {
  for (const folder of folders) {
    const found = look(folder);
    if (found.target >= 0 && found.depth > 1) return found;
  }
  return null;
}

export interface Lookup {
  readonly level: 'study' | 'patient';
  /** @param within folders, studies and persons that other cells of the row name, to tell films of one name apart */
  find(cell: string, within: () => readonly string[]): Found;
}

/**
 * How cells of a column are looked up.
 * @param named it may name films by what it is called
 * @param near the folder of the table: of several films that fit, one below it is meant
 */
export function lookupOf(
  name: string,
  named: boolean,
  { keys, fileColumn }: ColumnHints,
  index: FilmIndex,
  near: string,
): Lookup {
  const plain = plainName(name);
  const isPatient = PATIENT_COLUMNS.includes(plain);
  const level = isPatient ? 'patient' : 'study';
  const wanted = fileColumn !== undefined && plainName(fileColumn) === plain;
  const grouped = isPatient || wanted || STUDY_COLUMNS.includes(plain) || GROUP_COLUMNS.includes(plain);
  if (keys && plainName(keys.column) === plain) return { level, find: keys.find };
  if (named || grouped) {
    const look = (name: string) => {
      const film = index.film(name, near);
      const isFilm = film.target !== NO_FILM || !grouped || FILM_NAME.test(name.trim());
      return isFilm ? film : index.group(name, level);
    };
    const find = (cell: string, within: () => readonly string[]) => {
      const found = look(cell);
      if (found.target !== AMBIGUOUS) return found;
      return first(within(), (folder) => look(`${folder}/${cell}`)) ?? found;
    };
    return { level, find };
  }
  let [tried, hits] = [0, 0];
  const find = (cell: string) => {
    // A number in a column of any name is an age or a size before it is a film.
    const worth =
      (tried++ < PATIENCE || hits > 0) &&
      cell.length > 2 &&
      senseOfCell(cell) === 'odd' &&
      !isNumberCell(cell);
    const found = worth ? index.film(cell, near) : NOTHING;
    if (found.target >= 0) hits++;
    return found;
  };
  return { level, find };
}
