// The ONNX model of a checkpoint against the playground, on real films: features by the playground's GPU kernels and by
// onnxruntime-web, whose input is each film at its full size. Exit status 1 where an error exceeds the limit.
//
//   npx tsx e2e/tools/onnxCheck.ts --checkpoint FILE --data DIR [--limit 20]
//
// DIR holds PNG films, which are read here without a browser. Films larger than the checkpoint's stored size are made smaller
// in either program, which rounds to grey levels; smaller ones (planeSize 256 takes films of 256 px) agree to rounding.

import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { toGrey } from '../../src/data/grayscale.ts';
import { decodePngFile } from '../../src/data/raster/raster.ts';
import { readSafetensors } from '../../src/util/safetensors.ts';

const LIMIT = 1e-5;
/** The maps of the levels, in the file of features as means over their places. */
const LEVELS = [1, 2, 3, 4, 5].map((level) => `level${level}`);

interface Output {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}
const ort = createRequire(import.meta.url)('onnxruntime-web');
ort.env.wasm.numThreads = 1;

const headless = (...args: string[]) =>
  execFileSync('npm', ['run', '--silent', 'headless', '--', ...args], { stdio: 'inherit' });

/** Below the folder, in the order of the file of features. */
async function filmsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.endsWith('.png')).sort();
}

/** [1, C, H, W] to [C]; [1, C] as it is. */
function pooled({ dims, data }: Output): Float32Array {
  const places = dims.slice(2).reduce((product, side) => product * side, 1);
  return Float32Array.from({ length: dims[1]! }, (_, c) => {
    let sum = 0;
    for (let i = 0; i < places; i++) sum += data[c * places + i]!;
    return sum / places;
  });
}

/** ||a - b|| / ||b|| */
function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} numbers against ${b.length}.`);
  let [difference, length] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    length += b[i]! ** 2;
  }
  return Math.sqrt(difference / length);
}

async function check(checkpoint: string, data: string, limit: number, folder: string): Promise<boolean> {
  const [features, model] = [path.join(folder, 'features.safetensors'), path.join(folder, 'encoder.onnx')];
  headless('features', '--checkpoint', checkpoint, '--data', data, '--limit', `${limit}`, '--out', features);
  headless('export', '--checkpoint', checkpoint, '--as', 'onnx', '--out', model);
  const { tensors } = readSafetensors(await readFile(features));
  const session = await ort.InferenceSession.create(new Uint8Array(await readFile(model)));
  const names = (await filmsIn(data)).slice(0, limit);
  const films = tensors.get('h')!.shape[0]!;
  if (films !== names.length) throw new Error(`the playground read ${films} films of ${names.length}.`);
  const worst = new Map<string, number>();
  for (const [film, name] of names.entries()) {
    const bytes = new Uint8Array(await readFile(path.join(data, name)));
    const { values, width, height, recipe } = await decodePngFile(bytes);
    const grey = recipe === null ? values : toGrey(values, recipe).plane;
    const given = new ort.Tensor('uint8', grey, [1, height, width]);
    const made: Record<string, Output> = await session.run({ films: given });
    for (const [ours, theirs] of [['h', 'features'], ...LEVELS.map((level) => [level, level])] as const) {
      const { shape, data: values } = tensors.get(ours!)!;
      const wanted = (values as Float32Array).subarray(film * shape[1]!, (film + 1) * shape[1]!);
      const error = apart(pooled(made[theirs!]!), wanted);
      worst.set(theirs!, Math.max(worst.get(theirs!) ?? 0, error));
    }
  }
  for (const [name, error] of worst) {
    console.log(
      `${name.padEnd(10)} worst of ${films} films ${error.toExponential(1)}  ${error <= LIMIT ? 'within' : 'OUTSIDE'}`,
    );
  }
  return [...worst.values()].every((error) => error <= LIMIT);
}

const { values } = parseArgs({
  options: {
    checkpoint: { type: 'string' },
    data: { type: 'string' },
    limit: { type: 'string', default: '20' },
  },
});
const { checkpoint, data, limit } = values;
if (!checkpoint || !data) throw new Error('--checkpoint FILE and --data DIR are needed.');
const folder = await mkdtemp(path.join(tmpdir(), 'mlvicx-onnx-'));
try {
  if (!(await check(checkpoint, path.resolve(data), Number(limit), folder))) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
