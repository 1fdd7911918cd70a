// LARS and AdamW over a small network against their formulas, written out here for one parameter at a time in double
// precision: gathered storages, one that holds two parameters, and one so large that it is updated where it is.
import { afterEach, expect, test } from 'vitest';
import { sizeOf, tf } from '../gpu/kernel.ts';
import { relativeError, values } from '../gpu/kernels/parts/case.ts';
import { testDevice } from '../gpu/testDevice.ts';
import { type NetworkSpec, Parameters } from '../nn/parameters.ts';
import { Optimiser, type OptimiserSettings } from './optimiser.ts';

/** More numbers than the optimiser gathers. */
const LARGE = [1025, 1024] as const;
const INIT = { kind: 'constant', value: 0 } as const;

const parameter = (name: string, shape: readonly number[], adapted: boolean) => ({
  name,
  shape,
  init: INIT,
  adapted,
});
const alone = (name: string, shape: readonly number[], adapted: boolean) => ({
  name,
  shape,
  parameters: [parameter(name, shape, adapted)],
});

const SPEC: NetworkSpec = {
  storages: [
    alone('weight', [3, 3, 4, 8], true),
    alone('bias', [7], false),
    {
      name: 'pair',
      shape: [5, 6],
      parameters: [parameter('pair.0', [2, 6], true), parameter('pair.1', [3, 6], true)],
    },
    alone('large', LARGE, true),
    alone('frozen', [4, 4], true),
  ],
  buffers: [],
};
const TRAINED = new Set(['weight', 'bias', 'pair', 'large']);
const RATES = [0.1, 0.05, 0.2];
const CLIP = 0.8;

interface State {
  weights: Float64Array;
  first: Float64Array;
  second: Float64Array;
}

const length = (x: Float64Array) => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
const cut = (g: number, clip: number) => (clip > 0 ? Math.max(-clip, Math.min(clip, g)) : g);

/** You et al., 2017, in the form of the VICReg code: decay and adaptation for tensors of two dimensions or more. */
function lars(
  state: State,
  gradient: Float64Array,
  adapted: boolean,
  rate: number,
  settings: OptimiserSettings,
) {
  const { weights, first } = state;
  const decayed = gradient.map((g, i) => (adapted ? g + settings.weightDecay * weights[i]! : g));
  const [w, u] = [length(weights), length(decayed)];
  const trust = adapted && w > 0 && u > 0 ? (settings.trustCoefficient * w) / u : 1;
  for (let i = 0; i < weights.length; i++) {
    first[i] = settings.momentum * first[i]! + trust * decayed[i]!;
    weights[i]! -= rate * first[i]!;
  }
}

/** Loshchilov and Hutter, 2019, algorithm 2, as torch.optim.AdamW: beta2 0.999, epsilon 1e-8. */
function adamw(
  state: State,
  gradient: Float64Array,
  adapted: boolean,
  rate: number,
  settings: OptimiserSettings,
  step: number,
) {
  const { weights, first, second } = state;
  const [beta1, beta2] = [settings.momentum, 0.999];
  for (let i = 0; i < weights.length; i++) {
    if (adapted) weights[i]! *= 1 - rate * settings.weightDecay;
    first[i] = beta1 * first[i]! + (1 - beta1) * gradient[i]!;
    second[i] = beta2 * second[i]! + (1 - beta2) * gradient[i]! ** 2;
    const corrected = first[i]! / (1 - beta1 ** step);
    weights[i]! -= (rate * corrected) / (Math.sqrt(second[i]! / (1 - beta2 ** step)) + 1e-8);
  }
}

const seedOf = (name: string) => [...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 9973;

const known = new Map<string, Float32Array>();

/** Drawn once: a million numbers take a while. */
function gradientOf(storage: string, shape: readonly number[], step: number): Float32Array {
  const key = `${storage} ${step}`;
  const drawn = known.get(key) ?? values(shape, seedOf(storage) + 100 * step, 0.6);
  known.set(key, drawn);
  return drawn.slice();
}

/** What `updates` of the formulas make of every parameter and its state. */
function expected(settings: OptimiserSettings, clip: number, updates: number): Map<string, State> {
  const states = new Map<string, State>();
  for (const { name: storage, shape, parameters } of SPEC.storages) {
    let at = 0;
    for (const { name, shape: own, adapted } of parameters) {
      const size = sizeOf(own);
      const state = {
        weights: Float64Array.from(values(own, seedOf(name), 0.5)),
        first: new Float64Array(size),
        second: new Float64Array(size),
      };
      for (let step = 1; TRAINED.has(storage) && step <= updates; step++) {
        const whole = gradientOf(storage, shape, step).subarray(at, at + size);
        const gradient = Float64Array.from(whole, (g) => cut(g, clip));
        const rate = RATES[step - 1]!;
        if (settings.kind === 'lars') lars(state, gradient, adapted, rate, settings);
        else adamw(state, gradient, adapted, rate, settings, step);
      }
      states.set(name, state);
      at += size;
    }
  }
  return states;
}

async function made(settings: OptimiserSettings) {
  const { runtime } = await testDevice();
  const parameters = new Parameters(SPEC, ({ name, shape }) => values(shape, seedOf(name), 0.5));
  const optimiser = new Optimiser(settings, SPEC, TRAINED, parameters, runtime);
  const update = (step: number, clip: number) => {
    optimiser.begin(RATES[step - 1]!, clip);
    for (const { name, shape } of SPEC.storages.filter((storage) => TRAINED.has(storage.name))) {
      optimiser.take(name, tf.tensor(gradientOf(name, shape, step), [...shape]));
    }
    optimiser.finish();
  };
  const read = async () => ({
    weights: await parameters.read(),
    slots: await optimiser.read((tensor) => runtime.read(tensor, tensor.size * 4)),
  });
  const dispose = () => {
    optimiser.dispose();
    parameters.dispose();
    runtime.trim();
  };
  return { optimiser, update, read, dispose };
}

const SETTINGS: readonly OptimiserSettings[] = [
  { kind: 'lars', weightDecay: 0.01, momentum: 0.9, trustCoefficient: 0.02 },
  { kind: 'adamw', weightDecay: 0.05, momentum: 0.9, trustCoefficient: 0 },
];

afterEach(async () => {
  expect((await testDevice()).takeFaults()).toEqual([]);
});

test.each(SETTINGS.flatMap((settings) => [0, CLIP].map((clip) => [settings.kind, clip, settings] as const)))(
  'three updates by %s, gradients cut to %f, are those of the formulas',
  async (_, clip, settings) => {
    const before = tf.memory().numTensors;
    const { update, read, dispose } = await made(settings);
    for (const step of [1, 2, 3]) update(step, clip);
    const { weights, slots } = await read();
    for (const [name, state] of expected(settings, clip, 3)) {
      expect(relativeError(weights.get(name)!.data, state.weights), name).toBeLessThan(5e-6);
      if (name === 'frozen') continue;
      const [first, second] = settings.kind === 'lars' ? ['momentum'] : ['moment1', 'moment2'];
      expect(relativeError(slots.get(first!)!.get(name)!.data, state.first), name).toBeLessThan(5e-6);
      // One less beta2 in single precision is off by 1.3e-5.
      if (second) expect(relativeError(slots.get(second)!.get(name)!.data, state.second)).toBeLessThan(2e-5);
    }
    dispose();
    expect(tf.memory().numTensors).toBe(before);
  },
);

test.each(SETTINGS)('the state of $kind comes back to the last bit', async (settings) => {
  const whole = await made(settings);
  for (const step of [1, 2]) whole.update(step, 0);
  const middle = await whole.read();
  whole.update(3, 0);
  const wanted = await whole.read();
  whole.optimiser.write(middle.slots, 2);
  const found = await whole.read();
  for (const [slot, parameters] of middle.slots) {
    for (const [name, { data }] of parameters) {
      const bytes = ({ slots }: typeof wanted) =>
        Buffer.from(slots.get(slot)!.get(name)!.data.slice().buffer);
      expect(bytes(found).equals(Buffer.from(data.slice().buffer)), name).toBe(true);
      expect(bytes(wanted).equals(bytes(found)), name).toBe(false);
    }
  }
  whole.dispose();
});

test('a gradient that is missing, comes twice or belongs to nobody is refused', async () => {
  const { optimiser, dispose } = await made(SETTINGS[0]!);
  optimiser.begin(0.1, 0);
  const bias = tf.zeros([7]);
  const frozen = tf.zeros([4, 4]);
  optimiser.take('bias', bias);
  expect(() => optimiser.take('bias', bias)).toThrow(/no gradient is wanted for bias/);
  expect(() => optimiser.take('frozen', frozen)).toThrow(/frozen/);
  expect(() => optimiser.finish()).toThrow(/no gradient for/);
  frozen.dispose();
  dispose();
});
