// A run as one safetensors file: weights and batch-norm state under PyTorch's names and in its layouts, so that PyTorch
// can load them as they are; optimiser state under `optimiser.`; configuration and step in the metadata.
// Reading takes our own files and bare state dicts of the published code, with the words that training scripts put in front
// of names taken off, and refuses anything incomplete. Into a model go all weights or none.

import { type Config, defaultConfig, inForce, parseConfig } from '../config/schema.ts';
import { sizeOf } from '../gpu/kernel.ts';
import type { Runtime } from '../gpu/runtime.ts';
import { ENGINES, networkOf } from '../methods/engines.ts';
import type { Model } from '../methods/model.ts';
import { METHOD_NAMES, METHODS } from '../methods/records.ts';
import type { NetworkSpec } from '../nn/parameters.ts';
import { AppError, type ErrorCode } from '../util/errors.ts';
import {
  readSafetensors,
  type StoredTensor,
  safetensorsParts,
  type WritableDtype,
  writeSafetensors,
} from '../util/safetensors.ts';
import {
  fromTorchLayout,
  isBufferName,
  type NamedTensor,
  type NamedTensors,
  toTorchLayout,
} from './stateDict.ts';

/** What loaders of the PyTorch world expect under `format`; files of earlier versions have our own name there. */
const FORMAT = 'pt';
const PROGRAM = 'mlvicx-playground';

const isOurs = ({ format, program }: Readonly<Record<string, string>>) =>
  program === PROGRAM || format === PROGRAM;
const VERSION = '1';
const OPTIMISER = 'optimiser.';
const BATCH_COUNT = /\.num_batches_tracked$/;

export interface Checkpoint {
  readonly parameters: NamedTensors;
  /** Running statistics, and `num_batches_tracked` as one number of shape []. */
  readonly buffers: NamedTensors;
  /** Per slot of the optimiser (one word, e.g. `momentum`), a tensor for each parameter. */
  readonly optimiserState: ReadonlyMap<string, NamedTensors>;
  /** Holds the seed too. */
  readonly config: Config;
  /** Optimiser steps taken. */
  readonly step: number;
  /** Of the data set that was trained on; empty when unknown. */
  readonly fingerprint: string;
  /** What the weights were before the first step, in words: `random`, or the file they came from. */
  readonly start: string;
}

/** Whose order the numbers of a file are in: PyTorch's, for taking along, or ours, which costs nothing to write. */
type Layout = 'torch' | 'own';

function tensorsOf(checkpoint: Checkpoint, layout: Layout): Map<string, StoredTensor<WritableDtype>> {
  const tensors = new Map<string, StoredTensor<WritableDtype>>();
  const add = (prefix: string, group: NamedTensors) => {
    for (const [name, tensor] of group) {
      if (BATCH_COUNT.test(name)) {
        const count = BigInt64Array.of(BigInt(Math.round(tensor.data[0] ?? 0)));
        tensors.set(prefix + name, { dtype: 'I64', shape: [], data: count });
      } else {
        const stored = layout === 'own' ? tensor : toTorchLayout(name, tensor);
        tensors.set(prefix + name, { dtype: 'F32', ...stored });
      }
    }
  };
  add('', checkpoint.parameters);
  add('', checkpoint.buffers);
  for (const [slot, group] of checkpoint.optimiserState) add(`${OPTIMISER}${slot}.`, group);
  return tensors;
}

const metadataOf = ({ config, step, fingerprint, start }: Checkpoint): Record<string, string> => ({
  format: FORMAT,
  program: PROGRAM,
  version: VERSION,
  config: JSON.stringify(inForce(config)),
  step: String(step),
  fingerprint,
  start,
});

export const writeCheckpoint = (checkpoint: Checkpoint): Uint8Array<ArrayBuffer> =>
  writeSafetensors(tensorsOf(checkpoint, 'torch'), metadataOf(checkpoint));

/** The parts of a file that goes into the browser's storage while a run goes on; readCheckpoint takes it too. */
export const checkpointParts = (checkpoint: Checkpoint): Uint8Array[] =>
  safetensorsParts(tensorsOf(checkpoint, 'own'), { ...metadataOf(checkpoint), layout: 'own' });

/** The first tensor with a value that is not finite: such a state is no place to come back to. */
export function firstNotFinite({ parameters, buffers, optimiserState }: Checkpoint): string | null {
  const groups = [parameters, buffers, ...optimiserState.values()];
  for (const group of groups) {
    for (const [name, { data }] of group) {
      // A sum is not finite if an addend is not; where finite ones overflow in float64, weights are past use as well.
      let sum = 0;
      for (let i = 0; i < data.length; i++) sum += data[i]!;
      if (!Number.isFinite(sum)) return name;
    }
  }
  return null;
}

/**
 * `base` is what a bare state dict cannot say of itself (image size, batch size, …); a checkpoint of ours says all.
 * @throws AppError checkpoint-invalid
 */
export function readCheckpoint(bytes: Uint8Array, base?: Config): Checkpoint {
  const { metadata, ...state } = readState(bytes);
  const run = isOurs(metadata) ? readRun(metadata) : foreignRun(state, base);
  return { ...state, ...run };
}

/** The tensors of a checkpoint or of a bare state dict in our layouts, and the metadata as they stand. */
export function readState(
  bytes: Uint8Array,
): Pick<Checkpoint, 'parameters' | 'buffers' | 'optimiserState'> & { metadata: Record<string, string> } {
  const { tensors, metadata } = readSafetensors(bytes);
  const parameters = new Map<string, NamedTensor>();
  const buffers = new Map<string, NamedTensor>();
  const optimiserState = new Map<string, Map<string, NamedTensor>>();
  const layout = isOurs(metadata) && metadata.layout === 'own' ? 'own' : 'torch';
  const names = withoutWrappers([...tensors.keys()]);
  for (const [i, stored] of [...tensors.values()].entries()) {
    const name = names[i]!;
    if (!name.startsWith(OPTIMISER)) {
      (isBufferName(name) ? buffers : parameters).set(name, toOurs(name, stored, layout));
      continue;
    }
    const [, slot, parameter] = /^optimiser\.([^.]+)\.(.+)$/.exec(name) ?? [];
    if (!slot || !parameter) throw invalid(`it holds the unknown optimiser state ${name.slice(0, 80)}.`);
    const group = optimiserState.get(slot) ?? new Map<string, NamedTensor>();
    optimiserState.set(slot, group.set(parameter, toOurs(parameter, stored, layout)));
  }
  return { parameters, buffers, optimiserState, metadata };
}

/**
 * Makes sure that a checkpoint holds exactly the tensors a model wants: going on without the requested weights would
 * evaluate a random encoder unawares. @throws AppError with the code given, naming what is missing, wrong or too much
 */
export function requireTensors(
  found: NamedTensors,
  wanted: ReadonlyMap<string, readonly number[]>,
  code: ErrorCode = 'checkpoint-invalid',
): void {
  const refuse = (detail: string): never => {
    throw new AppError(code, detail);
  };
  const missing = [...wanted.keys()].filter((name) => !found.has(name));
  const extra = [...found.keys()].filter((name) => !wanted.has(name));
  const list = (names: readonly string[]) =>
    names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '');
  if (missing.length > 0) refuse(`it lacks ${list(missing)}.`);
  if (extra.length > 0) refuse(`it holds ${list(extra)}, which this model does not have.`);
  for (const [name, shape] of wanted) {
    const has = found.get(name)!.shape;
    if (has.length !== shape.length || has.some((size, d) => size !== shape[d])) {
      refuse(`${name} has the shape [${has.join(', ')}], the model wants [${shape.join(', ')}].`);
    }
  }
}

const invalid = (detail: string, cause?: unknown) => new AppError('checkpoint-invalid', detail, { cause });

function toOurs(name: string, { shape, data }: StoredTensor, layout: Layout): NamedTensor {
  const values = data instanceof Float32Array ? data : Float32Array.from(data, Number);
  if (!values.every(Number.isFinite))
    throw invalid(`tensor ${name.slice(0, 80)} holds values that are not finite.`);
  const tensor = { shape, data: values };
  return layout === 'own' ? tensor : fromTorchLayout(name, tensor);
}

type Run = Pick<Checkpoint, 'config' | 'step' | 'fingerprint' | 'start'>;

function readRun(metadata: Readonly<Record<string, string>>): Run {
  if (metadata.version !== VERSION) throw invalid('it was written by another version of this program.');
  const step = Number(metadata.step);
  if (!metadata.step || !Number.isSafeInteger(step) || step < 0) throw invalid('its step is not a number.');
  try {
    const raw: unknown = JSON.parse(metadata.config ?? '');
    const config = parseConfig(raw as Record<string, unknown>);
    return { config, step, fingerprint: metadata.fingerprint ?? '', start: metadata.start ?? 'random' };
  } catch (cause) {
    throw invalid(cause instanceof AppError ? cause.message : 'its configuration is not JSON.', cause);
  }
}

/**
 * The settings of a model, read off the shapes of its tensors: of the first method whose model it is, the one of `base`
 * before others, because some methods share their network. @throws AppError checkpoint-invalid
 */
export function settingsOf(
  { parameters, buffers }: Pick<Checkpoint, 'parameters' | 'buffers'>,
  base?: Config,
): Partial<Config> {
  const shapes = (name: string) => (parameters.get(name) ?? buffers.get(name))?.shape;
  const refusals: string[] = [];
  const fitting: Partial<Config>[] = [];
  for (const method of new Set([base?.method ?? METHOD_NAMES[0]!, ...METHOD_NAMES])) {
    const found = ENGINES[method].settingsIn(shapes);
    if ('missing' in found) refusals.push(`${METHODS[method].label}: ${found.missing} is missing`);
    else fitting.push({ method, ...found });
  }
  const isWhole = (found: Partial<Config>) => {
    const { storages } = networkOf({ ...defaultConfig(), ...found });
    const names = storages.flatMap((storage) => storage.parameters.map(({ name }) => name));
    return names.length === parameters.size && names.every((name) => parameters.has(name));
  };
  // What is nearly a model is refused afterwards, with what it lacks.
  const found = fitting.find(isWhole) ?? fitting[0];
  if (found) return found;
  throw invalid(`it is no model of a method known here (${refusals.join('; ')}).`);
}

/** A state dict without our metadata: the widths are read off its shapes, all else is taken from `base`. */
function foreignRun(state: Pick<Checkpoint, 'parameters' | 'buffers'>, base?: Config): Run {
  const read = settingsOf(state, base);
  try {
    return { config: parseConfig(read, base), step: 0, fingerprint: '', start: 'a state dict from a file' };
  } catch (cause) {
    throw invalid(cause instanceof AppError ? cause.message : 'its shapes are not usable.', cause);
  }
}

/** What torch.compile and the parallel wrappers put in front, or in between for a part that they wrap. */
const ANYWHERE = new Set(['_orig_mod', 'module', '_fsdp_wrapped_module', '_checkpoint_wrapped_module']);
/** What scripts call the model or the record that holds it, in front of every name. */
const IN_FRONT = new Set([
  ...[
    'model',
    'state_dict',
    'model_state_dict',
    'net',
    'network',
    'ema',
    'ema_model',
    'model_ema',
    'student',
  ],
  ...['params', 'weights', '_model', 'self', 'learner', 'pl_module', 'lightning_module'],
]);

/** Each name without its wrappers, in order; the names as they are where two would become one. */
export function withoutWrappers(names: readonly string[]): string[] {
  let parts = names.map((name) => {
    const kept = name.split('.').filter((word) => !ANYWHERE.has(word));
    return kept.length > 0 ? kept : [name];
  });
  for (;;) {
    const word = parts[0]?.[0];
    const isWrapper = word !== undefined && IN_FRONT.has(word);
    if (!isWrapper || parts.some((name) => name.length < 2 || name[0] !== word)) break;
    parts = parts.map((name) => name.slice(1));
  }
  const plain = parts.map((name) => name.join('.'));
  return new Set(plain).size === names.length ? plain : [...names];
}

type Weights = Pick<Checkpoint, 'parameters' | 'buffers'>;

/** @throws AppError checkpoint-invalid naming what is missing, wrong or too much for this network */
export function requireWeights(network: NetworkSpec, { parameters, buffers }: Weights): void {
  const wanted = network.storages.flatMap((storage) =>
    storage.parameters.map(({ name, shape }) => [name, shape] as const),
  );
  requireTensors(parameters, new Map(wanted));
  const missing = network.buffers.find(({ name, shape }) => buffers.get(name)?.data.length !== sizeOf(shape));
  if (missing) throw new AppError('checkpoint-invalid', `it lacks ${missing.name}.`);
}

/** @throws AppError checkpoint-invalid */
export function loadWeights(model: Model, weights: Weights, runtime: Runtime): void {
  requireWeights(model.parameters.spec, weights);
  const values = new Map([...weights.parameters, ...weights.buffers]);
  model.parameters.write(values, (tensor, data) => runtime.write(tensor, data));
}
