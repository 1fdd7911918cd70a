// The sum, or the largest, of a number of each of a workgroup's 64 threads, in a fixed order: WGSL for programs that give a
// row to a workgroup.

/** Declarations that the snippets need. */
export const SUM_OVER_LANES = 'var<workgroup> lanes: array<f32, 64>;';

const tree = (name: string, part: string, merge: string) => `
  lanes[lane] = ${part};
  workgroupBarrier();
  for (var far = 32u; far > 0u; far >>= 1u) {
    if (lane < far) { ${merge} }
    workgroupBarrier();
  }
  let ${name} = lanes[0];
  workgroupBarrier();`;

/** Defines `name` in every thread as the sum of all threads' `part`. */
export const sumOverLanes = (name: string, part: string) =>
  tree(name, part, 'lanes[lane] += lanes[lane + far];');

/** Defines `name` in every thread as the largest of all threads' `part`. */
export const largestOverLanes = (name: string, part: string) =>
  tree(name, part, 'lanes[lane] = max(lanes[lane], lanes[lane + far]);');
