// The three VICReg statistics on each level's pooled maps. They are measured for the charts and are not
// part of the loss, so they are computed here in float64 from one small read-back rather than on the GPU.
// The formulas are those of gpu/kernels/loss/vicreg.ts.

import { VICREG_EPS, VICREG_STD } from '../gpu/kernels/loss/vicregPrograms.ts';
import type { Statistic } from '../methods/record/statistics.ts';

export type LevelTerms = Record<Statistic, number>;

/**
 * `means` is [2N, sum C_l]: for each film of view 1, then of view 2, the levels' channel means side by side.
 * Returns one record per level.
 */
export function levelStatistics(means: Float32Array, films: number, widths: readonly number[]): LevelTerms[] {
  const total = widths.reduce((a, b) => a + b, 0);
  let first = 0;
  return widths.map((width) => {
    const views = [0, 1].map((view) => centredColumns(means, view * films, films, total, first, width));
    let difference = 0;
    for (let i = 0; i < films; i++) {
      for (let j = first; j < first + width; j++) {
        difference += (means[i * total + j]! - means[(films + i) * total + j]!) ** 2;
      }
    }
    first += width;
    return {
      invariance: difference / (films * width),
      variance: views.reduce((sum, { hinge }) => sum + hinge, 0),
      covariance: views.reduce((sum, { centred }) => sum + offDiagonal(centred, films, width), 0),
    };
  });
}

function centredColumns(
  means: Float32Array,
  row: number,
  films: number,
  total: number,
  first: number,
  width: number,
) {
  const centred = new Float64Array(films * width);
  let hinge = 0;
  for (let j = 0; j < width; j++) {
    let mean = 0;
    for (let i = 0; i < films; i++) mean += means[(row + i) * total + first + j]! / films;
    let variance = 0;
    for (let i = 0; i < films; i++) {
      const value = means[(row + i) * total + first + j]! - mean;
      centred[i * width + j] = value;
      variance += (value * value) / (films - 1);
    }
    hinge += Math.max(0, VICREG_STD - Math.sqrt(variance + VICREG_EPS));
  }
  return { centred, hinge: hinge / (2 * width) };
}

/** 1/D sum over j != k of C_jk^2, through the smaller of the two second-moment matrices. */
function offDiagonal(centred: Float64Array, films: number, width: number): number {
  const byFilm = films < width;
  const side = byFilm ? films : width;
  const inner = byFilm ? width : films;
  const at = (i: number, k: number) => (byFilm ? centred[i * width + k]! : centred[k * width + i]!);
  let all = 0;
  for (let a = 0; a < side; a++) {
    for (let b = byFilm ? 0 : a + 1; b < side; b++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += at(a, k) * at(b, k);
      all += (sum / (films - 1)) ** 2 * (byFilm ? 1 : 2);
    }
  }
  if (!byFilm) return all / width;
  let diagonal = 0;
  for (let j = 0; j < width; j++) {
    let variance = 0;
    for (let i = 0; i < films; i++) variance += centred[i * width + j]! ** 2 / (films - 1);
    diagonal += variance * variance;
  }
  return Math.max(0, all - diagonal) / width;
}
