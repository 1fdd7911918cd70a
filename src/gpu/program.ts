// A WGSL compute program: storage bindings and 32-bit parameters declared by name, and a body.
// The prelude is generated, so a program cannot disagree with its bindings. Every constant written into the body
// from TypeScript must be part of `name`, because pipelines are cached by name.

export type Element =
  | 'f32'
  | 'vec2<f32>'
  | 'vec4<f32>'
  | 'i32'
  | 'u32'
  | 'vec4<u32>'
  | 'vec4<i32>'
  | 'f16'
  | 'vec4<f16>'
  | 'atomic<u32>';

export interface ProgramSpec {
  /** Unique per generated code; carries every baked constant, e.g. `conv3x3s2v4`. */
  readonly name: string;
  /** Read-only storage bindings in binding order. */
  readonly reads?: Readonly<Record<string, Element>>;
  /** Read-write storage bindings, after the reads. */
  readonly writes: Readonly<Record<string, Element>>;
  /** Fields of the uniform struct `p`, after the writes. */
  readonly params?: Readonly<Record<string, 'u32' | 'i32' | 'f32'>>;
  readonly workgroup: readonly [number, number?, number?];
  /**
   * The dispatch may be cut into several, for cards on which it would take too long: the body then counts workgroups by
   * slicedGroup or slicedIndex, and each must be at home in its own place of the result.
   */
  readonly sliced?: true;
  /** Workgroup variables, helper functions and constants at module scope. */
  readonly declarations?: string;
  /** The four threads of a quad take the same branches, those of a workgroup may not: more than WGSL can see. */
  readonly quadsTogether?: true;
  /** Body of `fn main`, or what makes it when it is compiled, as a long one takes longer to write than to record; sees `id` (global), `local`, `group` and `count` (workgroups) as vec3<u32>, and `lane` (local index); with subgroups `subgroupSize` and `subgroupLane`. */
  readonly body: string | (() => string);
  /** Adds `enable` directives. */
  readonly enable?: readonly ('f16' | 'subgroups')[];
}

export interface Program extends ProgramSpec {
  readonly code: string;
  readonly bindingKinds: readonly ('read-only-storage' | 'storage' | 'uniform')[];
  readonly paramKinds: readonly ('u32' | 'i32' | 'f32')[];
  /** Threads of a workgroup. */
  readonly threads: number;
}

const SUBGROUPS =
  ', @builtin(subgroup_size) subgroupSize: u32, @builtin(subgroup_invocation_id) subgroupLane: u32';

/** Completes a spec with its WGSL text, which is written when it is first asked for. */
export function program(spec: ProgramSpec): Program {
  const params = Object.entries({ ...spec.params, ...(spec.sliced && { firstGroup: 'u32' as const }) });
  const [x, y = 1, z = 1] = spec.workgroup;
  let text: string | undefined;
  return {
    ...spec,
    get code() {
      text ??= textOf(spec, params);
      return text;
    },
    bindingKinds: [
      ...Object.keys(spec.reads ?? {}).map(() => 'read-only-storage' as const),
      ...Object.keys(spec.writes).map(() => 'storage' as const),
      ...(params.length > 0 ? (['uniform'] as const) : []),
    ],
    paramKinds: params.map(([, type]) => type),
    threads: x * y * z,
  };
}

function textOf(spec: ProgramSpec, params: readonly (readonly [string, string])[]): string {
  const lines = (spec.enable ?? []).map((feature) => `enable ${feature};`);
  if (spec.quadsTogether) lines.push('diagnostic(off, subgroup_uniformity);');
  let slot = 0;
  for (const [name, element] of Object.entries(spec.reads ?? {})) {
    lines.push(`@group(0) @binding(${slot++}) var<storage, read> ${name}: array<${element}>;`);
  }
  for (const [name, element] of Object.entries(spec.writes)) {
    lines.push(`@group(0) @binding(${slot++}) var<storage, read_write> ${name}: array<${element}>;`);
  }
  if (params.length > 0) {
    lines.push(`struct Params { ${params.map(([name, type]) => `${name}: ${type}`).join(', ')} }`);
    lines.push(`@group(0) @binding(${slot++}) var<uniform> p: Params;`);
  }
  const [x, y = 1, z = 1] = spec.workgroup;
  lines.push(
    spec.declarations ?? '',
    `@compute @workgroup_size(${x}, ${y}, ${z})`,
    'fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>,',
    '  @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) count: vec3<u32>,',
    `  @builtin(local_invocation_index) lane: u32${spec.enable?.includes('subgroups') ? SUBGROUPS : ''}) {`,
    typeof spec.body === 'string' ? spec.body : spec.body(),
    '}',
  );
  return lines.join('\n');
}

/** `ceil(n / size)`, the number of workgroups or tiles that cover n. */
export const groupsFor = (n: number, size: number) => Math.ceil(n / size);

const MAX_GROUPS = 65535;

/** Workgroups for a flat index, folded over x and y where one dimension is too short; see flatIndex. */
export function flatGroups(threads: number, size: number): [number, number, number] {
  const groups = Math.max(1, groupsFor(threads, size));
  if (groups <= MAX_GROUPS) return [groups, 1, 1];
  const y = groupsFor(groups, MAX_GROUPS);
  return [groupsFor(groups, y), y, 1];
}

/** WGSL for the flat thread index that matches flatGroups with the given workgroup width. */
export const flatIndex = (size: number, name = 'index') =>
  `let ${name} = (group.y * count.x + group.x) * ${size}u + lane;`;

/** flatIndex for a thread an element; those past the last, which fill up the last workgroup, end. */
export const threadFor = (size: number, elements: string, name = 'index') =>
  `${flatIndex(size, name)}\n  if (${name} >= ${elements}) { return; }`;

/** WGSL for the number of the workgroup within a dispatch that may have been cut into slices. */
export const slicedGroup = 'p.firstGroup + group.y * count.x + group.x';

/** flatIndex of a dispatch that may have been cut into slices. */
export const slicedIndex = (size: number, name = 'index') =>
  `let ${name} = (${slicedGroup}) * ${size}u + lane;`;

export interface Slice {
  readonly groups: readonly [number, number, number];
  /** Workgroups of the slices before it. */
  readonly first: number;
  /** Part of the whole. */
  readonly share: number;
}

/** Cuts a dispatch so that none is more than a `parts`th of it, along whole rows of its grid where there are enough. */
export function slicesOf([x, y = 1]: readonly [number, number?, number?], parts: number): Slice[] {
  const cut = (count: number, pieces: number) => {
    const size = Math.max(1, Math.floor(count / pieces));
    return Array.from(
      { length: Math.ceil(count / size) },
      (_, i) => [i * size, Math.min(size, count - i * size)] as const,
    );
  };
  const share = (groups: number) => groups / (x * y);
  if (y >= parts) {
    return cut(y, parts).map(([row, rows]) => ({
      groups: [x, rows, 1],
      first: row * x,
      share: share(rows * x),
    }));
  }
  return Array.from({ length: y }, (_, row) => row).flatMap((row) =>
    cut(x, Math.ceil(parts / y)).map(([column, columns]) => ({
      groups: [columns, 1, 1] as const,
      first: row * x + column,
      share: share(columns),
    })),
  );
}
