// The encoder of a run as a plain ResNet-18 under torchvision's names, which torchvision, timm and everything that builds on them
// load. Only where it is one: context bottlenecks have no place there, and what followed them was trained with them.

import { METHODS } from '../methods/records.ts';
import { AppError } from '../util/errors.ts';
import {
  readSafetensors,
  type StoredTensor,
  type WritableDtype,
  writeSafetensors,
} from '../util/safetensors.ts';

const PREFIX = 'encoder.encoder.';
/** Child of the published encoder, which holds ResNet-18 as a plain sequence, for torchvision's first word. */
export const TORCHVISION_CHILDREN: Readonly<Record<string, string>> = {
  conv1: '0',
  bn1: '1',
  layer1: '4',
  layer2: '5',
  layer3: '6',
  layer4: '7',
};
const WORDS = new Map(Object.entries(TORCHVISION_CHILDREN).map(([word, child]) => [child, word]));

/** `encoder.encoder.5.0.conv1.weight` is `layer2.0.conv1.weight`; null for what is not of the ResNet. */
export function toTorchvisionName(name: string): string | null {
  if (!name.startsWith(PREFIX)) return null;
  const [child = '', ...rest] = name.slice(PREFIX.length).split('.');
  const word = WORDS.get(child);
  return word ? [word, ...rest].join('.') : null;
}

/** Why the encoder of a run with these settings has no plain form, or null where it has one. */
export function whyNotPlain(config: { readonly method: keyof typeof METHODS }): string | null {
  return METHODS[config.method].bottlenecks(config as never)
    ? 'its encoder has context bottlenecks, which a plain ResNet-18 lacks; take the checkpoint or the ONNX model.'
    : null;
}

/**
 * @param checkpoint as this program writes it. @param metadata texts beside `format: pt`
 * @throws AppError export-unavailable where the encoder has context bottlenecks, checkpoint-invalid
 */
export function torchvisionFile(
  checkpoint: Uint8Array,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const { tensors } = readSafetensors(checkpoint);
  if (tensors.has('encoder.cbt1.cam.fc.0.weight')) {
    throw new AppError('export-unavailable', whyNotPlain({ method: 'mlvicx' })!);
  }
  const renamed = new Map<string, StoredTensor<WritableDtype>>();
  for (const [name, tensor] of tensors) {
    const theirs = toTorchvisionName(name);
    if (theirs) renamed.set(theirs, tensor as StoredTensor<WritableDtype>);
  }
  const stem = renamed.get('conv1.weight');
  if (!stem) throw new AppError('checkpoint-invalid', 'it lacks encoder.encoder.0.weight.');
  const shape = { architecture: 'resnet18', width: String(stem.shape[0]) };
  return writeSafetensors(renamed, { format: 'pt', ...shape, ...metadata });
}
