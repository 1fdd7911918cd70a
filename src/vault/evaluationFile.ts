// How far an evaluation that trains has come, in a folder of its own, called by a key of all that its numbers depend on. The state
// is written under two names in turn with its number and checksum in front, so that a torn write leaves the one before; a note
// beside it says in words what it is of. Only the newest few of these folders stay.

import { count, type InferOutput, nullable, object, parsePlain, read, text } from '../util/schema.ts';
import { type Folder, MemoryStorage, type RunStorage } from './folder.ts';
import { openOpfsStorage } from './opfs.ts';
import { blocksOf, Checksum, checksumOf } from './records.ts';

const EVALUATIONS_FOLDER = 'evaluations';
const SLOTS = ['state-0', 'state-1'] as const;
const NOTE = 'note';
/** Bytes in front of a state; a multiple of eight, so that what follows stays aligned. */
const HEAD = 128;
/** Others than the one at hand that may wait to be taken up. */
const OTHERS = 2;

const NOTE_FIELDS = object({
  savedAt: count,
  task: text(40),
  /** Of the run whose encoder it is; null where that is not kept. */
  runId: nullable(text(64)),
  /** Where it stands. */
  words: text(),
});
export type EvaluationNote = InferOutput<typeof NOTE_FIELDS>;

/** The browser's storage, or one in memory where that is refused. */
export async function openEvaluations(): Promise<RunStorage> {
  try {
    return await openOpfsStorage(EVALUATIONS_FOLDER);
  } catch {
    return new MemoryStorage();
  }
}

interface Whole {
  readonly generation: number;
  readonly body: Uint8Array<ArrayBuffer>;
}

async function readSlot(folder: Folder, slot: string): Promise<Whole | null> {
  const bytes = await folder.read(slot).catch(() => null);
  if (!bytes || bytes.length < HEAD) return null;
  const [generation, checksum] = new TextDecoder().decode(bytes.subarray(0, HEAD)).trim().split(' ');
  const body = bytes.subarray(HEAD);
  return checksum === (await checksumOf(body)) ? { generation: Number(generation), body } : null;
}

async function readNote(folder: Folder): Promise<EvaluationNote | null> {
  const bytes = await folder.read(NOTE).catch(() => null);
  try {
    return bytes && read(NOTE_FIELDS, parsePlain(bytes), 'the note');
  } catch {
    return null;
  }
}

export class EvaluationFile {
  readonly #storage: RunStorage;
  readonly #key: string;
  #generation = 0;

  /** @param key 8 to 64 hex digits */
  constructor(storage: RunStorage, key: string) {
    this.#storage = storage;
    this.#key = key;
  }

  /** The newest whole state; null where there is none. */
  async read(): Promise<Uint8Array<ArrayBuffer> | null> {
    // Opening a folder makes it.
    if (!(await this.#storage.ids()).includes(this.#key)) return null;
    const folder = await this.#storage.open(this.#key);
    let newest: Whole | null = null;
    for (const slot of SLOTS) {
      const found = await readSlot(folder, slot);
      if (found && (!newest || found.generation > newest.generation)) newest = found;
    }
    this.#generation = Math.max(this.#generation, newest?.generation ?? 0);
    return newest?.body ?? null;
  }

  /** @throws whatever the storage throws; the state of before is then still there */
  async write(parts: readonly Uint8Array[], note: EvaluationNote): Promise<void> {
    const folder = await this.#storage.open(this.#key);
    if (this.#generation === 0) {
      await this.read();
      await this.#makeRoom();
    }
    const generation = this.#generation + 1;
    const slot = SLOTS[generation % 2]!;
    const encoder = new TextEncoder();
    const head = encoder.encode(`${generation} ${await checksumOfParts(parts)}`.padEnd(HEAD));
    await folder.write(slot, blocksOf([head, ...parts]));
    this.#generation = generation;
    await folder.write(NOTE, [encoder.encode(JSON.stringify(note))]);
    await folder.remove(SLOTS[(generation + 1) % 2]!);
  }

  remove(): Promise<void> {
    return this.#storage.remove(this.#key);
  }

  async #makeRoom(): Promise<void> {
    const others: { id: string; savedAt: number }[] = [];
    for (const id of await this.#storage.ids()) {
      if (id === this.#key) continue;
      others.push({ id, savedAt: (await readNote(await this.#storage.open(id)))?.savedAt ?? 0 });
    }
    others.sort((a, b) => b.savedAt - a.savedAt);
    for (const { id } of others.slice(OTHERS)) await this.#storage.remove(id);
  }
}

async function checksumOfParts(parts: readonly Uint8Array[]): Promise<string> {
  const sum = new Checksum();
  for (const block of blocksOf(parts)) await sum.add(block);
  return sum.value();
}

/** What waits to be taken up, newest first. */
export async function listEvaluations(
  storage: RunStorage,
): Promise<(EvaluationNote & { readonly key: string })[]> {
  const notes: (EvaluationNote & { readonly key: string })[] = [];
  for (const key of await storage.ids()) {
    const note = await readNote(await storage.open(key));
    if (note) notes.push({ ...note, key });
  }
  return notes.sort((a, b) => b.savedAt - a.savedAt);
}
