// What a scripted network makes of every film: films with a finding in common move together the farther the run has come and the
// later the level. It serves development and tests of the page, never a result.

import type { Config } from '../config/schema.ts';
import { type FilmFeatures, FilmMapWork } from '../diagnostics/filmMap.ts';
import { outputsOf } from '../diagnostics/snapshot.ts';
import { methodOf } from '../methods/records.ts';
import { hashText, Rng } from '../util/rng.ts';
import { type FilmMapClient, mapStarter } from '../worker/client.ts';
import { fakeLabels } from './films.ts';

const LEVEL_DIM = 8;
const HEAD_DIM = 40;

export function fakeFeatures(films: number, step: number, config: Pick<Config, 'method'>): FilmFeatures {
  const learnt = 1 - Math.exp(-(step + 5) / 60);
  const outputs = outputsOf(methodOf(config)).map(({ name, kind }, place) => {
    const dim = kind === 'level' ? LEVEL_DIM * (place + 1) : HEAD_DIM;
    return { name, dim, pull: 3 * learnt * Math.min(1, (place + 1) / 5) };
  });
  const tables = (pullOf: (pull: number) => number) =>
    Object.fromEntries(
      outputs.map(({ name, dim, pull }) => [name, tableOf(films, dim, hashText(name), pullOf(pull))]),
    );
  return {
    step,
    films: Uint32Array.from({ length: films }, (_, film) => film),
    now: tables((pull) => pull),
    start: tables(() => 0.2),
  };
}

function tableOf(films: number, dim: number, key: number, pull: number): Float32Array {
  const table = new Float32Array(films * dim);
  const common = new Rng(key, 'synthetic');
  const towards = Array.from({ length: 8 }, () => Float32Array.from({ length: dim }, () => common.normal()));
  for (let film = 0; film < films; film++) {
    const rng = new Rng(film, 'synthetic', key);
    const labels = fakeLabels(film);
    for (let j = 0; j < dim; j++) {
      let value = rng.normal();
      labels.forEach((label, finding) => {
        if (label === 1) value += pull * towards[finding]![j]!;
      });
      table[film * dim + j] = value;
    }
  }
  return table;
}

/** The map's work with every answer a promise, as over a worker. */
function mapHere(): FilmMapClient {
  const work = new FilmMapWork();
  return {
    take: async (features) => work.take(features),
    layOut: (...asked) => work.layOut(...asked),
    stop: async () => work.stop(),
    neighbours: async (...asked) => work.neighbours(...asked),
    drivers: async (...asked) => work.drivers(...asked),
    likeness: async (...asked) => work.likeness(...asked),
    clusters: async (...asked) => work.clusters(...asked),
  };
}

/** The real worker, or the same work in this thread where there are none. */
export function fakeMap() {
  if (typeof Worker !== 'undefined') return mapStarter();
  const here = mapHere();
  return { client: () => here, dispose: () => undefined };
}
