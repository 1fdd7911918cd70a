// What older versions of the program left in the browser and in run files still opens: a folder and a file written by the
// version before evaluations had a task and runs a method (fixtures/olderRun.json holds their bytes).

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { presetConfig } from '../config/presets.ts';
import { defaultConfig } from '../config/schema.ts';
import { RUN_RECORD } from '../protocol/vault.ts';
import { read } from '../util/schema.ts';
import { MemoryStorage } from './folder.ts';
import { readLibraryEntry } from './libraryFile.ts';
import { readRunFile } from './readRunFile.ts';
import { listRuns, readRunCheckpoint, readRunSeries } from './runs.ts';
import { RunVault } from './runVault.ts';

interface Older {
  readonly id: string;
  /** By name: records and the library's entry as text, all else as base64. */
  readonly files: Readonly<Record<string, string>>;
  readonly runFile: string;
}

const older = JSON.parse(readFileSync(new URL('./fixtures/olderRun.json', import.meta.url), 'utf8')) as Older;
const isText = (name: string) => /^(record|library)/.test(name);

async function storage() {
  const storage = new MemoryStorage();
  const folder = await storage.open(older.id);
  for (const [name, text] of Object.entries(older.files)) {
    await folder.write(name, [Uint8Array.from(Buffer.from(text, isText(name) ? 'utf8' : 'base64'))]);
  }
  return { storage, folder };
}

describe('a run kept by an older version', () => {
  it('is listed with its settings, changes, marks and failure', async () => {
    const [run] = await listRuns((await storage()).storage);
    expect(run).toMatchObject({
      id: older.id,
      state: 'failed',
      step: 12,
      start: 'random',
      data: { fingerprint: '9b221a12ac371e07', films: 416 },
      changes: [{ step: 10, key: 'learningRate', value: 0.001 }],
      computedBy: { adapter: 'google swiftshader', conv2d: 'stock' },
    });
    // A setting that the record does not know has its default, whatever the preset says today.
    const { randomEncoders, localDim, tuneEpochs, maskEpochs, diagnoseEvery } = defaultConfig();
    expect(run!.config).toEqual({
      ...presetConfig('smoke'),
      seed: 7,
      randomEncoders,
      localDim,
      tuneEpochs,
      maskEpochs,
      diagnoseEvery,
    });
    expect(run!.marks.map(({ kind }) => kind)).toEqual(['change', 'pause', 'fault']);
    expect(run!.failure).toMatchObject({ code: 'loss-not-finite' });
    expect(run!.last['loss/total']).toBeCloseTo(100 / 12, 10);
  });

  it('brings its curves and its newest checkpoint, and can be written to', async () => {
    const { storage: kept, folder } = await storage();
    const [run] = await listRuns(kept);
    const samples = await readRunSeries(kept, run!);
    expect(samples.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect((await readRunCheckpoint(kept, older.id))!.entry).toMatchObject({
      step: 12,
      name: 'before the change',
    });
    const vault = (await RunVault.open(folder, older.id))!;
    await vault.update({ state: 'paused', failure: null });
    expect(await listRuns(kept)).toMatchObject([
      { state: 'paused', step: 12, checkpoints: [{ step: 8 }, { step: 12 }] },
    ]);
  });

  it('keeps name, pin, colour and scores, which were all of the linear evaluation', async () => {
    const entry = (await readLibraryEntry((await storage()).folder))!;
    expect(entry).toMatchObject({ name: 'batch 8→16', pinned: true, colour: 3, binned: false });
    expect(entry.evaluations.map(({ task }) => task)).toEqual(['linear', 'linear']);
    const [first, second] = entry.evaluations.filter((evaluation) => evaluation.task === 'linear');
    expect(first!.report.gain).toBeUndefined();
    expect(second!.report.gain!.random.value).toBeTypeOf('number');
    expect(second!.report).toMatchObject({ share: 0.5, draws: 2, step: 12 });
  });
});

it('a run file of an older version opens with its scores and curves', async () => {
  const run = await readRunFile(Uint8Array.from(Buffer.from(older.runFile, 'base64')));
  expect(run).toMatchObject({ name: 'batch 8→16', record: { step: 12, state: 'failed', start: 'random' } });
  expect(run.samples).toHaveLength(12);
  expect(run.evaluations).toMatchObject([{ task: 'linear', report: { share: 0.5 } }]);
});

it('a failure whose code is not known any more keeps its words', () => {
  const text = older.files['record-1']!;
  const record = JSON.parse(text.slice(text.indexOf('\n')));
  const failure = { code: 'of-another-version', message: 'It failed.', hint: 'Do this.' };
  expect(read(RUN_RECORD, { ...record, failure }, 'the record').failure).toEqual({
    ...failure,
    code: 'internal',
  });
  expect(read(RUN_RECORD, { ...record, failure: 'broken' }, 'the record').failure).toBeNull();
});
