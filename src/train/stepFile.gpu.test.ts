// The steps in a file are those that a run takes: their views, losses and rates, what the weights are after the last; one by one or
// several at once, up to the end of the schedule and not beyond.
import { afterEach, expect, test } from 'vitest';
import { toTorchLayout } from '../checkpoint/stateDict.ts';
import { testDevice } from '../gpu/testDevice.ts';
import { commonValue } from '../protocol/metrics.ts';
import { readSafetensors, type Safetensors, type StoredTensor } from '../util/safetensors.ts';
import { Pretrainer } from './pretrain.ts';
import { stepFile } from './stepFile.ts';
import { madeFilms, tinyConfig } from './testRun.ts';

const FILMS = madeFilms(19);
const CONFIG = tinyConfig({ method: 'supervised', maxSteps: 6 });

afterEach(async () => {
  expect((await testDevice()).takeFaults()).toEqual([]);
});

const numbers = (words = '') => words.split(' ').map(Number);

test('are the steps that a run takes', async () => {
  const { runtime } = await testDevice();
  const run = new Pretrainer(CONFIG, FILMS, runtime);
  await run.submitStep();
  const begun = await run.capture();
  const several = readSafetensors(await stepFile(begun, FILMS, runtime, 3));
  const singles: Safetensors[] = [];
  const [losses, rates]: number[][] = [[], []];
  for (let step = 1; step < 4; step++) {
    singles.push(readSafetensors(await stepFile(await run.capture(), FILMS, runtime)));
    rates!.push(run.learningRate(step));
    losses!.push(commonValue(await run.submitStep(), 'loss/total'));
  }
  expect(several.metadata).toMatchObject({ step: '1', stepsPerEpoch: '4' });
  expect(numbers(several.metadata.loss)).toEqual(losses);
  expect(numbers(several.metadata.rate)).toEqual(rates);
  expect(new Set(losses).size).toBe(3);

  const one = (name: string) => singles.map(({ tensors }) => tensors.get(name)!);
  for (const name of ['views', 'facts']) {
    const { shape, data } = several.tensors.get(name)!;
    expect(shape).toEqual([3 * 8, ...one(name)[0]!.shape.slice(1)]);
    expect([...data]).toEqual(one(name).flatMap((tensor) => [...tensor.data]));
  }
  const after = await run.model.parameters.read();
  const stored = (found: Map<string, StoredTensor>, kind: string) =>
    [...found].filter(([name]) => name.startsWith(`${kind}.`));
  const weights = [...stored(several.tensors, 'weight'), ...stored(several.tensors, 'buffer')];
  expect(weights).toHaveLength(after.size);
  for (const [name, { data }] of weights) {
    const plain = name.slice(name.indexOf('.') + 1);
    expect(data, name).toEqual(toTorchLayout(plain, after.get(plain)!).data);
  }
  // The gradient is that of the first.
  const gradients = stored(several.tensors, 'gradient');
  expect(gradients.length).toBeGreaterThan(20);
  expect(gradients).toEqual(stored(singles[0]!.tensors, 'gradient'));
  run.dispose();
});

test('end where the schedule ends', async () => {
  const { runtime } = await testDevice();
  const run = new Pretrainer(CONFIG, FILMS, runtime);
  for (let step = 0; step < 4; step++) await run.submitStep();
  const late = await run.capture();
  expect(numbers(readSafetensors(await stepFile(late, FILMS, runtime, 2)).metadata.loss)).toHaveLength(2);
  await expect(stepFile(late, FILMS, runtime, 3)).rejects.toMatchObject({ code: 'not-ready' });
  run.dispose();
});
