// Looks at a scripted run: features with a falling spectrum that flattens as the run goes on, measured by the real code, small
// enough to be made on the page. They serve development and tests of the page, never a result.

import type { Config } from '../config/schema.ts';
import { mapsOf, measureFeatures, withMaps } from '../diagnostics/probe.ts';
import { outputsOf, type Snapshot } from '../diagnostics/snapshot.ts';
import { methodOf } from '../methods/records.ts';
import { Rng } from '../util/rng.ts';

const FILMS = 48;
const VIEWED = 12;
const LEVEL_DIM = 8;
const HEAD_DIM = 40;
/** A dimension of every output that stands still. */
const DEAD = 5;
const FINDINGS = ['Effusion', 'Mass', 'Cardiomegaly'];

export function fakeSnapshot(step: number, { method, seed }: Pick<Config, 'method' | 'seed'>): Snapshot {
  const rng = new Rng(seed, 'synthetic', step);
  const power = 0.4 + Math.exp(-step / 100);
  const outputs = outputsOf(methodOf({ method })).map(({ name, kind }, place) => {
    const dim = kind === 'level' ? LEVEL_DIM * (place + 1) : HEAD_DIM;
    const mixed = (j: number, common: number) => (j % 3 === 0 ? 0.8 * common : 0) + rng.normal();
    const rows = (count: number) => {
      const values = new Float32Array(count * dim);
      for (let film = 0; film < count; film++) {
        const common = rng.normal();
        for (let j = 0; j < dim; j++) {
          values[film * dim + j] = j === DEAD ? 0 : mixed(j, common) * (j + 1) ** -power;
        }
      }
      return values;
    };
    const first = rows(VIEWED);
    const second = first.map((value) => value + 0.02 * rng.normal());
    return { name, dim, whole: rows(FILMS), views: [first, second] as const };
  });
  const features = { step, films: FILMS, viewed: VIEWED, outputs, known: null };
  const scores = FINDINGS.map((finding, i) => ({
    finding,
    positives: 5 + i,
    auroc: i === 1 && step === 0 ? Number.NaN : 0.5 + 0.3 * (1 - Math.exp(-step / 120)) * (1 - 0.2 * i),
  }));
  const measured = measureFeatures(features, () => ({ bank: 0, asked: 0, scores: [] }));
  return {
    ...withMaps(measured, mapsOf(features)),
    seconds: 0.1,
    neighbours: { bank: 24, asked: 24, scores },
  };
}
