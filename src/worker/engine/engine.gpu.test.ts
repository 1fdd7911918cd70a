// The engine as the page drives it, on real kernels: however a run is started, looked into, halted, saved and taken up
// again, and by however many workers its films were decoded, every step says the same bit by bit.
import { encode } from 'fast-png';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../checkpoint/checkpoint.ts';
import { toTorchLayout } from '../../checkpoint/stateDict.ts';
import { decodeFilm } from '../../data/decode.ts';
import { installGpu } from '../../gpu/testDevice.ts';
import type { EngineEvent, EngineState } from '../../protocol/engine.ts';
import type { SourceFile } from '../../protocol/intake.ts';
import type { StepSample } from '../../protocol/metrics.ts';
import { madeFilms, repeatable, tinyConfig } from '../../train/testRun.ts';
import { readSafetensors, type StoredTensor, writeSafetensors } from '../../util/safetensors.ts';
import { DecodePool } from '../decode/decodePool.ts';
import { Intake } from '../intake/intake.ts';
import { expose } from '../rpc.ts';
import { Engine } from './engine.ts';

const PATIENCE = 240_000;
const CONFIG = tinyConfig({ maxSteps: 8 });

/** A decode worker in this thread that takes its time, the longer the fewer bytes a file has. */
class SlowWorker extends EventTarget {
  readonly #channel = new MessageChannel();

  constructor() {
    super();
    this.#channel.port1.onmessage = ({ data }) => this.dispatchEvent(new MessageEvent('message', { data }));
    const decode = async (file: File, options: { planeSize: number; thumbnailSize: number }) => {
      await new Promise((resolve) => setTimeout(resolve, 4000 / file.size));
      return decodeFilm(file, options);
    };
    expose({ ready: () => true, decode }, this.#channel.port2);
  }

  postMessage(data: unknown, transfer: Transferable[] = []) {
    this.#channel.port1.postMessage(data, transfer);
  }

  terminate() {
    this.#channel.port1.close();
    this.#channel.port2.close();
  }
}

function folder(): SourceFile[] {
  const { planes, widths, heights } = madeFilms(17);
  return planes.map((data, film) => {
    const image = encode({ width: widths[film]!, height: heights[film]!, data, channels: 1, depth: 8 });
    return { path: `film${String(film).padStart(2, '0')}.png`, file: new File([image.slice()], 'x') };
  });
}

const engine = new Engine();
const channel = new MessageChannel();
let samples: StepSample[] = [];
let heard: (event: EngineEvent) => void = () => undefined;

beforeAll(async () => {
  await installGpu();
  await engine.open((event) => {
    if (event.type === 'samples') samples.push(...event.samples);
    heard(event);
  });
  engine.connectIntake(channel.port2);
});

afterAll(async () => {
  await engine.close();
  channel.port1.close();
});

/** Waits for an event; what leads to it is done meanwhile. */
async function until(wanted: (event: EngineEvent) => boolean, act: () => Promise<unknown>): Promise<void> {
  const arrived = new Promise<void>((resolve, reject) => {
    heard = (event) => {
      if (event.type === 'failed') reject(new Error(event.error.message));
      if (wanted(event)) resolve();
    };
  });
  await act();
  await arrived;
}

const reaches = (state: EngineState) => (event: EngineEvent) =>
  event.type === 'status' && event.status.state === state;

async function readFilms(workers: number): Promise<void> {
  const spawn = () => new SlowWorker() as unknown as Worker;
  const intake = new Intake((options) => new DecodePool({ ...options, workers, spawn }));
  intake.connectEngine(channel.port1);
  const options = { name: 'made', planeSize: 36, seed: 1 };
  await until(
    (event) => event.type === 'dataset',
    () => intake.readFiles(folder(), options, () => undefined),
  );
}

/** The backbone of a checkpoint as torchvision would save it, with running variances of two. */
function torchvisionFile({ parameters, buffers }: Checkpoint): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, StoredTensor<'F32'>>();
  const children = { 0: 'conv1', 1: 'bn1', 4: 'layer1', 5: 'layer2', 6: 'layer3', 7: 'layer4' };
  for (const [name, tensor] of [...parameters, ...buffers]) {
    const [, child, rest] = /^encoder\.encoder\.(\d)\.(.+)$/.exec(name) ?? [];
    if (!child || !rest) continue;
    const { shape, data } = toTorchLayout(name, tensor);
    const stored = rest.endsWith('running_var') ? data.map(() => 2) : data;
    tensors.set(`${children[Number(child) as keyof typeof children]}.${rest}`, {
      dtype: 'F32',
      shape,
      data: stored,
    });
  }
  tensors.set('fc.weight', { dtype: 'F32', shape: [2, 32], data: new Float32Array(64) });
  return writeSafetensors(tensors);
}

/** The samples since the last call, which must be steps in order from `first`. */
function taken(first: number): Record<string, number>[] {
  const steps = samples.map((sample) => repeatable(sample));
  samples = [];
  expect(steps.map(({ step }) => step)).toEqual(steps.map((_, i) => first + i));
  return steps;
}

test(
  'a run begins with weights from a file, also after a reset, and its checkpoint says so',
  async () => {
    await readFilms(2);
    await engine.prepare(CONFIG);
    const trained = readCheckpoint(await engine.exportCheckpoint());
    const weights = torchvisionFile(trained);
    const { start } = await engine.prepare({ ...CONFIG, seed: 99 }, weights);
    expect(start).toMatch(/^ResNet-18 weights from a file \(SHA-256 [0-9a-f]{16}\)$/);
    await engine.stepOnce();
    samples = [];
    expect(await engine.reset()).toMatchObject({ step: 0, start });
    const began = readCheckpoint(await engine.exportCheckpoint());
    expect(began.start).toBe(start);
    const stem = 'encoder.encoder.0.weight';
    const bottleneck = 'encoder.cbt1.cam.fc.0.weight';
    expect(began.parameters.get(stem)).toEqual(trained.parameters.get(stem));
    expect(began.parameters.get(bottleneck)).not.toEqual(trained.parameters.get(bottleneck));
    const variance = 'encoder.encoder.7.1.bn2.running_var';
    expect(began.buffers.get(variance)!.data).toEqual(new Float32Array(32).fill(2));

    const wider = engine.prepare({ ...CONFIG, width: 8 }, weights);
    await expect(wider).rejects.toMatchObject({ code: 'weights-invalid' });
    await engine.stepOnce();
    const broken = new Map([...began.parameters].slice(1));
    const importing = engine.importCheckpoint(writeCheckpoint({ ...began, parameters: broken }));
    await expect(importing).rejects.toMatchObject({ code: 'checkpoint-invalid' });
    expect(await engine.pause()).toMatchObject({ state: 'paused', step: 1 });
    await engine.importCheckpoint(writeCheckpoint(began));
    samples = [];
    await expect(engine.reset()).rejects.toMatchObject({ code: 'not-ready' });
  },
  PATIENCE,
);

test(
  'halts, looks, single steps, saving, loading and the number of decode workers change nothing',
  async () => {
    await readFilms(1);
    await engine.prepare(CONFIG);
    await until(reaches('done'), () => engine.play());
    const whole = taken(0);
    const checkpoint = await engine.exportCheckpoint();
    expect(whole).toHaveLength(8);

    await readFilms(4);
    await engine.prepare(CONFIG);
    await engine.stepOnce();
    await engine.previewViews(3, 1);
    await engine.stepOnce();
    await engine.gateMaps(0);
    const early = await engine.exportCheckpoint();
    const { tensors } = readSafetensors(await engine.features({ checkpoint: early, images: true }));
    expect(Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]))).toEqual({
      h: [17, 32],
      plain: [17, 32],
      z: [17, 16],
      d: [17, 16],
      level1: [17, 4],
      level2: [17, 4],
      level3: [17, 8],
      level4: [17, 16],
      level5: [17, 32],
      images: [17, 3, 32, 32],
      split: [17],
      labels: [17, 0],
    });
    await engine.play();
    await expect(engine.selfTest(() => undefined)).rejects.toMatchObject({ code: 'not-ready' });
    const { step } = await engine.pause();
    const saved = await engine.exportCheckpoint();
    const before = taken(0);
    expect(before).toHaveLength(step);
    expect(step).toBeGreaterThan(2);
    expect(step).toBeLessThan(8);

    await engine.reset();
    await engine.stepOnce();
    expect(taken(0)).toEqual(whole.slice(0, 1));

    await engine.importCheckpoint(saved);
    await until(reaches('done'), () => engine.play());
    expect([...before, ...taken(step)]).toEqual(whole);
    expect(await engine.exportCheckpoint()).toEqual(checkpoint);
  },
  PATIENCE,
);
