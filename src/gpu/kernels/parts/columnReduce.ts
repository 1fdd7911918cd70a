// Sums down the columns of a table, or whatever else can be merged in any order, by a workgroup each: its threads stand
// `across` neighbouring columns wide, so that they read neighbouring numbers, and share the rows; their states are
// merged in a tree through workgroup memory, in a fixed order. The subgroup form exchanges states within a subgroup
// first, which leaves less of the tree. That takes the threads of a subgroup for neighbours in order, which a driver may
// decide anew for every program and does not promise, so each workgroup looks: where they are not, the tree does it all.

import type { TensorInfo } from '../../backend.ts';
import type { GpuJob } from '../../kernel.ts';
import { flatGroups, type ProgramSpec, program } from '../../program.ts';
import { each } from './lanes.ts';

export interface ColumnReduction {
  /** Carries every constant of the pieces below. */
  readonly name: string;
  readonly reads: NonNullable<ProgramSpec['reads']>;
  readonly writes: ProgramSpec['writes'];
  /** Further uniforms, after segments, rows and columns. */
  readonly params: readonly string[];
  /** Fields of `State` and their WGSL types. */
  readonly state: Readonly<Record<string, string>>;
  /** Statements before the loop; see `segment` (of the table) and `c` (the column). */
  readonly prepare: string;
  /** The state of no rows. */
  readonly start: string;
  /** First row and distance of rows, where not all rows of the segment are wanted. */
  readonly first?: string;
  readonly step?: string;
  /** Takes row `r` into `s`. */
  readonly visit: string;
  /** Body of `fn merge(a: State, b: State) -> State`. */
  readonly merge: string;
  /** Stores the whole `s` of column `c`. */
  readonly finish: string;
}

export interface Table {
  readonly segments: number;
  readonly rows: number;
  readonly columns: number;
}

const THREADS = 128;
const WIDEST = 16;

const acrossFor = (columns: number) => Math.min(WIDEST, 2 ** Math.ceil(Math.log2(columns)));

/** Rows that a workgroup takes at a time. */
export const rowsAtOnce = (columns: number) => THREADS / acrossFor(columns);

/** Workgroups that stand side by side over the columns. */
export const blocksFor = (columns: number) => Math.ceil(columns / acrossFor(columns));

/** Records the reduction; one dispatch. `tensors` are in the order of the reads, then the writes. */
export function runColumnReduction(
  job: Pick<GpuJob<string>, 'run' | 'form'>,
  reduction: ColumnReduction,
  { segments, rows, columns }: Table,
  tensors: readonly TensorInfo[],
  params: readonly number[],
): void {
  const groups = flatGroups(segments * blocksFor(columns), 1);
  const code = reductionProgram(reduction, acrossFor(columns), job.form === 'subgroup');
  job.run(code, tensors, [segments, rows, columns, ...params], groups);
}

function reductionProgram(reduction: ColumnReduction, across: number, subgroups: boolean) {
  const { name, reads, writes, state, first = '0u', step = '1u' } = reduction;
  const down = THREADS / across;
  const fields = Object.keys(state);
  const apart = doublings(across, 64);
  return program({
    name: `reduce_${name}_${across}${subgroups ? '_subgroup' : ''}`,
    reads,
    writes,
    params: Object.fromEntries(
      ['segments', 'rows', 'columns', ...reduction.params].map((field) => [field, 'u32' as const]),
    ),
    workgroup: [THREADS],
    ...(subgroups ? { enable: ['subgroups'] as const } : {}),
    declarations: `
struct State { ${fields.map((field) => `${field}: ${state[field]}`).join(', ')} }
fn merge(a: State, b: State) -> State { ${reduction.merge} }
var<workgroup> states: array<State, ${THREADS}>;${subgroups ? '\nvar<workgroup> disorder: atomic<u32>;' : ''}`,
    body: `
  let blocks = (p.columns + ${across - 1}u) / ${across}u;
  let block = group.y * count.x + group.x;
  let segment = block / blocks;
  if (segment >= p.segments) { return; }
  let column = block % blocks * ${across}u + lane % ${across}u;
  let c = min(column, p.columns - 1u);
  ${reduction.prepare}
  var s = ${reduction.start};
  for (var r = ${first} + lane / ${across}u * ${step}; r < p.rows; r += ${down}u * ${step}) {
    ${reduction.visit}
  }
${subgroups ? `${lookAtOrder}\n${each(apart.length, (i) => exchange(apart[i]!, fields))}` : ''}
  states[lane] = s;
  workgroupBarrier();
${doublings(across, THREADS / 2)
  .reverse()
  .map((far) => {
    const lacking = `lane < ${far}u${subgroups ? ` && reach <= ${far}u` : ''}`;
    return `if (${lacking}) { states[lane] = merge(states[lane], states[lane + ${far}u]); }\n  workgroupBarrier();`;
  })
  .join('\n')}
  if (lane < ${across}u && column < p.columns) {
    s = states[lane];
    ${reduction.finish}
  }`,
  });
}

/** from, 2 from, … up to `to`. */
function doublings(from: number, to: number): number[] {
  const list: number[] = [];
  for (let value = from; value <= to; value *= 2) list.push(value);
  return list;
}

/** `reach`: threads that may exchange states, the same in the whole workgroup; 1 where subgroups are not in order. */
const lookAtOrder = `
  if (lane % subgroupSize != subgroupLane) { atomicStore(&disorder, 1u); }
  workgroupBarrier();
  let reach = select(subgroupSize, 1u, atomicLoad(&disorder) != 0u);`;

/** Every thread takes in the state of the thread `apart` places from it, where that is within reach. */
function exchange(apart: number, fields: readonly string[]): string {
  const shuffled = fields.map((field) => `subgroupShuffleXor(s.${field}, ${apart}u)`);
  return `{ let other = State(${shuffled.join(', ')});
  if (reach > ${apart}u) { s = merge(s, other); } }`;
}
