// Reads a folder of recorded fixtures: index.json names them by kind, <kind>.json describes each, and safetensors
// hold the numbers. A file is opened when a fixture is first asked for a tensor, so that a damaged one fails alone.

import { readSafetensors, type StoredTensor } from '../../util/safetensors.ts';

export type Json = Readonly<Record<string, unknown>>;

export class Fixture {
  readonly name: string;
  readonly #json: Json;
  readonly #open: () => Map<string, StoredTensor>;
  #tensors: Map<string, StoredTensor> | null = null;

  constructor(name: string, json: Json, open: () => Map<string, StoredTensor>) {
    this.name = name;
    this.#json = json;
    this.#open = open;
  }

  get tensors(): ReadonlyMap<string, StoredTensor> {
    this.#tensors ??= this.#open();
    return this.#tensors;
  }

  /** The description, in the form that the reader of its kind expects. */
  describe<T extends object>(...needed: readonly (keyof T & string)[]): T {
    const missing = needed.filter((key) => this.#json[key] === undefined);
    if (missing.length > 0) throw new Error(`its description lacks ${missing.join(', ')}`);
    return this.#json as T;
  }

  stored(name: string): StoredTensor {
    const tensor = this.tensors.get(name);
    if (!tensor) throw new Error(`it has no tensor ${name}`);
    return tensor;
  }

  shape(name: string): readonly number[] {
    return this.stored(name).shape;
  }

  numbers(name: string): Float64Array {
    return Float64Array.from(this.stored(name).data, Number);
  }

  floats(name: string): Float32Array {
    return Float32Array.from(this.stored(name).data, Number);
  }

  bytes(name: string): Uint8Array {
    return Uint8Array.from(this.stored(name).data, Number);
  }
}

export interface Kind {
  readonly kind: string;
  readonly fixtures: readonly Fixture[];
  /** Fixtures of the index that its description does not hold. */
  readonly undescribed: readonly string[];
}

export type Files = ReadonlyMap<string, Uint8Array>;

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const records = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isRecord) : []);

function readJson(files: Files, name: string): Json {
  const bytes = files.get(name);
  if (!bytes) throw new Error(`${name} is missing`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new Error(`${name} is not JSON`);
  }
  if (!isRecord(value)) throw new Error(`${name} is not a record`);
  return value;
}

function fixtureOf(files: Files, json: Json): Fixture {
  const file = typeof json.file === 'string' ? json.file : null;
  return new Fixture(String(json.name), json, () => {
    if (file === null) return new Map();
    const bytes = files.get(file);
    if (!bytes) throw new Error(`${file} is missing`);
    return readSafetensors(bytes).tensors;
  });
}

export interface IndexEntry {
  readonly kind: string;
  /** Reads the description. @throws Error with what is wrong */
  open(): Kind;
}

/** The kinds that the index names. @throws Error with what is wrong */
export function readIndex(files: Files): IndexEntry[] {
  return records(readJson(files, 'index.json').kinds).map((entry) => {
    const kind = String(entry.kind);
    const open = (): Kind => {
      const described = records(
        readJson(files, typeof entry.json === 'string' ? entry.json : `${kind}.json`).fixtures,
      ).map((json) => fixtureOf(files, json));
      const names = new Set(described.map(({ name }) => name));
      const listed = records(entry.fixtures).map(({ name }) => String(name));
      return { kind, fixtures: described, undescribed: listed.filter((name) => !names.has(name)) };
    };
    return { kind, open };
  });
}
