// The same films twice in one folder: archives that hold a copy of themselves, or a folder and its copy beside it. Films of
// one name and size are compared by the hash of all their bytes; where nearly all films of one place lie in another as well,
// and the folders between do not say another part or class, the second place is left out. A folder inside another with the
// same folders and names in it is its copy, too, whatever was done to the bytes. Other films stay as they are.

import { isNormalWord } from './labels/words.ts';
import type { ListedFile } from './sources.ts';
import { splitFromWord } from './splitWords.ts';

export interface Copy {
  readonly path: string;
  /** Where the film lies that is kept. */
  readonly of: string;
  readonly alike: 'bytes' | 'names';
}

/** Share of the films of a place that lie in the other as well. */
const NEARLY_ALL = 0.9;
/** Bytes of each slice in a first comparison. */
const SLICE = 4096;
const AT_ONCE = 16;
/** Of more films of one name and size, some are compared first; where hardly any are alike, none are copies. */
const MANY = 3000;
const SAMPLED = 256;
const RARE = 0.05;

const nameOf = (path: string) =>
  path
    .slice(path.lastIndexOf('/') + 1)
    .normalize('NFC')
    .toLowerCase();

async function digest(parts: readonly Blob[]): Promise<string> {
  const bytes = await new Blob([...parts]).arrayBuffer();
  return String.fromCharCode(...new Uint16Array(await crypto.subtle.digest('SHA-256', bytes)));
}

async function quickDigest(file: File): Promise<string> {
  const middle = Math.max(0, Math.floor(file.size / 2));
  return digest([file.slice(0, SLICE), file.slice(middle, middle + SLICE), file.slice(-SLICE)]);
}

/** Groups of more than one film that have the same key. A film that cannot be opened is like none. */
async function grouped(
  groups: readonly (readonly ListedFile[])[],
  keyOf: (file: File) => Promise<string>,
): Promise<ListedFile[][]> {
  const found: ListedFile[][] = [];
  for (let from = 0; from < groups.length; from += AT_ONCE) {
    const some = groups.slice(from, from + AT_ONCE);
    const split = await Promise.all(
      some.map(async (films) => {
        const byKey = new Map<string, ListedFile[]>();
        for (const film of films) {
          const key = await film
            .open()
            .then(keyOf)
            .catch(() => film.path);
          byKey.set(key, [...(byKey.get(key) ?? []), film]);
        }
        return [...byKey.values()].filter(({ length }) => length > 1);
      }),
    );
    found.push(...split.flat());
  }
  return found;
}

async function twins(films: readonly ListedFile[]): Promise<ListedFile[][]> {
  const alike = new Map<string, ListedFile[]>();
  for (const film of films) {
    const key = `${film.size} ${nameOf(film.path)}`;
    const known = alike.get(key);
    if (known) known.push(film);
    else alike.set(key, [film]);
  }
  const candidates = [...alike.values()].filter(({ length }) => length > 1);
  if (candidates.length === 0 || !(await worthIt(candidates))) return [];
  return grouped(await grouped(candidates, quickDigest), (file) => digest([file]));
}

/** Where names are not unique, as with view1_frontal.jpg, some films of one name have one size by chance. */
async function worthIt(candidates: readonly (readonly ListedFile[])[]): Promise<boolean> {
  const films = candidates.reduce((sum, { length }) => sum + length, 0);
  if (films < MANY) return true;
  const step = Math.ceil(candidates.length / SAMPLED);
  const sample = candidates.filter((_, i) => i % step === 0);
  return (await grouped(sample, quickDigest)).length > RARE * sample.length;
}

interface Places {
  readonly kept: string;
  readonly second: string;
  readonly pairs: Copy[];
}

const depthOf = ({ path }: ListedFile) => path.split('/').length;
/** The film nearest to the top is kept, of several the first. */
const byDepth = (a: ListedFile, b: ListedFile) => depthOf(a) - depthOf(b) || (a.path < b.path ? -1 : 1);

/** The folders of two films without what they share at the end. */
function placesOf(a: string, b: string): readonly [string, string] {
  const [one, other] = [a.split('/'), b.split('/')];
  while (one.length > 0 && other.length > 0 && one.at(-1) === other.at(-1)) {
    one.pop();
    other.pop();
  }
  return [one.join('/'), other.join('/')];
}

const foldersIn = (place: string) => place.split('/').filter((folder) => folder !== '');

/** Do the folders in which two places differ say another part or class? */
function saysOther(kept: string, second: string): boolean {
  const [one, other] = [foldersIn(kept), foldersIn(second)];
  while (one.length > 0 && one[0] === other[0]) {
    one.shift();
    other.shift();
  }
  const part = (folders: readonly string[]) =>
    splitFromWord(folders.findLast((folder) => splitFromWord(folder)));
  return part(one) !== part(other) || [...one, ...other].some(isNormalWord);
}

/** How many films lie below each folder; below none, all. */
function countsBelow(films: readonly ListedFile[]): ReadonlyMap<string, number> {
  const counts = new Map([['', films.length]]);
  for (const { path } of films) {
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
      const folder = path.slice(0, at);
      counts.set(folder, (counts.get(folder) ?? 0) + 1);
    }
  }
  return counts;
}

/** Films of a place, without those of the other where it lies inside. */
function filmsIn(counts: ReadonlyMap<string, number>, place: string, other: string): number {
  const inside = place === '' || other.startsWith(`${place}/`);
  return counts.get(place)! - (inside && other !== place ? counts.get(other)! : 0);
}

class AllPlaces {
  readonly #places = new Map<string, Places>();

  add(kept: string, second: string, copy: Copy): void {
    const key = `${kept}\n${second}`;
    const known = this.#places.get(key) ?? { kept, second, pairs: [] };
    known.pairs.push(copy);
    this.#places.set(key, known);
  }

  /** The films of places that are copies of others. */
  copies(films: readonly ListedFile[]): Copy[] {
    const counts = countsBelow(films);
    const found = [...this.#places.values()].filter(({ kept, second, pairs }) => {
      const least = Math.min(filmsIn(counts, kept, second), filmsIn(counts, second, kept));
      return pairs.length >= NEARLY_ALL * least && !saysOther(kept, second);
    });
    return found.flatMap(({ pairs }) => pairs);
  }
}

async function sameBytes(films: readonly ListedFile[]): Promise<Copy[]> {
  const places = new AllPlaces();
  for (const group of await twins(films)) {
    const [first, ...others] = group.sort(byDepth);
    for (const { path } of others) {
      const [kept, second] = placesOf(first!.path, path);
      places.add(kept, second, { path, of: first!.path, alike: 'bytes' });
    }
  }
  return places.copies(films);
}

/** sample/sample/images/1.png beside sample/images/1.png: one folder more, and the same folder and name below it. */
function innerCopies(films: readonly ListedFile[]): Copy[] {
  const places = new AllPlaces();
  const paths = new Set(films.map(({ path }) => path));
  for (const { path } of films) {
    const parts = path.split('/');
    for (let at = 0; at < parts.length - 2; at++) {
      const of = [...parts.slice(0, at), ...parts.slice(at + 1)].join('/');
      if (!paths.has(of)) continue;
      const kept = parts.slice(0, at).join('/');
      places.add(kept, parts.slice(0, at + 1).join('/'), { path, of, alike: 'names' });
      break;
    }
  }
  return places.copies(films);
}

/** Films that lie in a copy of another place of the same folder. */
export async function copiesAmong(films: readonly ListedFile[]): Promise<Copy[]> {
  const same = await sameBytes(films);
  const seen = new Set(same.map(({ path }) => path));
  return [...same, ...innerCopies(films.filter(({ path }) => !seen.has(path)))];
}
