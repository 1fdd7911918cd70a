// The study that this browser has at hand, in the origin private file system: its plan, and a file for every piece of work that
// is done, so that nothing that is written is ever written again. A damaged piece is one that is not done.

import { type Finished, PARTS, readState, type StudyState } from '../study/state.ts';
import { parsePlain } from '../util/schema.ts';
import { type Folder, MemoryStorage } from './folder.ts';
import { openOpfsStorage } from './opfs.ts';

const STUDIES_FOLDER = 'studies';
/** One at a time; another takes its place. */
const AT_HAND = '00000001';
const PLAN = 'plan';

/** In memory where the browser refuses storage: the study is then gone with the tab. */
async function openStorage() {
  try {
    return await openOpfsStorage(STUDIES_FOLDER);
  } catch {
    return new MemoryStorage();
  }
}

let opened: ReturnType<typeof openStorage> | null = null;
const storage = () => {
  opened ??= openStorage();
  return opened;
};

const bytesOf = (value: unknown) => [new TextEncoder().encode(JSON.stringify(value))];

async function readJson(folder: Folder, name: string): Promise<unknown> {
  const bytes = await folder.read(name);
  try {
    return bytes ? parsePlain(bytes) : null;
  } catch {
    return null;
  }
}

/** Null where there is none, or none that can be understood. */
export async function readStudy(): Promise<StudyState | null> {
  const folder = await (await storage()).open(AT_HAND);
  const plan = await readJson(folder, PLAN);
  if (typeof plan !== 'object' || plan === null) return null;
  const pieces = Object.fromEntries(PARTS.map((part) => [part, {} as Record<string, unknown>]));
  for (const name of (await folder.sizes()).keys()) {
    const part = PARTS.find((one) => name.startsWith(`${one}.`));
    const value = part && (await readJson(folder, name));
    if (part && value) pieces[part]![name.slice(part.length + 1)] = value;
  }
  try {
    return readState({ ...plan, ...pieces });
  } catch {
    return null;
  }
}

/** A study begins, in place of the one before. */
export async function writePlan(state: StudyState): Promise<void> {
  const all = await storage();
  await all.remove(AT_HAND);
  const { trained, tried, scored, failed, ...plan } = state;
  await (await all.open(AT_HAND)).write(PLAN, bytesOf(plan));
}

export async function writePiece({ part, id, value }: Finished): Promise<void> {
  await (await (await storage()).open(AT_HAND)).write(`${part}.${id}`, bytesOf(value));
}

const BEGUN = 'begun.';

/** Under which the browser keeps the run that is being trained for a piece. */
export async function writeBegun(id: string, runId: string): Promise<void> {
  await (await (await storage()).open(AT_HAND)).write(`${BEGUN}${id}`, bytesOf({ runId }));
}

export async function readBegun(id: string): Promise<string | null> {
  const entry = await readJson(await (await storage()).open(AT_HAND), `${BEGUN}${id}`);
  const { runId } = (entry ?? {}) as { runId?: unknown };
  return typeof runId === 'string' ? runId : null;
}

export async function forgetStudy(): Promise<void> {
  await (await storage()).remove(AT_HAND);
}
