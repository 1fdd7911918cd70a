// Faults while a run is on, on real kernels: whatever strikes, the samples that the page ends up with are those of the run
// that nothing struck, to the last bit.
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Config } from '../../config/schema.ts';
import { installGpu } from '../../gpu/testDevice.ts';
import type { EngineEvent, EngineState } from '../../protocol/engine.ts';
import type { Fault } from '../../protocol/faults.ts';
import type { StepSample } from '../../protocol/metrics.ts';
import { madeFilms, repeatable, tinyConfig } from '../../train/testRun.ts';
import { Engine } from '../engine/engine.ts';

const PATIENCE = 240_000;
const CONFIG = tinyConfig({ maxSteps: 16 });

const engine = new Engine(true);
const channel = new MessageChannel();
let events: EngineEvent[] = [];
let heard: (event: EngineEvent) => void = () => undefined;
let reference: Record<string, number>[] = [];

/** What the charts of the page hold after all events so far: a step told again replaces what came after it. */
function charted(config: Config = CONFIG): Record<string, number>[] {
  const rows: StepSample[] = [];
  for (const event of events) {
    const from =
      event.type === 'rewound' ? event.step : event.type === 'samples' ? event.samples[0]!.step : null;
    if (from === null) continue;
    while (rows.length > 0 && rows.at(-1)!.step >= from) rows.pop();
    if (event.type === 'samples') rows.push(...event.samples);
  }
  return rows.map((row) => repeatable(row, config));
}

const marks = () => events.filter((event) => event.type === 'marker').map(({ text }) => text);
const notices = () => events.filter((event) => event.type === 'notice').map(({ notice }) => notice.text);
const failures = () => events.filter((event) => event.type === 'failed');

async function until(state: EngineState, act: () => Promise<unknown>): Promise<void> {
  const arrived = new Promise<void>((resolve, reject) => {
    heard = (event) => {
      if (event.type === 'status' && event.status.state === state) resolve();
      // Waiting on would only say that time ran out.
      if (event.type === 'failed' && state !== 'failed') reject(new Error(event.error.message));
    };
  });
  await Promise.all([act(), arrived]);
  await engine.pause();
}

/** Which steps are kept must not depend on what the machine is busy with: this one and the one before, as asked. */
const KEPT = 8;
const stepAndKeep = async (steps: number) => {
  for (let step = 0; step < steps; step++) await engine.stepOnce();
  await engine.saveNow();
};

/** A whole run with these faults put in; its steps up to KEPT are taken one by one. */
async function runWith(
  faults: readonly Fault[],
  end: EngineState = 'done',
  config: Config = CONFIG,
): Promise<void> {
  await engine.prepare(config);
  events = [];
  await engine.inject(faults);
  await stepAndKeep(KEPT - 1);
  await stepAndKeep(1);
  await until(end, () => engine.play());
}

beforeAll(async () => {
  await installGpu();
  await engine.open((event) => {
    events.push(event);
    heard(event);
  });
  engine.connectIntake(channel.port2);
  const arrived = new Promise<void>((resolve) => {
    heard = (event) => event.type === 'dataset' && resolve();
  });
  channel.port1.postMessage(madeFilms(13));
  await arrived;
  engine.keep({ everySteps: 1000, everySeconds: 1000, writingShare: 1 });
  await runWith([]);
  reference = charted();
  expect(reference).toHaveLength(16);
}, PATIENCE);

// A third loss within ten minutes ends a run for good, whatever run the others struck: each test is a quarter of an hour later.
const now = performance.now.bind(performance);
let later = 0;
beforeEach(() => {
  later += 900_000;
  vi.spyOn(performance, 'now').mockImplementation(() => now() + later);
  return engine.inject([]);
});

afterAll(async () => {
  await engine.close();
  channel.port1.close();
});

test(
  'a NaN is traced to where it began; rolled back with the cause mended, the run ends as it would have',
  async () => {
    await runWith([{ kind: 'nan', step: 10 }], 'failed');
    const [failure] = failures();
    expect(failure?.error.code).toBe('model-broken');
    expect(failure?.error.message).toMatch(
      /the stem outputs only zeros for view 1 at step 10\. First in the images of the batch, then in the stem; parameter encoder\./,
    );
    expect(failure?.rollback?.step).toBe(8);
    expect(failure?.rollback?.suggestions[0]).toMatchObject({ key: 'learningRate', value: 0.001 });
    const clip = failure?.rollback?.suggestions[1];
    expect(clip).toMatchObject({ key: 'gradientClip', text: `Gradient clipping off → ${clip?.value}` });
    // What was measured at step 8, which adapters round differently, not the guess of 100 that stands in for it.
    expect(clip?.value).toBeGreaterThan(300);
    expect(clip?.value).toBeLessThan(4000);
    await engine.inject([]);
    expect(await engine.rollBack()).toMatchObject({ state: 'paused', step: 8 });
    await until('done', () => engine.play());
    expect(charted()).toEqual(reference);

    await runWith([{ kind: 'nan', step: 10 }], 'failed');
    await engine.inject([]);
    await engine.rollBack({ key: 'learningRate', value: 0.0005 });
    await until('done', () => engine.play());
    expect(charted().slice(0, KEPT)).toEqual(reference.slice(0, KEPT));
    expect(charted().at(-1)).not.toEqual(reference.at(-1));

    await runWith([{ kind: 'nan', step: 10 }], 'failed');
    await engine.inject([]);
    await engine.rollBack({ key: 'gradientClip', value: 50 });
    await until('done', () => engine.play());
    // The gradient acts on the weights of the step after the one that it is of.
    expect(charted().slice(0, KEPT + 1)).toEqual(reference.slice(0, KEPT + 1));
    expect(charted().at(-1)).not.toEqual(reference.at(-1));
    expect(marks()).toContain('Gradient clipping 0 → 50');
  },
  PATIENCE,
);

test(
  'a loss that runs away halts the run by name before it is kept',
  async () => {
    await engine.prepare(tinyConfig({ maxSteps: 40 }));
    events = [];
    for (let step = 0; step < 12; step++) await engine.stepOnce();
    await engine.change('learningRate', 10);
    await until('failed', () => engine.play());
    const [failure] = failures();
    expect(failure?.error.code).toMatch(/^loss-(exploded|not-finite)$/);
    expect(failure?.error.message).toMatch(/parameter encoder\./);
    expect(await engine.rollBack()).toMatchObject({ state: 'paused' });
  },
  PATIENCE,
);

test(
  'writes that fail or find no room are told once and never halt the run',
  async () => {
    await runWith([{ kind: 'write-fails', file: 'step-8', times: 1 }]);
    expect(charted()).toEqual(reference);
    expect(notices()[0]).toMatch(
      /^Step 8 could not be kept: the disk is full\. The run goes on; what is kept of it is step 7\.$/,
    );

    await runWith([{ kind: 'quota', free: 1000 }]);
    expect(charted()).toEqual(reference);
    expect(notices()).toHaveLength(1);
    expect(notices()[0]).toMatch(/could not be kept: a checkpoint takes .* and the browser allows 1 kB more/);
  },
  PATIENCE,
);

// A device takes long to compile for, so all that a loss may meet meets in one: a checkpoint that was torn, and a setting
// that was changed after the one before it.
test(
  'a device lost after a torn checkpoint and a changed setting costs nothing but time',
  async () => {
    const changed = async (faults: readonly Fault[]) => {
      await engine.prepare(CONFIG);
      events = [];
      await engine.inject(faults);
      await stepAndKeep(KEPT - 1);
      await engine.change('learningRate', 0.004);
      await stepAndKeep(1);
      await until('done', () => engine.play());
      return charted();
    };
    const whole = await changed([]);
    expect(whole).not.toEqual(reference);
    const torn = { kind: 'write-torn', file: 'step-8', times: 1 } as const;
    expect(await changed([torn, { kind: 'lose-device', step: 11 }])).toEqual(whole);
    expect(failures()).toEqual([]);
    expect(marks().join()).toMatch(/repeated from step 7 \(passed over: step 8: its file was cut short\)/);
  },
  PATIENCE,
);

// The weights of the target network, its statistics and the queue are as much of the state as all else.
test.each(['byol', 'moco'] as const)(
  '%s: neither a NaN nor a device lost after a torn checkpoint changes a number',
  async (method) => {
    const config = tinyConfig({ method, maxSteps: 16, ...(method === 'moco' && { queueLength: 26 }) });
    await runWith([], 'done', config);
    const whole = charted(config);
    expect(whole).toHaveLength(16);
    const torn = { kind: 'write-torn', file: 'step-8', times: 1 } as const;
    await runWith([torn, { kind: 'lose-device', step: 11 }], 'done', config);
    expect(marks().join()).toMatch(/repeated from step 7 \(passed over: step 8: its file was cut short\)/);
    expect(charted(config)).toEqual(whole);

    await runWith([{ kind: 'nan', step: 10 }], 'failed', config);
    expect(failures()[0]?.error.code).toBe('model-broken');
    await engine.inject([]);
    expect(await engine.rollBack()).toMatchObject({ state: 'paused', step: 8 });
    await until('done', () => engine.play());
    expect(charted(config)).toEqual(whole);
  },
  PATIENCE,
);
