// Films made for a table of masks or boxes, since those of SIIM-ACR, RSNA and VinBigData may not be passed on: the built-in phantom,
// healthy, darker or brighter where the table says that something is. The tables are read here by a few plain lines of their own, so
// that what the app makes of them can be held against the films. `npx tsx e2e/tools/markedFilms.ts siim|rsna|vinbig|masks TABLE FOLDER`

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseConfig } from '../../src/config/schema.ts';
import { renderFilm } from '../../src/data/synthetic/film.ts';
import type { Findings } from '../../src/data/synthetic/findings.ts';
import { planSyntheticSet } from '../../src/data/synthetic/set.ts';
import { greyElements, writeDicom } from '../../src/data/testDicom.ts';
import { greyPng } from '../../src/util/png.ts';

/** Side of the phantom, px. */
const SIDE = 256;
const HEALTHY: Findings = { opacities: [], edema: null, effusion: null, pneumothorax: null, nodules: [] };

/** Whether a place is inside what is marked, in shares of the film's sides. */
type IsMarked = (x: number, y: number) => boolean;

interface Kind {
  /** Pixels along a side of the frame in which the table speaks. */
  readonly frame: number;
  /** Pixels of the film for each of the phantom. */
  readonly enlarged: number;
  /** What becomes of a value where something is. */
  marked(value: number): number;
  /** By the columns of a row, what it adds to its film; null for nothing. */
  readonly mark: (cells: readonly string[]) => IsMarked | null;
  readonly write: (name: string, film: Film) => void;
}

interface Film {
  readonly plane: Uint8Array;
  readonly side: number;
  readonly inside: IsMarked | null;
  readonly folder: string;
  /** In the order of the table. */
  readonly number: number;
}

/** Gaps and lengths down the columns of 1024 x 1024, each gap from the end of the run before. */
function runs([, text = '']: readonly string[]): IsMarked | null {
  if (text.trim() === '-1') return null;
  const numbers = text.trim().split(/\s+/).map(Number);
  const inside = new Set<number>();
  let at = 0;
  for (const [i, count] of numbers.entries()) {
    if (i % 2 === 1) for (let k = 0; k < count; k++) inside.add(at + k);
    at += count;
  }
  return (x, y) => inside.has(Math.floor(x * 1024) * 1024 + Math.floor(y * 1024));
}

function box(corners: readonly (string | undefined)[], frame: number): IsMarked | null {
  const [left, top, right, bottom] = corners.map((text) => Number(text) / frame) as [
    number,
    number,
    number,
    number,
  ];
  return corners[0] ? (x, y) => x >= left && x < right && y >= top && y < bottom : null;
}

function writeDicomFilm(name: string, { plane, side, folder, number }: Film): void {
  const patient = { tag: 0x00100020, vr: 'LO', value: `P${number}` };
  const elements = greyElements({ rows: side, cols: side, bits: 8, pixels: plane, more: [patient] });
  writeFileSync(path.join(folder, `${name}.dcm`), writeDicom({ elements }));
}

const darker = (value: number) => Math.round(0.45 * value);
const brighter = (value: number) => Math.round(value + 0.45 * (255 - value));
const inTurn = ([x, y, width, height]: readonly string[]) =>
  [x, y, Number(x) + Number(width), Number(y) + Number(height)].map(String);

const KINDS: Readonly<Record<string, Kind>> = {
  siim: { frame: 1024, enlarged: 1, marked: darker, mark: runs, write: writeDicomFilm },
  rsna: {
    frame: 1024,
    enlarged: 1,
    marked: brighter,
    mark: (cells) => (cells[1] ? box(inTurn(cells.slice(1, 5)), 1024) : null),
    write: writeDicomFilm,
  },
  /** In the pixels of the film itself, which has to be as large as the boxes say. */
  vinbig: {
    frame: 2816,
    enlarged: 11,
    marked: brighter,
    mark: (cells) => box(cells.slice(4, 8), 2816),
    write: (name, { plane, side, folder }) =>
      writeFileSync(path.join(folder, `${name}.png`), greyPng(plane, side, side)),
  },
  /** The table of run lengths once more, as PNG files beside films. */
  masks: {
    frame: 1024,
    enlarged: 1,
    marked: darker,
    mark: runs,
    write(name, { plane, side, inside, folder }) {
      for (const part of ['images', 'masks']) mkdirSync(path.join(folder, part), { recursive: true });
      const mask = (x: number, y: number) => (inside?.(x, y) ? 255 : 0);
      writeFileSync(path.join(folder, 'images', `${name}.png`), greyPng(plane, side, side));
      if (inside)
        writeFileSync(path.join(folder, 'masks', `${name}.png`), greyPng(drawn(mask, side), side, side));
    },
  },
};

const drawn = (value: (x: number, y: number, at: number) => number, side: number): Uint8Array =>
  Uint8Array.from({ length: side * side }, (_, at) =>
    value(((at % side) + 0.5) / side, (Math.floor(at / side) + 0.5) / side, at),
  );

/** Films by their names with all that is marked on them, in the order of the table; its first column names the film. */
function filmsOf(table: string, { mark }: Kind): Map<string, IsMarked | null> {
  const films = new Map<string, IsMarked | null>();
  for (const line of readFileSync(table, 'utf8').trim().split(/\r?\n/).slice(1)) {
    const cells = line.split(',');
    const [before, more] = [films.get(cells[0]!) ?? null, mark(cells)];
    films.set(cells[0]!, before && more ? (x, y) => before(x, y) || more(x, y) : (before ?? more));
  }
  return films;
}

/** Writes a film for each that the table names, and the table beside them. @returns films, and how many of them are marked */
export function markedFilms(
  kindName: string,
  table: string,
  folder: string,
): { films: number; marked: number } {
  const kind = KINDS[kindName];
  if (!kind) throw new Error(`films are made as ${Object.keys(KINDS).join(', ')}, not as ${kindName}`);
  mkdirSync(folder, { recursive: true });
  const films = filmsOf(table, kind);
  const { syntheticSeed: seed } = parseConfig({});
  const people = planSyntheticSet({ patients: films.size, seed, difficulty: 'fine' });
  const first = people.filter(({ path: name }) => name.endsWith('_01'));
  const side = SIDE * kind.enlarged;
  for (const [number, [name, inside]] of [...films].entries()) {
    const { plane } = renderFilm({ ...first[number]!.spec(), findings: HEALTHY }, SIDE);
    const shown = drawn((x, y) => {
      const value = plane[Math.floor(y * SIDE) * SIDE + Math.floor(x * SIDE)]!;
      return inside?.(x, y) ? kind.marked(value) : value;
    }, side);
    kind.write(name, { plane: shown, side, inside, folder, number });
  }
  const marked = [...films.values()].filter((inside) => inside !== null).length;
  if (kindName === 'masks') {
    const rows = [...films].map(([name, inside]) => `${name}.png,${inside ? 1 : 0}`);
    writeFileSync(path.join(folder, 'labels.csv'), ['file,Pneumothorax', ...rows, ''].join('\n'));
  } else copyFileSync(table, path.join(folder, path.basename(table)));
  return { films: films.size, marked };
}

const [kind, table, folder] = process.argv.slice(2);
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (!kind || !table || !folder) {
    console.error('markedFilms siim|rsna|vinbig|masks TABLE FOLDER');
    process.exit(1);
  }
  const made = markedFilms(kind, table, folder);
  console.log(`${made.films} films, ${made.marked} of them marked, in ${folder}`);
}
