// Run files there and back, and files made to deceive: each is refused by name, and none is taken in part.

import fc from 'fast-check';
import { strToU8, unzipSync, type Zippable, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { presetConfig } from '../config/presets.ts';
import { metricNames, type StepSample } from '../protocol/metrics.ts';
import type { RunRecord } from '../protocol/vault.ts';
import type { LinearReport } from '../tasks/linear/record.ts';
import { AppError } from '../util/errors.ts';
import { writeSafetensors } from '../util/safetensors.ts';
import { MemoryStorage } from './folder.ts';
import { readRunFile } from './readRunFile.ts';
import { checksumOf } from './records.ts';
import { packSeries, type RunFile, writeRunFile } from './runFile.ts';
import { addRun, listRuns, readRunCheckpoint, readRunSeries } from './runs.ts';

const METRIC_NAMES = metricNames({ method: 'mlvicx' });

const STEPS = 6;
const samples: StepSample[] = Array.from({ length: STEPS }, (_, step) => ({
  step,
  activeSeconds: step / 3,
  values: Float64Array.from(METRIC_NAMES, (_, i) => (i === 1 ? Number.NaN : step + i / 7)),
}));
const checkpoint = writeSafetensors(
  new Map([['a.bias', { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) }]]),
  { format: 'mlvicx-playground', version: '1', step: String(STEPS) },
);
const interval = { value: 0.8, low: 0.7, high: null };
const each = <T>(value: T) => ({ pretrained: value, random: value, pixels: value });
const report: LinearReport = {
  share: 0.1,
  draws: 3,
  seed: 1,
  step: STEPS,
  films: { train: 10, val: 2, test: 4 },
  labelledFilms: 1,
  mean: each(interval),
  findings: [
    {
      finding: 'Effusion',
      positives: 2,
      negatives: 2,
      auroc: each(interval),
      averagePrecision: each(0.5),
      roc: each(null),
    },
  ],
  leftOut: [{ finding: 'Hernia', reason: 'no positives' }],
  seconds: 2,
  protocol: [],
};
const record: RunRecord = {
  version: 1,
  id: '0a1b2c3d-0000-4000-8000-000000000000',
  state: 'paused',
  createdAt: 1,
  updatedAt: 2,
  config: { ...presetConfig('smoke'), seed: 9 },
  changes: [{ step: 3, key: 'learningRate', value: 0.01 }],
  start: 'random',
  data: { fingerprint: 'f', films: 12 },
  totalSteps: 20,
  stepsPerEpoch: 5,
  computedBy: { adapter: 'software' },
  step: STEPS,
  activeSeconds: 2,
  checkpoints: [
    {
      file: 'step-6-1.safetensors',
      step: 6,
      bytes: 1,
      checksum: 'x',
      savedAt: 1,
      total: 1,
      name: 'patient 7',
    },
  ],
  series: { first: 0, rows: STEPS, metrics: METRIC_NAMES },
  marks: [{ step: 3, kind: 'change', text: 'rate' }],
  last: { 'loss/total': 5 },
  thumbnail: [1, 2],
  failure: { code: 'internal', message: 'C:/ward/doe.png', hint: '' },
};
const films = strToU8('["ward 7/doe.png",42]\n') as Uint8Array<ArrayBuffer>;
const run: RunFile = {
  name: 'lr 0.1→0.2',
  record,
  evaluations: [{ task: 'linear', report }],
  samples,
  checkpoint,
  films: null,
  diagnostics: null,
};

const refusal = async (bytes: Uint8Array): Promise<string> => {
  try {
    await readRunFile(bytes);
  } catch (error) {
    if (error instanceof AppError && error.code === 'run-file-invalid') return error.message;
    throw error;
  }
  return 'accepted';
};

/** The file with parts replaced and the manifest made right again for them, so that only the content is wrong. */
async function with_(changes: Record<string, Uint8Array | null>, manifest: object = {}): Promise<Uint8Array> {
  const parts: Record<string, Uint8Array> = { ...unzipSync(await writeRunFile(run)) };
  delete parts['manifest.json'];
  for (const [name, bytes] of Object.entries(changes)) {
    if (bytes) parts[name] = bytes;
    else delete parts[name];
  }
  const listed: Record<string, object> = {};
  for (const [name, bytes] of Object.entries(parts)) {
    listed[name] = { bytes: bytes.length, sha256: await checksumOf(bytes) };
  }
  const head = { format: 'mlvicx-run', version: 1, parts: listed, ...manifest };
  return zipSync({ 'manifest.json': strToU8(JSON.stringify(head)), ...parts } as Zippable, { level: 0 });
}
const json = (value: unknown) => strToU8(typeof value === 'string' ? value : JSON.stringify(value));
const runWith = (change: object) =>
  with_({ 'run.json': json({ name: 'x', record: { ...record, ...change }, probes: [] }) });
const seriesOf = (rows: StepSample[]) => with_({ 'series.safetensors': packSeries(rows, METRIC_NAMES) });

describe('a run file', () => {
  it('brings back name, record, scores, curves and checkpoint', async () => {
    const read = await readRunFile(await writeRunFile(run));
    expect(read.name).toBe(run.name);
    expect(read.samples).toEqual(samples);
    expect(read.evaluations).toEqual(run.evaluations);
    expect(read.checkpoint).toEqual(checkpoint);
    expect(read.record).toMatchObject({
      config: record.config,
      changes: record.changes,
      step: STEPS,
      data: record.data,
    });
  });

  it('brings back the scores of versions that knew the linear evaluation alone', async () => {
    const old = await with_({ 'run.json': json({ name: 'x', record, probes: [report] }) });
    expect((await readRunFile(old)).evaluations).toEqual([{ task: 'linear', report }]);
  });

  it('drops the scores of tasks that are not known yet', async () => {
    const evaluations = [{ task: 'of-a-later-version', report: { dice: 1 } }, ...run.evaluations];
    const later = await with_({ 'run.json': json({ name: 'x', record, evaluations }) });
    expect((await readRunFile(later)).evaluations).toEqual(run.evaluations);
  });

  it('is put in as a run that can be listed, drawn and taken up', async () => {
    const storage = new MemoryStorage();
    const read = await readRunFile(await writeRunFile(run));
    const { id } = await addRun(storage, read);
    const [listed] = await listRuns(storage);
    expect(listed).toMatchObject({ id, step: STEPS, state: 'paused' });
    expect(id).not.toBe(record.id);
    expect(await readRunSeries(storage, listed!)).toEqual(samples);
    expect((await readRunCheckpoint(storage, id))?.bytes).toEqual(checkpoint);
  });

  it('keeps the curves of a run without a checkpoint', async () => {
    const storage = new MemoryStorage();
    await addRun(storage, await readRunFile(await writeRunFile({ ...run, checkpoint: null })));
    const [listed] = await listRuns(storage);
    expect(await readRunSeries(storage, listed!)).toEqual(samples);
  });

  it('names no film unless it is asked to, and no file of this browser', async () => {
    const plain = new TextDecoder('latin1').decode(await writeRunFile(run));
    for (const word of ['doe', 'ward', 'patient 7', '.png']) expect(plain).not.toContain(word);
    const named = await readRunFile(await writeRunFile({ ...run, films }));
    expect(named.films).toEqual(films);
  });

  it('may have been packed anew by another program', async () => {
    const parts = unzipSync(await writeRunFile(run));
    expect((await readRunFile(zipSync(parts, { level: 9 }))).samples).toEqual(samples);
  });
});

describe('hostile run files', () => {
  it.each<[string, () => Promise<Uint8Array> | Uint8Array, string | RegExp]>([
    ['nothing', () => new Uint8Array(), 'not a zip'],
    ['not a zip', () => json('{"a":1}'), 'not a zip'],
    ['cut short', async () => (await writeRunFile(run)).slice(0, -30), 'not a zip, or is cut short'],
    ['a path out', () => with_({ '../../evil.js': json('x') }), '"../../evil.js", which does not belong'],
    ['an absolute path', () => with_({ '/etc/passwd': json('x') }), 'does not belong'],
    ['a stray file', () => with_({ 'film.png': json('x') }), '"film.png", which does not belong'],
    [
      'a polluting entry',
      () => {
        const text = new TextDecoder('latin1').decode(zipSync({ prototype: json('x') }));
        return Uint8Array.from(text.replaceAll('prototype', '__proto__'), (letter) => letter.charCodeAt(0));
      },
      '"__proto__", which does not belong',
    ],
    ['no record', () => with_({ 'run.json': null }), 'lacks run.json'],
    ['no curves', () => with_({ 'series.safetensors': null }), 'lacks series.safetensors'],
    ['another version', () => with_({}, { version: 2 }), 'version "2"'],
    ['another format', () => with_({}, { format: 'zip' }), 'something else'],
    [
      'a promised part that is missing',
      () => with_({}, { parts: { 'run.json': {}, 'x.bin': {} } }),
      'lacks "x.bin"',
    ],
    [
      'a wrong checksum',
      async () => {
        const parts = unzipSync(await writeRunFile(run));
        parts['checkpoint.safetensors']!.set([7], parts['checkpoint.safetensors']!.length - 1);
        return zipSync(parts, { level: 0 });
      },
      'checkpoint.safetensors has another checksum',
    ],
    [
      'a part cut short',
      async () => {
        const parts = unzipSync(await writeRunFile(run));
        return zipSync({ ...parts, 'series.safetensors': parts['series.safetensors']!.slice(0, 100) });
      },
      'series.safetensors is cut short',
    ],
    [
      'a bomb',
      async () =>
        zipSync(
          { ...unzipSync(await writeRunFile(run)), 'run.json': new Uint8Array(24 << 20) },
          { level: 9 },
        ),
      'claims to unpack',
    ],
    [
      'a part beyond its limit',
      () => with_({ 'manifest.json': new Uint8Array(2 << 20).fill(32) }),
      'are the most',
    ],
    [
      'a record that is a list',
      () => with_({ 'run.json': json({ name: 'x', record: [], probes: [] }) }),
      'not a table',
    ],
    ['a record of another version', () => runWith({ version: 99 }), 'another version'],
    ['an id that is a path', () => runWith({ id: '../../x' }), 'id is'],
    ['an unknown state', () => runWith({ state: 'hacked' }), 'state is none of'],
    ['a negative step', () => runWith({ step: -1 }), 'step is not a count'],
    ['a broken configuration', () => runWith({ config: { ...record.config, width: 'wide' } }), 'width'],
    ['an unknown setting', () => runWith({ config: { ...record.config, folder: 'x' } }), 'folder'],
    [
      'a change of nothing',
      () => runWith({ changes: [{ step: 1, key: 'toString', value: 1 }] }),
      'key is none of',
    ],
    [
      'a change beyond its range',
      () => runWith({ changes: [{ step: 1, key: 'batchSize', value: 1e9 }] }),
      'changes[0].value',
    ],
    ['a mark without text', () => runWith({ marks: [{ step: 1, kind: 'fault', text: 3 }] }), 'marks[0].text'],
    ['endless marks', () => runWith({ marks: Array(20_000).fill(record.marks[0]) }), 'are the most'],
    [
      'polluting keys',
      () => with_({ 'run.json': json('{"name":"x","record":{"__proto__":{"polluted":1}},"probes":[]}') }),
      'forbidden name "__proto__"',
    ],
    [
      'polluting keys deep inside',
      () =>
        with_({
          'run.json': json('{"name":"x","record":{},"probes":[{"mean":{"constructor":{"prototype":1}}}]}'),
        }),
      'forbidden name "constructor"',
    ],
    [
      'endless nesting',
      () => with_({ 'run.json': json(`{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`) }),
      'nested too deeply',
    ],
    [
      'scores that are no scores',
      () => with_({ 'run.json': json({ name: 'x', record, probes: [{ share: 'all' }] }) }),
      'the scores[0]',
    ],
    [
      'a name that is no text',
      () => with_({ 'run.json': json({ name: {}, record, probes: [] }) }),
      'name is not text',
    ],
    ['curves that are no table', () => with_({ 'series.safetensors': checkpoint }), 'curves'],
    [
      'a header longer than the file',
      () => with_({ 'series.safetensors': new Uint8Array(20).fill(255) }),
      'claims',
    ],
    [
      'curves with a hole',
      () => seriesOf(samples.filter(({ step }) => step !== 2)),
      'do not follow each other',
    ],
    ['curves of a fraction of a step', () => seriesOf([{ ...samples[0]!, step: 0.5 }]), 'not a count'],
    [
      'curves beyond the last step',
      () => seriesOf([...samples, { ...samples[0]!, step: STEPS }]),
      'beyond its last step',
    ],
    [
      'the checkpoint of another step',
      () => with_({ 'checkpoint.safetensors': writeSafetensors(new Map(), { step: '99' }) }),
      'checkpoint is of step "99"',
    ],
    [
      'a checkpoint that is none',
      () => with_({ 'checkpoint.safetensors': json('not a model, surely') }),
      'a text, not safetensors',
    ],
    ['films that are no list', () => with_({ 'films.jsonl': json('{"a":1}\n') }), 'name of film 0'],
  ])('%s', async (_, make, reason) => {
    const message = await refusal(await make());
    expect(message).toMatch(
      typeof reason === 'string' ? new RegExp(reason.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : reason,
    );
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('are refused or the same, whichever bytes are changed', async () => {
    const bytes = await writeRunFile(run);
    const whole = await readRunFile(bytes);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (changes) => {
          const altered = bytes.slice();
          for (const [at, value] of changes) altered[at] = value;
          if ((await refusal(altered)) === 'accepted') expect(await readRunFile(altered)).toEqual(whole);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('never fail in any other way, whatever the record says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(record)), fc.jsonValue(), async (key, value) => {
        expect(await refusal(await runWith({ [key]: value }))).toBeTypeOf('string');
      }),
      { numRuns: 150 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        async (bytes) => (await refusal(bytes)) !== 'accepted',
      ),
      { numRuns: 100 },
    );
  });
});
