// Naga, the compiler of Firefox and Deno, as a wasm package: parses and validates a WGSL text and writes it as GLSL, the
// language it needs for OpenGL. And what a program asks of a device, to be held against the limits of the standard.
// Not part of the product.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { GlslBackendOptions, GlslVersion, initSync, ShaderStage, WgslFrontend } from 'web-naga';
import type { Program } from '../../gpu/program.ts';
import { DEFAULT_LIMITS } from '../../gpu/testLimits.ts';

let ready = false;

/** What Naga has against a text, or null. Directives that it does not know are refused by its parser. */
export function nagaRefusal(code: string): string | null {
  if (!ready) {
    const wasm = createRequire(import.meta.url).resolve('web-naga/web_naga_bg.wasm');
    initSync({ module: readFileSync(wasm) });
    ready = true;
  }
  try {
    const options = GlslBackendOptions.new();
    options.stage = ShaderStage.Compute;
    options.version = GlslVersion.embedded(310);
    const glsl = WgslFrontend.new().parse(code).to_glsl('main', options);
    return glsl.includes('void main()') ? null : 'no entry point was written';
  } catch (thrown) {
    return String(thrown).replace(/\s+/g, ' ');
  }
}

/** Every limit of the standard's defaults that a program breaks, in words. */
export function brokenLimits({ bindingKinds, workgroup, threads, code }: Program): string[] {
  const buffers = bindingKinds.filter((kind) => kind !== 'uniform').length;
  const [x, y = 1, z = 1] = workgroup;
  const asked: Record<string, number> = {
    maxStorageBuffersPerShaderStage: buffers,
    maxComputeInvocationsPerWorkgroup: threads,
    maxComputeWorkgroupSizeX: x,
    maxComputeWorkgroupSizeY: y,
    maxComputeWorkgroupSizeZ: z,
    maxComputeWorkgroupStorageSize: workgroupBytes(code),
  };
  return Object.entries(asked)
    .filter(([limit, value]) => value > DEFAULT_LIMITS[limit]!)
    .map(([limit, value]) => `${limit} ${value} > ${DEFAULT_LIMITS[limit]}`);
}

interface Layout {
  readonly size: number;
  readonly align: number;
}

const roundUp = (value: number, to: number) => Math.ceil(value / to) * to;

/** Size and alignment of a WGSL type (section 13.4.1 of its standard): scalars, vectors, arrays, structures of these. */
function layoutOf(type: string, structs: ReadonlyMap<string, readonly string[]>): Layout {
  const text = type.trim();
  const array = /^array<(.+),\s*(\d+)u?\s*>$/.exec(text);
  if (array) {
    const { size, align } = layoutOf(array[1]!, structs);
    return { size: Number(array[2]) * roundUp(size, align), align };
  }
  const vector = /^vec([234])(?:<(?:f32|u32|i32)>|[fui])$/.exec(text);
  if (vector) return { size: 4 * Number(vector[1]), align: vector[1] === '2' ? 8 : 16 };
  if (/^(f32|u32|i32|atomic<[ui]32>)$/.test(text)) return { size: 4, align: 4 };
  const members = structs.get(text);
  if (!members) throw new Error(`no size is known for the type ${text}`);
  const layouts = members.map((member) => layoutOf(member, structs));
  const align = Math.max(...layouts.map((layout) => layout.align));
  const end = layouts.reduce((at, layout) => roundUp(at, layout.align) + layout.size, 0);
  return { size: roundUp(end, align), align };
}

/** Bytes of all workgroup variables, each rounded up to 16 as the standard counts them. */
export function workgroupBytes(code: string): number {
  const structs = new Map(
    [...code.matchAll(/struct (\w+) \{([^}]*)\}/g)].map(([, name, body]) => [
      name!,
      body!
        .split(/,(?![^<]*>)/)
        .filter((member) => member.includes(':'))
        .map((member) => member.slice(member.indexOf(':') + 1).trim()),
    ]),
  );
  const variables = [...code.matchAll(/var<workgroup>\s*\w+\s*:\s*([^;=]+);/g)];
  return variables.reduce((sum, [, type]) => sum + roundUp(layoutOf(type!, structs).size, 16), 0);
}
