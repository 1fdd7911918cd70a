// The second stage of a split sum: partial results lie one behind the other and are added in a fixed order, so
// that the total does not depend on scheduling. Optionally a bias over the last dimension joins in.

import type { TensorInfo } from '../../backend.ts';
import type { GpuJob } from '../../kernel.ts';
import { flatGroups, program, threadFor } from '../../program.ts';
import { sizeOf } from '../../shape.ts';
import { storageOf } from './lanes.ts';

/** Records `to = sum over parts of partials [parts, ...to]`, plus `bias` [m] if given; one dispatch. */
export function foldPartials(
  job: Pick<GpuJob<string>, 'run'>,
  partials: TensorInfo,
  to: TensorInfo,
  parts: number,
  bias?: TensorInfo,
): void {
  const size = sizeOf(to.shape);
  const lastSize = bias ? sizeOf(bias.shape) : size;
  const element = storageOf(lastSize);
  const lanes = element === 'f32' ? 1 : 4;
  const code = program({
    name: `foldPartials_${lanes}${bias ? '_bias' : ''}`,
    reads: { partials: element, ...(bias ? { bias: element } : {}) },
    writes: { total: element },
    params: { size: 'u32', parts: 'u32', last: 'u32' },
    workgroup: [64],
    body: `${threadFor(64, 'p.size')}
  var sum = ${bias ? 'bias[index % p.last]' : `${element}()`};
  for (var part = 0u; part < p.parts; part++) { sum += partials[part * p.size + index]; }
  total[index] = sum;`,
  });
  const tensors = bias ? [partials, bias, to] : [partials, to];
  job.run(code, tensors, [size / lanes, parts, lastSize / lanes], flatGroups(size / lanes, 64));
}
