// Weights that a run may begin with instead of random ones: a ResNet-18 under torchvision's names, such as the one
// trained on ImageNet, from a safetensors file. It fills the encoder's convolutions and norms; bottlenecks and heads,
// which torchvision does not have, keep their random start. A checkpoint of ours is taken up again elsewhere.

import { TORCHVISION_CHILDREN } from '../export/torchvision.ts';
import { backbone, PREFIX } from '../methods/encoder/network.ts';
import { networkOf } from '../methods/engines.ts';
import { AppError } from '../util/errors.ts';
import { type Checkpoint, readState, requireTensors, requireWeights } from './checkpoint.ts';
import type { NamedTensors } from './stateDict.ts';

/** How a run whose weights were all drawn at random is spoken of. */
export const RANDOM_START = 'random';

export interface StartWeights {
  /** What they are, for reports; two files with the same bytes share it. */
  readonly label: string;
  /** By our names, in our layouts. */
  readonly parameters: NamedTensors;
  readonly buffers: NamedTensors;
}

/**
 * The weights of a checkpoint, for a model that is about to be restored to it, so that none is drawn only to be replaced. Its
 * statistics come with the rest. @throws AppError checkpoint-invalid
 */
export function startAt(checkpoint: Checkpoint): StartWeights {
  requireWeights(networkOf(checkpoint.config), checkpoint);
  return { label: checkpoint.start, parameters: checkpoint.parameters, buffers: new Map() };
}

/** The classifier has no place here, and batches counted elsewhere do not count. */
const UNUSED = /^fc\.|\.num_batches_tracked$/;

/** `layer2.0.conv1.weight` is `encoder.encoder.5.0.conv1.weight`; null for a name that torchvision does not use. */
export function fromTorchvisionName(name: string): string | null {
  const [first = '', ...rest] = name.split('.');
  const child = Object.hasOwn(TORCHVISION_CHILDREN, first) ? TORCHVISION_CHILDREN[first] : undefined;
  return child === undefined ? null : [PREFIX, 'encoder', child, ...rest].join('.');
}

/** @throws AppError checkpoint-invalid (no safetensors file), weights-invalid (no such network, or of another width) */
export async function readStartWeights(
  bytes: Uint8Array<ArrayBuffer>,
  shape: { readonly width: number },
): Promise<StartWeights> {
  const { optimiserState, ...tensors } = readState(bytes);
  const state = withoutFront(tensors);
  const stem = state.parameters.get(STEM);
  if (!stem || optimiserState.size > 0) {
    throw invalid('it is no ResNet-18 under torchvision names (conv1.weight, layer1.0.conv1.weight, …).');
  }
  const width = stem.shape.at(-1) ?? 0;
  if (width !== shape.width) {
    throw invalid(
      `it holds a ResNet of width ${width}, and the encoder width of this run is ${shape.width}.`,
    );
  }
  const [parameters, buffers] = [renamed(state.parameters), renamed(state.buffers)];
  const { storages, buffers: norms } = backbone(shape.width);
  const weights = storages.flatMap((storage) =>
    storage.parameters.map(({ name, shape }) => [name, shape] as const),
  );
  requireTensors(parameters, new Map(weights), 'weights-invalid');
  requireTensors(buffers, new Map(norms.map(({ name, shape: size }) => [name, size])), 'weights-invalid');
  return { label: `ResNet-18 weights from a file (SHA-256 ${await digest(bytes)})`, parameters, buffers };
}

/** Whatever stands in front of every name, as in `backbone.conv1.weight`, is what held the network. */
function withoutFront({ parameters, buffers }: Pick<StartWeights, 'parameters' | 'buffers'>) {
  const stems = [...parameters.keys()].filter((name) => name.endsWith(`.${STEM}`));
  const front = stems.sort((a, b) => a.length - b.length)[0]?.slice(0, -STEM.length) ?? '';
  const names = [...parameters.keys(), ...buffers.keys()];
  if (parameters.has(STEM) || !names.every((name) => name.startsWith(front))) return { parameters, buffers };
  const cut = (tensors: NamedTensors): NamedTensors =>
    new Map([...tensors].map(([name, tensor]) => [name.slice(front.length), tensor]));
  return { parameters: cut(parameters), buffers: cut(buffers) };
}

const STEM = 'conv1.weight';

const invalid = (detail: string) => new AppError('weights-invalid', detail);

function renamed(tensors: NamedTensors): NamedTensors {
  const kept = [...tensors].filter(([name]) => !UNUSED.test(name));
  return new Map(
    kept.map(([name, tensor]) => {
      const ours = fromTorchvisionName(name);
      if (!ours)
        throw invalid(`it holds ${name.slice(0, 80)}, which a ResNet-18 of torchvision does not have.`);
      return [ours, tensor];
    }),
  );
}

/** The first 16 hex digits. */
async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(hash, 0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
