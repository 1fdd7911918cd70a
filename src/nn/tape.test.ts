// The tape on the plain backend: gradients that meet are summed, what is released is recomputed as often as it must be
// and no oftener, boundaries and halves, who owns a gradient, and that nothing is left.
import { beforeAll, describe, expect, test } from 'vitest';
import { sizeOf, type Tensor, tf } from '../gpu/kernel.ts';
import { given, relativeError, values } from '../gpu/kernels/parts/case.ts';
import { stage } from './blocks.ts';
import type { Pass } from './layers.ts';
import { type NetworkSpec, Parameters, type StorageSpec } from './parameters.ts';
import { Tape, type TapeOptions } from './tape.ts';

/** More than the tape thinks worth freeing. */
const LARGE = 70_000;

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const large = (seed: number): Tensor => tf.tensor1d(values([LARGE], seed));
const first = async (tensor: Tensor): Promise<number> => (await tensor.data())[0]!;

/** y = factor x as a layer; `made` counts how often y was computed. */
function scaled(
  tape: Tape,
  x: Tensor,
  factor: number,
  options: { expensive?: 'keep' | 'discard'; needsInput?: boolean } = {},
) {
  const counts = { made: 0, back: 0 };
  const make = (input: Tensor) => {
    counts.made++;
    return tf.mul(input, factor) as Tensor;
  };
  const y = make(x);
  tape.record({
    outputs: [y],
    saved: [],
    recompute: () => tape.borrow(x, make),
    ...(options.expensive && { expensive: options.expensive }),
    backward(dy) {
      counts.back++;
      if (options.needsInput) tape.value(x);
      tape.accumulate(x, tf.mul(dy, factor));
    },
  });
  return { y, counts };
}

test('gradients of two consumers of one tensor are summed, whole before the tensor that made it', async () => {
  const before = tf.memory().numTensors;
  const tape = new Tape();
  const input = large(1);
  const { y: x, counts } = scaled(tape, input, 1);
  const [a, b] = [scaled(tape, x, 2), scaled(tape, x, 3)];
  const seen: number[] = [];
  tape.watch(x, (gradient) => seen.push(gradient.dataSync()[0]!));
  tape.accumulate(a.y, tf.ones([LARGE]));
  tape.accumulate(b.y, tf.fill([LARGE], 10));
  expect(tape.backward().size).toBe(0);
  expect(seen).toEqual([2 + 30]);
  expect(counts.back).toBe(1);
  input.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('a layer that no gradient reaches is not differentiated, and is freed', () => {
  const before = tf.memory().numTensors;
  const tape = new Tape();
  const input = large(1);
  const { counts } = scaled(tape, input, 2);
  tape.backward();
  expect(counts.back).toBe(0);
  input.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

describe('what was released', () => {
  test('is freed, recomputed once for its layer, and again for whoever borrows it before', async () => {
    const before = tf.memory().numTensors;
    const tape = new Tape();
    const input = large(2);
    const x = scaled(tape, input, 2);
    const y = scaled(tape, x.y, 3, { needsInput: true });
    tape.release(x.y);
    expect(x.y.isDisposed).toBe(true);
    const lent: boolean[] = [];
    const head = await tape.borrow(x.y, (value, owned) => {
      lent.push(owned);
      return first(value);
    });
    expect(head).toBeCloseTo(2 * (await first(input)), 5);
    expect(lent).toEqual([true]);
    expect(x.counts.made).toBe(2);
    tape.accumulate(y.y, tf.ones([LARGE]));
    tape.backward();
    expect(x.counts.made).toBe(3);
    input.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each([
    ['keep', 2],
    ['discard', 3],
  ] as const)('an expensive result, told to %s, is made %i times in all', async (expensive, times) => {
    const before = tf.memory().numTensors;
    const tape = new Tape({ recompute: true });
    const input = large(3);
    const x = scaled(tape, input, 2, { expensive });
    tape.release(x.y);
    tape.borrow(x.y, (_, owned) => expect(owned).toBe(expensive === 'discard'));
    tape.borrow(x.y, () => undefined);
    expect(x.counts.made).toBe(times);
    tape.accumulate(x.y, tf.ones([LARGE]));
    tape.backward();
    input.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('stays where it is a boundary, is small, is expensive without checkpointing, or nobody can recompute it', () => {
    const input = large(4);
    const small = tf.ones([8]);
    const [plain, checkpointing] = [new Tape(), new Tape({ recompute: true })];
    const expensive = scaled(plain, input, 2, { expensive: 'keep' });
    const boundary = scaled(checkpointing, input, 2);
    const little = scaled(plain, small, 2);
    plain.release(expensive.y);
    plain.release(little.y);
    plain.release(input);
    checkpointing.release(boundary.y, true);
    for (const tensor of [expensive.y, little.y, input, boundary.y]) expect(tensor.isDisposed).toBe(false);
    plain.backward();
    checkpointing.backward();
    tf.dispose([input, small]);
  });

  test('is kept as halves where it stays, and comes back within their rounding', async () => {
    const before = tf.memory().numTensors;
    const tape = new Tape({ half: true });
    const input = large(5);
    const x = scaled(tape, input, 2, { expensive: 'keep' });
    const wanted = Float32Array.from(await x.y.data());
    const bytes = tf.memory().numBytes;
    tape.release(x.y);
    expect(bytes - tf.memory().numBytes).toBe(2 * LARGE);
    const found = Float32Array.from(await tape.value(x.y).data());
    expect(x.counts.made).toBe(1);
    expect(relativeError(found, wanted)).toBeLessThan(2 ** -11);
    expect(relativeError(found, wanted)).toBeGreaterThan(0);
    tape.accumulate(x.y, tf.ones([LARGE]));
    tape.backward();
    input.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('a tape that goes forward only frees what is saved and released, and gives the same numbers', async () => {
  const before = tf.memory().numTensors;
  const parameters = network();
  const shape = [4, 66, 66, 8];
  const x = tf.tensor(given(shape, 77).data, shape);
  const run = (tape: Tape | null) =>
    tf.tidy(() => {
      const y = stage({ parameters, tape, norm: 'batch', groups: 2 }, 's', x, 2);
      return { y, alive: tf.memory().numTensors };
    });
  const [plain, sparing] = [run(null), run(new Tape({ forwardOnly: true }))];
  // What is between is freed on the way.
  expect(plain.alive - sparing.alive).toBeGreaterThan(6);
  expect(await sparing.y.data()).toEqual(await plain.y.data());
  tf.dispose([x, plain.y, sparing.y]);
  parameters.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('gradients are the tape’s own until somebody watches one', () => {
  const tape = new Tape();
  const x = large(6);
  expect(tape.ownsGradients).toBe(true);
  tape.watch(x, () => undefined);
  expect(tape.ownsGradients).toBe(false);
  x.dispose();
});

test('a parameter’s gradient comes once, only where it is wanted, and is handed over layer by layer', () => {
  const handed: string[] = [];
  const tape = new Tape({
    wanted: new Set(['a', 'b']),
    onParameter: (name, gradient) => {
      handed.push(name);
      gradient.dispose();
    },
  });
  for (const name of ['a', 'frozen', 'b']) {
    const y = tf.ones([4]);
    tape.record({
      outputs: [y],
      saved: [],
      backward: () => tape.parameterGradient(name, tf.ones([4])),
    });
    tape.accumulate(y, tf.ones([4]));
  }
  expect(tape.wants('frozen')).toBe(false);
  expect(tape.backward().size).toBe(0);
  expect(handed).toEqual(['b', 'a']);
  const twice = new Tape();
  twice.parameterGradient('a', tf.ones([1]));
  expect(() => twice.parameterGradient('a', tf.ones([1]))).toThrow(/a received two gradients/);
  tf.dispose([...twice.backward().values()]);
});

/** A stage of a residual network at 32 px, 8 to 16 channels: its maps are large enough to be released. */
function network(): Parameters {
  const storages: StorageSpec[] = [];
  const buffers: NetworkSpec['buffers'][number][] = [];
  const add = (name: string, shape: readonly number[], scale: number, offset = 0) => {
    const init = { kind: 'constant', value: 0 } as const;
    storages.push({ name, shape, parameters: [{ name, shape, init, adapted: true }] });
    return [name, values(shape, storages.length, scale, offset)] as const;
  };
  const drawn = new Map<string, Float32Array>();
  const conv = (name: string, kernel: number, inputs: number, outputs: number) =>
    drawn.set(...add(`${name}.weight`, [kernel, kernel, inputs, outputs], 0.2));
  const norm = (name: string, channels: number) => {
    drawn.set(...add(`${name}.weight`, [channels], 0.2, 1));
    drawn.set(...add(`${name}.bias`, [channels], 0.2));
    buffers.push(
      { name: `${name}.running_mean`, shape: [channels], init: { kind: 'constant', value: 0 } },
      { name: `${name}.running_var`, shape: [channels], init: { kind: 'constant', value: 1 } },
    );
  };
  for (const [block, inputs] of [8, 16].entries()) {
    conv(`s.${block}.conv1`, 3, inputs, 16);
    norm(`s.${block}.bn1`, 16);
    conv(`s.${block}.conv2`, 3, 16, 16);
    norm(`s.${block}.bn2`, 16);
  }
  conv('s.0.downsample.0', 1, 8, 16);
  norm('s.0.downsample.1', 16);
  return new Parameters({ storages, buffers }, ({ name }) => drawn.get(name)!);
}

async function gradientsOf(options: TapeOptions): Promise<Map<string, Float32Array>> {
  const before = tf.memory().numTensors;
  const parameters = network();
  const tape = new Tape(options);
  const pass: Pass = { parameters, tape, norm: 'batch', groups: 2 };
  const shape = [4, 66, 66, 8];
  const x = tf.tensor(given(shape, 77).data, shape);
  const y = stage(pass, 's', x, 2);
  tape.accumulate(y, tf.tensor(values(y.shape, 78), y.shape));
  const found = new Map<string, Float32Array>();
  for (const [name, gradient] of tape.backward()) {
    found.set(name, Float32Array.from(await gradient.data()));
    gradient.dispose();
  }
  x.dispose();
  parameters.dispose();
  expect(sizeOf(y.shape) * 4).toBeGreaterThan(256 * 1024);
  expect(tf.memory().numTensors).toBe(before);
  return found;
}

test('a stage of a network has the same gradients however its maps are kept', async () => {
  const wanted = await gradientsOf({});
  expect(wanted.size).toBe(15);
  const worst = async (options: TapeOptions) => {
    const found = await gradientsOf(options);
    return Math.max(...[...wanted].map(([name, data]) => relativeError(found.get(name)!, data)));
  };
  expect(await worst({ recompute: true })).toBeLessThan(1e-5);
  const half = await worst({ half: true });
  expect(half).toBeGreaterThan(0);
  expect(half).toBeLessThan(0.05);
});
