// Weights that were saved in several files, as large models are: `model.safetensors.index.json` says in which file each tensor
// lies, and the files lie beside it. They are joined to one safetensors file, which everything that reads weights takes.

import { AppError } from './errors.ts';
import { readSafetensors, type StoredTensor, type WritableDtype, writeSafetensors } from './safetensors.ts';

export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const INDEX = /\.index\.json$/i;

/** Whether a file of this name says where the tensors of a model lie. */
export const isShardIndex = (name: string): boolean => INDEX.test(name);

const refuse = (detail: string): never => {
  throw new AppError('checkpoint-invalid', detail);
};

/** Which file holds each tensor. @throws AppError checkpoint-invalid */
export function shardMap(index: Uint8Array): ReadonlyMap<string, string> {
  let read: unknown;
  try {
    read = JSON.parse(new TextDecoder().decode(index));
  } catch {
    return refuse('its index is not JSON.');
  }
  const map = (read as { weight_map?: unknown } | null)?.weight_map;
  const entries = typeof map === 'object' && map !== null ? Object.entries(map) : [];
  const plain = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  if (plain.length === 0 || plain.length < entries.length || plain.some(([, file]) => /[\\/]/.test(file))) {
    return refuse('its index has no weight_map that names the file of each tensor.');
  }
  return new Map(plain);
}

/** A 16-bit float was widened as it was read, and is written as it is held. */
function whole({ dtype, ...rest }: StoredTensor): StoredTensor<WritableDtype> {
  return { ...rest, dtype: dtype === 'F16' || dtype === 'BF16' ? 'F32' : dtype };
}

/**
 * One file out of the files of a model: a single file as it is, or the parts, with the index that tells of them or without.
 * @throws AppError checkpoint-invalid naming the part that is missing, or a tensor that is missing or there twice
 */
export function joinShards(files: readonly NamedBytes[]): Uint8Array {
  const [only] = files;
  if (!only) return refuse('no file was given.');
  const index = files.find(({ name }) => isShardIndex(name));
  if (files.length === 1 && !index) return only.bytes;
  const where = index && shardMap(index.bytes);
  const parts = new Map(files.filter((file) => file !== index).map(({ name, bytes }) => [name, bytes]));
  const missing = [...new Set(where?.values() ?? [])].filter((file) => !parts.has(file));
  if (missing.length > 0) {
    const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
    return refuse(`its index names ${missing[0]}${more}: choose the index and all its files together.`);
  }
  const tensors = new Map<string, StoredTensor<WritableDtype>>();
  let metadata: Record<string, string> = {};
  for (const [file, bytes] of parts) {
    const read = readSafetensors(bytes);
    metadata = { ...read.metadata, ...metadata };
    for (const [name, tensor] of read.tensors) {
      if (where && where.get(name) !== file) continue;
      if (tensors.has(name)) refuse(`${name.slice(0, 80)} is in two of its files.`);
      tensors.set(name, whole(tensor));
    }
  }
  const lost = [...(where?.keys() ?? [])].find((name) => !tensors.has(name));
  if (lost) return refuse(`${lost.slice(0, 80)} is not in the file that its index names.`);
  return writeSafetensors(tensors, metadata);
}
