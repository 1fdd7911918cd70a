// The bundle as the page hands it out: a zip of the program, the checkpoint and, for films of one's own, the table of parts.

import { strFromU8, unzipSync } from 'fflate';
import { afterEach, expect, it } from 'vitest';
import { writeCheckpoint } from '../../checkpoint/checkpoint.ts';
import { presetConfig } from '../../config/presets.ts';
import { type DatasetSummary, filmTable } from '../../protocol/dataset.ts';
import { writeSafetensors } from '../../util/safetensors.ts';
import { useDataset } from '../films/dataset.ts';
import { bundleZip } from './bundle.ts';

const barlow = () => {
  const empty = { parameters: new Map(), buffers: new Map(), optimiserState: new Map() };
  const config = { ...presetConfig('smoke'), method: 'barlow' as const };
  return writeCheckpoint({ ...empty, config, step: 7, fingerprint: 'abc', start: 'random' });
};

const films = filmTable([
  {
    path: 'a/one.png',
    patient: 'p',
    split: 'train',
    format: 'png',
    width: 1,
    height: 1,
    labels: Uint8Array.of(1),
  },
]);
const summary = { synthetic: false, filmTable: films, findings: ['mass'] } as unknown as DatasetSummary;
afterEach(() => {
  useDataset.setState({ summary: null });
});

it('holds the program, the checkpoint, and no table for the built-in set', async () => {
  useDataset.setState({ summary: { ...summary, synthetic: true } });
  const files = unzipSync(await bundleZip(barlow(), true, '# Card'));
  expect(Object.keys(files)).toEqual(
    expect.arrayContaining([
      'train.py',
      'model.py',
      'check.py',
      'README.md',
      'run.json',
      'MODEL_CARD.md',
      'checkpoint.safetensors',
    ]),
  );
  expect(Object.keys(files)).not.toContain('films.csv');
  expect(files['checkpoint.safetensors']).toEqual(barlow());
  expect(JSON.parse(strFromU8(files['run.json']!))).toMatchObject({
    step: '7',
    config: { method: 'barlow' },
  });
});

it('names films only where that is asked for', async () => {
  useDataset.setState({ summary });
  const table = async (names: boolean) =>
    strFromU8(unzipSync(await bundleZip(barlow(), names))['films.csv']!);
  expect(await table(true)).toBe('film,part,mass\na/one.png,train,1\n');
  expect(await table(false)).toMatch(/^film,part,mass\nsha256:[0-9a-f]{32},train,1\n$/);
});

it('is refused where the method has no part in PyTorch', async () => {
  const other = writeSafetensors(new Map(), { config: '{"method": "another"}' });
  await expect(bundleZip(other, false)).rejects.toMatchObject({ code: 'bundle-unavailable' });
});
