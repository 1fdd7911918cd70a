// The headless runner as a script would call it: pretrain, then probe its checkpoint, then what it refuses.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { metricNames } from '../../src/protocol/metrics.ts';
import { readSafetensors } from '../../src/util/safetensors.ts';
import { markedFilms } from '../tools/markedFilms.ts';
import { expect, test } from './fixtures.ts';
import { madeFolder } from './folders.ts';
import { headless } from './headless.ts';

const METRIC_NAMES = metricNames({ method: 'mlvicx' });

test('pretrain and probe leave their files and the closing line', async () => {
  test.setTimeout(240_000);
  const folder = madeFolder(24);
  const out = mkdtempSync(path.join(tmpdir(), 'run-'));
  const trained = await headless(
    ...['pretrain', '--data', folder, '--preset', 'smoke', '--steps', '5', '--seed', '3', '--out', out],
  );
  expect(trained.err).toBe('');
  expect(trained.status).toBe(0);
  const lines = readFileSync(path.join(out, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).step)).toEqual([0, 1, 2, 3, 4]);
  expect(Object.keys(JSON.parse(lines[0]!))).toEqual(['step', 'activeSeconds', ...METRIC_NAMES]);
  const report = JSON.parse(readFileSync(path.join(out, 'report.json'), 'utf8'));
  expect(report).toMatchObject({ preset: 'smoke', seed: 3, steps: 5, start: 'random' });
  expect(report.data.skipped).toMatchObject([{ files: 1 }]);
  expect(JSON.stringify(report)).not.toContain('film0');

  const checkpoint = path.join(out, 'checkpoint.safetensors');
  const features = path.join(out, 'features.safetensors');
  const wrote = await headless(
    ...['features', '--checkpoint', checkpoint, '--data', folder, '--images', '--out', features],
  );
  expect(wrote.err).toBe('');
  const { tensors, metadata } = readSafetensors(readFileSync(features));
  expect(tensors.get('h')?.shape).toEqual([48, 64]);
  expect(tensors.get('images')?.shape).toEqual([48, 3, 32, 32]);
  expect(metadata.step).toBe('5');
  expect(JSON.stringify(metadata)).not.toContain('film0');

  const probed = await headless(
    ...['probe', '--checkpoint', checkpoint, '--data', folder, '--set', 'probeEpochs=5', '--out', out],
  );
  expect(probed.err).toBe('');
  expect(probed.status).toBe(0);
  const last = JSON.parse(probed.out.trimEnd().split('\n').at(-1)!);
  expect(Object.keys(last.auroc)).toEqual(['pretrained', 'random', 'pixels']);
  // The classes differ by a bright disc, which raw pixels cannot miss.
  expect(last.auroc.pixels).toBeGreaterThan(0.9);

  const voted = await headless(
    ...['evaluate', '--task', 'neighbours', '--checkpoint', checkpoint, '--data', folder],
    ...['--set', 'neighbourCount=5', '--out', out],
  );
  expect(voted.err).toBe('');
  const vote = JSON.parse(voted.out.trimEnd().split('\n').at(-1)!);
  expect(vote).toMatchObject({ share: 1, neighbours: 5 });
  expect(vote.auroc.pixels).toBeGreaterThan(0.9);
  rmSync(folder, { recursive: true });
  rmSync(out, { recursive: true });
});

const SIIM = path.resolve('../shared/data/labels/siim-train-rle.synthetic.csv');

test('run lengths of SIIM-ACR beside DICOM films are what a decoder learns from', async () => {
  test.skip(!existsSync(SIIM), 'needs the data folder');
  test.setTimeout(240_000);
  const [folder, out] = ['films-', 'run-'].map((name) => mkdtempSync(path.join(tmpdir(), name)));
  expect(markedFilms('siim', SIIM, folder!)).toEqual({ films: 40, marked: 20 });
  const run = ['--data', folder!, '--out', out!];
  const trained = await headless('pretrain', '--preset', 'smoke', '--steps', '5', '--seed', '1', ...run);
  expect(trained.err).toBe('');
  const checkpoint = path.join(out!, 'checkpoint.safetensors');
  const drawn = await headless(...['evaluate', '--task', 'segmentation', '--checkpoint', checkpoint, ...run]);
  expect(drawn.err).toBe('');
  const { evaluation } = JSON.parse(readFileSync(path.join(out!, 'report.json'), 'utf8'));
  const { films, targets, examples, leftOut } = evaluation.report;
  expect(targets).toEqual(['Pneumothorax']);
  const { train, val, test: tested } = films;
  // Four masks are too small for any pixel of 32 x 32, such as a single one of 1024 x 1024.
  expect(train.withMask + val.withMask + tested.withMask).toBe(16);
  expect(train.without + val.without + tested.without).toBe(24);
  expect(leftOut).toEqual({ unknown: 0, unreadable: 0 });
  // Films are numbered in the order of their paths; a mask has as much of 32 x 32 pixels as of its own frame.
  const expected = readFileSync(SIIM.replace(/csv$/, 'expected.csv'), 'utf8').trim().split('\n').slice(1);
  const pixels = new Map(expected.map((row) => [`${row.split(',')[0]}.dcm`, Number(row.split(',')[2])]));
  const names = [...pixels.keys()].sort();
  expect(examples.length).toBeGreaterThan(0);
  for (const { film, truth } of examples as { film: number; truth: number[] }[]) {
    const inside = truth.reduce((sum, run, at) => sum + (at % 2) * run, 0) / 32 ** 2;
    expect(inside).toBeCloseTo(pixels.get(names[film]!)! / 1024 ** 2, 2);
  }
  for (const one of [folder!, out!]) rmSync(one, { recursive: true });
});

test('a wrong call ends with 2, a failure with 1, each with one line', async () => {
  const unknown = await headless('pretrain', '--data', 'synthetic', '--prset', 'smoke');
  expect(unknown.status).toBe(2);
  expect(unknown.err.trim().split('\n')).toHaveLength(1);
  const out = mkdtempSync(path.join(tmpdir(), 'run-'));
  const empty = mkdtempSync(path.join(tmpdir(), 'empty-'));
  const none = await headless('pretrain', '--data', empty, '--preset', 'smoke', '--steps', '1', '--out', out);
  expect(none.status).toBe(1);
  expect(none.err).toMatch(/^error folder-empty: .+\n$/);
  rmSync(out, { recursive: true });
  rmSync(empty, { recursive: true });
});
