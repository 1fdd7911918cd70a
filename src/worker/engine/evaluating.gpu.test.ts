// Evaluations under faults, on real kernels: a fine-tuning whose device is lost goes on by itself on a fresh one, and one that was
// called off goes on when it is asked for again, both with the report of one that nothing struck. The run is where it was.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { installGpu } from '../../gpu/testDevice.ts';
import type { EngineEvent } from '../../protocol/engine.ts';
import type { ReportOf } from '../../tasks/records.ts';
import { madeFilms, tinyConfig } from '../../train/testRun.ts';
import { Engine } from './engine.ts';

const PATIENCE = 240_000;
const CONFIG = tinyConfig({ maxSteps: 3, tuneEpochs: 3, tuneBatch: 4, tunePatience: 3 });
const made = madeFilms(40);
const FILMS = {
  ...made,
  splits: Uint8Array.from(made.splits, (_, film) => (film < 20 ? 0 : film < 30 ? 1 : 2)),
};

const engine = new Engine(true);
const channel = new MessageChannel();
let events: EngineEvent[] = [];
/** Does something once as many epochs have been heard. */
let after: { epochs: number; act: () => unknown } | null = null;

const tuned = () => events.filter((event) => event.type === 'tuned').map(({ epoch }) => epoch);
const notices = () => events.filter((event) => event.type === 'notice').map(({ notice }) => notice.text);

/** Without its time. */
async function finetuned(): Promise<ReportOf<'finetune'>> {
  const { report } = await engine.evaluate('finetune', { findings: [], config: CONFIG });
  return { ...(report as ReportOf<'finetune'>), seconds: 0 };
}

let whole: ReportOf<'finetune'>;

beforeAll(async () => {
  await installGpu();
  await engine.open((event) => {
    events.push(event);
    if (!after || tuned().length < after.epochs) return;
    const { act } = after;
    after = null;
    act();
  });
  engine.keep({ everySteps: 3, everySeconds: 1000, writingShare: 1 });
  engine.connectIntake(channel.port1);
  channel.port2.postMessage(FILMS);
  await vi.waitFor(() => expect(events).toContainEqual(expect.objectContaining({ type: 'dataset' })));
  await engine.prepare(CONFIG);
  for (let step = 0; step < 3; step++) await engine.stepOnce();
  whole = await finetuned();
}, PATIENCE);

afterAll(async () => {
  await engine.close();
  channel.port1.close();
  channel.port2.close();
});

test('a device that is lost costs nothing: it goes on where it was kept', { timeout: PATIENCE }, async () => {
  events = [];
  after = { epochs: 4, act: () => void engine.inject([{ kind: 'lose-now' }]) };
  expect(await finetuned()).toEqual(whole);
  expect(notices()).toEqual([
    expect.stringMatching(/^GPU device lost and reopened/),
    expect.stringMatching(/^Fine-tuning goes on at epoch \d of 3 \(pretrained start, draw 1\)\.$/),
  ]);
  expect(events.some(({ type }) => type === 'failed')).toBe(false);
});

test('one that was called off goes on where it was kept, and tells its curves again', {
  timeout: PATIENCE,
}, async () => {
  events = [];
  after = { epochs: 2, act: () => engine.cancelEvaluation() };
  await expect(finetuned()).rejects.toMatchObject({ code: 'cancelled' });
  const kept = events.filter((event) => event.type === 'evaluation-kept');
  expect(kept.at(-1)).toMatchObject({
    task: 'finetune',
    words: expect.stringMatching(/random start, draw 1, epoch \d of 3/),
  });
  events = [];
  expect(await finetuned()).toEqual(whole);
  expect(tuned()).toEqual(whole.curves);
  expect(notices()).toEqual([
    expect.stringMatching(/^Fine-tuning goes on at epoch [23] of 3 \(random start/),
  ]);
});

test('a model that came from a file survives the loss as well', { timeout: PATIENCE }, async () => {
  const bytes = await engine.exportCheckpoint();
  await engine.importCheckpoint(bytes);
  events = [];
  after = { epochs: 1, act: () => void engine.inject([{ kind: 'lose-now' }]) };
  expect(await finetuned()).toEqual({ ...whole, protocol: expect.any(Array) });
  expect(notices()[0]).toMatch(/^GPU device lost and reopened/);
});
