// The record of a run in two files that are written in turn, each carrying its number and checksum: a write that was
// torn leaves the one before. What is read is checked as if a stranger had written it. Checksums are by the browser's own SHA-256,
// which needs a block at a time: the digest of a file is the digest of its blocks' digests; for torn and rotten files, not for
// secrecy.

import { RUN_RECORD, type RunRecord } from '../protocol/vault.ts';
import { read } from '../util/schema.ts';
import type { Folder } from './folder.ts';

const SLOTS = ['record-0', 'record-1'] as const;
/** A record is small; what claims to be larger is none. */
const MAX_BYTES = 16 << 20;

interface Numbered {
  readonly generation: number;
  readonly record: RunRecord;
}

/** The record of this run; null where it is of another, or a part that the program relies on is not of its kind. */
export function checkedRecord(value: unknown, id: string): RunRecord | null {
  try {
    const record = read(RUN_RECORD, value, 'the record');
    return record.id === id ? record : null;
  } catch {
    return null;
  }
}

export const isCheckpointName = (name: unknown): name is string =>
  typeof name === 'string' && /^step-\d+-\d+\.safetensors$/.test(name);

async function readSlot(folder: Folder, slot: string, id: string): Promise<Numbered | null> {
  const bytes = await folder.read(slot);
  if (!bytes || bytes.length > MAX_BYTES) return null;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const end = text.indexOf('\n');
    const [generation, checksum] = text.slice(0, end).split(' ');
    const body = text.slice(end + 1);
    if (checksum !== (await checksumOf(new TextEncoder().encode(body)))) return null;
    const record = checkedRecord(JSON.parse(body), id);
    return record && { generation: Number(generation), record };
  } catch {
    return null;
  }
}

export class RecordFile {
  readonly #folder: Folder;
  #generation: number;

  private constructor(folder: Folder, generation: number) {
    this.#folder = folder;
    this.#generation = generation;
  }

  /** The newest whole record, or null where there is none. */
  static async open(folder: Folder, id: string): Promise<{ file: RecordFile; record: RunRecord | null }> {
    const read = await Promise.all(SLOTS.map((slot) => readSlot(folder, slot, id)));
    const newest = read
      .filter((found) => found !== null)
      .reduce<Numbered | null>((best, one) => (best && best.generation > one.generation ? best : one), null);
    return {
      file: new RecordFile(folder, newest?.generation ?? 0),
      record: newest?.record ?? null,
    };
  }

  /** Overwrites the older of the two. */
  async write(record: RunRecord): Promise<void> {
    const body = JSON.stringify(record);
    const generation = this.#generation + 1;
    const checksum = await checksumOf(new TextEncoder().encode(body));
    const text = `${generation} ${checksum}\n${body}`;
    await this.#folder.write(SLOTS[generation % 2]!, [new TextEncoder().encode(text)]);
    this.#generation = generation;
  }
}

/** Bytes per block: small enough that writing one does not hold a step up. */
export const BLOCK = 4 << 20;

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const digest = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));

/** The parts joined and cut into blocks, all but the last of them BLOCK bytes long. */
export function* blocksOf(parts: Iterable<Uint8Array>): Generator<Uint8Array<ArrayBuffer>> {
  let block = new Uint8Array(BLOCK);
  let filled = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      const taken = Math.min(BLOCK - filled, part.length - at);
      block.set(part.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled < BLOCK) continue;
      yield block;
      block = new Uint8Array(BLOCK);
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}

/** Gathers the digests of blocks as they go by. */
export class Checksum {
  readonly #digests: Uint8Array[] = [];

  async add(block: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#digests.push(await digest(block));
  }

  async value(): Promise<string> {
    const all = new Uint8Array(this.#digests.length * 32);
    this.#digests.forEach((one, i) => {
      all.set(one, i * 32);
    });
    return hex(await digest(all));
  }
}

/** The checksum of bytes that are already there. */
export async function checksumOf(bytes: Uint8Array): Promise<string> {
  const sum = new Checksum();
  for (const block of blocksOf([bytes])) await sum.add(block);
  return sum.value();
}
