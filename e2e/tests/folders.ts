// Folders of films for the specs: a subset of the real paediatric set where the data folder is at hand, and a
// made one of PNG noise in class folders, with a file that is no image among them.

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encode } from 'fast-png';
import { Rng } from '../../src/util/rng.ts';

const REAL = path.resolve('../shared/data/cxr-folder/kermany-paediatric-1600');
export const hasRealFilms = existsSync(REAL);

/** Copies `count` films of the real set, evenly spread over it, with the rows of its label file that name them. */
export function realFolder(count: number): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'films-'));
  const [header, ...rows] = readFileSync(path.join(REAL, 'labels.csv'), 'utf8').trimEnd().split('\n');
  const column = header!.split(',').indexOf('file');
  const kept = rows.filter(
    (_, i) => Math.floor((i * count) / rows.length) !== Math.floor(((i + 1) * count) / rows.length),
  );
  for (const row of kept) {
    const file = row.split(',')[column]!;
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    copyFileSync(path.join(REAL, file), path.join(folder, file));
  }
  writeFileSync(path.join(folder, 'labels.csv'), [header, ...kept, ''].join('\n'));
  return folder;
}

const inMiddle = (i: number, size: number) => {
  const [x, y] = [(i % size) / size - 0.5, Math.floor(i / size) / size - 0.5];
  return x * x + y * y < 0.04;
};
const png = (size: number, value: (i: number) => number) =>
  encode({
    width: size,
    height: size,
    data: Uint8Array.from({ length: size * size }, (_, i) => value(i)),
    channels: 1,
    depth: 8,
  });

/** A noisy square film, brighter in the middle when `marked`. */
export function madeFilm(size: number, seed: number, marked: boolean): Uint8Array {
  const rng = new Rng(seed, 'synthetic');
  return png(size, (i) => 80 + (marked && inMiddle(i, size) ? 60 : 0) + rng.int(60));
}

/** `NORMAL` and `SICK` with `perClass` films each, and one file that is no image. */
export function madeFolder(perClass: number): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'films-'));
  for (const [group, name] of ['NORMAL', 'SICK'].entries()) {
    mkdirSync(path.join(folder, name));
    for (let i = 0; i < perClass; i++) {
      const film = madeFilm(48, group * perClass + i, group === 1);
      writeFileSync(path.join(folder, name, `film${i}.png`), film);
    }
  }
  writeFileSync(path.join(folder, 'NORMAL', 'broken.png'), 'this is no picture');
  return folder;
}

/** The same, with the bright middle of each that is `SICK` as a mask beside it. */
export function maskedFolder(perClass: number): string {
  const folder = madeFolder(perClass);
  const masks = path.join(folder, 'SICK', 'SICK masks');
  mkdirSync(masks);
  const mask = png(48, (i) => (inMiddle(i, 48) ? 255 : 0));
  for (let i = 0; i < perClass; i++) writeFileSync(path.join(masks, `film${i}.png`), mask);
  return folder;
}
