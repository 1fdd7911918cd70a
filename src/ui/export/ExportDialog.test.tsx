// @vitest-environment happy-dom
// The dialog of exports: what it offers and why not, and what its buttons save, with an engine that hands out a real checkpoint.

import { fireEvent, screen, within } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import { writeCheckpoint } from '../../checkpoint/checkpoint.ts';
import { isBufferName, type NamedTensor } from '../../checkpoint/stateDict.ts';
import { presetConfig } from '../../config/presets.ts';
import { type Config, parseConfig } from '../../config/schema.ts';
import { fakeEvaluation } from '../../fake/report.ts';
import { networkOf } from '../../methods/engines.ts';
import { type DatasetSummary, filmTable } from '../../protocol/dataset.ts';
import { EMPTY_STATUS } from '../../protocol/engine.ts';
import { takeClient } from '../../store/client.ts';
import { Series } from '../../store/curves/series.ts';
import { useDataset } from '../../store/films/dataset.ts';
import { EXPORT_NAMES, EXPORTS, showExports, useExports } from '../../store/run/exports.ts';
import { useRuns } from '../../store/run/runs.ts';
import { useSession } from '../../store/session.ts';
import { drawFrom } from '../../train/initialise.ts';
import {
  readSafetensors,
  type StoredTensor,
  type WritableDtype,
  writeSafetensors,
} from '../../util/safetensors.ts';
import type { PlaygroundClient } from '../../worker/client.ts';
import { mount } from '../testPage.tsx';
import { ExportDialog } from './ExportDialog.tsx';

const saved = vi.hoisted(() => [] as { name: string; blob: Blob }[]);
vi.mock('../shell/download.ts', () => ({
  saveBlob: (name: string, blob: Blob) => saved.push({ name, blob }),
}));

const configOf = (method: 'vicreg' | 'mlvicx'): Config =>
  parseConfig(
    { method, width: 4, projectorHidden: 16, embeddingDim: 16, levelChannels: 8 },
    presetConfig('smoke'),
  );

function checkpointOf(config: Config): Uint8Array {
  const { storages, buffers } = networkOf(config);
  const draw = drawFrom(1);
  const specs = [...storages.flatMap(({ parameters }) => parameters), ...buffers];
  const values = specs.map((spec): [string, NamedTensor] => [
    spec.name,
    { shape: spec.shape, data: draw(spec) },
  ]);
  return writeCheckpoint({
    parameters: new Map(values.filter(([name]) => !isBufferName(name))),
    buffers: new Map(values.filter(([name]) => isBufferName(name))),
    optimiserState: new Map(),
    ...{ config, step: 7, fingerprint: 'abc', start: 'random' },
  });
}

const tensors = new Map<string, StoredTensor<WritableDtype>>([
  ['h', { dtype: 'F32', shape: [1, 2], data: Float32Array.of(1, 2) }],
  ['split', { dtype: 'U8', shape: [1], data: Uint8Array.of(0) }],
  ['labels', { dtype: 'U8', shape: [1, 1], data: Uint8Array.of(1) }],
]);
const SECRET = 'ward-nine-miller';
const films = filmTable([
  {
    ...{ path: `${SECRET}.png`, patient: SECRET, split: 'train', format: 'png', width: 1, height: 1 },
    labels: Uint8Array.of(1),
  },
]);
const SUMMARY = {
  ...{ name: SECRET, synthetic: false, filmTable: films, findings: ['mass'], fingerprint: 'abc' },
  ...{ films: { train: 1, val: 0, test: 0 }, patients: { train: 1, val: 0, test: 0 }, counts: [] },
} as unknown as DatasetSummary;

function withModel(config: Config): void {
  const engine = {
    exportCheckpoint: async () => checkpointOf(config),
    scoreLayer: async () => null,
    features: async () => writeSafetensors(tensors, { findings: '["mass"]' }),
  };
  takeClient(() => ({ engine, fault: new Promise(() => {}), dispose() {} }) as unknown as PlaygroundClient);
  useSession.setState({
    runConfig: config,
    status: { ...EMPTY_STATUS, state: 'paused', step: 7 },
    engineData: { name: '', fingerprint: 'abc', films: 1 } as never,
  });
  useDataset.setState({ summary: SUMMARY });
}

const run = (config: Config) => ({
  ...{
    id: 'a',
    name: 'A run',
    preset: null,
    config,
    start: 'random',
    colour: 0,
    startedAt: 0,
    pinned: false,
  },
  series: new Series(),
  evaluations: [fakeEvaluation('linear', config, 7)],
});

const open = () => {
  showExports(true);
  mount(<ExportDialog />);
};
const button = (name: string) => screen.getByTestId<HTMLButtonElement>(`export-${name}`);
async function press(name: string): Promise<{ name: string; bytes: Uint8Array }> {
  fireEvent.click(button(name));
  await vi.waitFor(() => expect(saved).toHaveLength(1));
  await vi.waitFor(() => expect(useExports.getState().making).toBeNull());
  const { name: file, blob } = saved.pop()!;
  return { name: file, bytes: new Uint8Array(await blob.arrayBuffer()) };
}

beforeEach(() => {
  saved.length = 0;
  useExports.setState(useExports.getInitialState());
  useRuns.setState(useRuns.getInitialState());
  useSession.setState(useSession.getInitialState());
  useDataset.setState({ summary: null });
});

it('offers nothing before there is a model, and says why', () => {
  open();
  for (const name of EXPORT_NAMES) expect(button(name).disabled).toBe(true);
  expect(screen.getAllByText('There is no model yet: press Play first.').length).toBeGreaterThan(3);
  expect(button('onnx').getAttribute('aria-describedby')).toBe('export-onnx-words export-onnx-why');
});

it('says of every entry what it is for', () => {
  open();
  for (const name of EXPORT_NAMES) {
    const row = document.querySelector<HTMLElement>(`[data-export=${name}]`)!;
    expect(within(row).getByText(EXPORTS[name].words)).toBeTruthy();
  }
});

it('saves the model in each form, with its card, and no name of a film', async () => {
  withModel(configOf('vicreg'));
  open();
  const found = new Map<string, Uint8Array>();
  for (const name of ['checkpoint', 'torchvision', 'onnx', 'card', 'features', 'table', 'bundle']) {
    const file = await press(name);
    found.set(file.name, file.bytes);
  }
  expect([...found.keys()]).toEqual([
    'mlvicx-step-7.safetensors',
    'resnet18-step-7.safetensors',
    'encoder-step-7.onnx',
    'MODEL_CARD.md',
    'features-step-7.npz',
    'features-step-7.csv',
    'pytorch-step-7.zip',
  ]);
  const text = (name: string) => new TextDecoder().decode(found.get(name));
  expect(text('MODEL_CARD.md')).toMatch(/# VICReg on chest films.*1 of 1 patient for training.*seed/s);
  for (const name of ['mlvicx-step-7.safetensors', 'resnet18-step-7.safetensors']) {
    expect(readSafetensors(found.get(name)!).metadata).toMatchObject({
      format: 'pt',
      card: text('MODEL_CARD.md'),
    });
  }
  expect(text('encoder-step-7.onnx')).toContain('Not a medical device');
  expect(text('features-step-7.csv')).toBe('film,part,mass,h0,h1\n0,train,1,1,2\n');
  for (const name of found.keys()) expect(text(name)).not.toContain(SECRET);
  expect(useSession.getState().error).toBeNull();
});

it('offers no plain encoder where there are context bottlenecks, and the scores of a run that was evaluated', async () => {
  const config = configOf('mlvicx');
  withModel(config);
  useRuns.setState({ runs: [run(config)], liveId: 'a' });
  open();
  expect(button('torchvision').disabled).toBe(true);
  expect(screen.getByText(/context bottlenecks have no place/)).toBeTruthy();
  expect((await press('scores')).name).toBe('a-run-scores.csv');
  const card = new TextDecoder().decode((await press('card')).bytes);
  expect(card).toContain('encoder at step 7');
});
