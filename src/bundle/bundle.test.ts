// A bundle as files, and, where a python3 with PyTorch is found, as a program: it begins a run, goes on with it on one process and
// on two to the same weights, and draws the films and views that this program draws.

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encode } from 'fast-png';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type Checkpoint,
  readCheckpoint,
  requireWeights,
  writeCheckpoint,
} from '../checkpoint/checkpoint.ts';
import { presetConfig } from '../config/presets.ts';
import { type Config, parseConfig } from '../config/schema.ts';
import { drawView, viewNumbers } from '../data/augment.ts';
import { toGrey } from '../data/grayscale.ts';
import { decodePngFile } from '../data/raster/raster.ts';
import { shrink } from '../data/resize.ts';
import { networkOf } from '../methods/engines.ts';
import { METHOD_NAMES } from '../methods/records.ts';
import { filmTable } from '../protocol/dataset.ts';
import { Rng } from '../util/rng.ts';
import { bundleFiles, filmsCsv, IN_PYTORCH, metadataOf } from './bundle.ts';

const PYTHON = path.join(import.meta.dirname, 'python');
const python = Object.fromEntries(
  readdirSync(PYTHON)
    .filter((name) => /\.(py|md)$/.test(name))
    .map((name) => [name, readFileSync(path.join(PYTHON, name), 'utf8')]),
);

const TINY = { width: 4, projectorHidden: 16, embeddingDim: 16, batchSize: 8, maxSteps: 40, seed: 5 };
const tiny = (changes: Partial<Config>): Config =>
  parseConfig({ ...TINY, ...changes }, presetConfig('smoke'));

function beginning(config: Config): Record<string, string> {
  const empty = { parameters: new Map(), buffers: new Map(), optimiserState: new Map() };
  return metadataOf(writeCheckpoint({ ...empty, config, step: 0, fingerprint: '', start: 'random' }));
}

/** 20 grey films of which every fifth is for testing. */
const FILMS = Array.from({ length: 20 }, (_, i) => ({
  path: `ward, ${i % 3}/film${i}.png`,
  patient: `p${i}`,
  split: i % 5 === 4 ? ('test' as const) : ('train' as const),
  format: 'png' as const,
  width: 70 + i,
  height: 64,
  labels: Uint8Array.of(i % 2, i % 3 === 0 ? 255 : 1),
}));
const TABLE = { filmTable: filmTable(FILMS), findings: ['effusion', 'mass, "large"'] };

describe('the table of parts', () => {
  it('names films by a hash of their paths, unless names are asked for', async () => {
    const lines = (await filmsCsv(TABLE, { names: false })).split('\n');
    expect(lines[0]).toBe('film,part,effusion,"mass, ""large"""');
    expect(lines).toHaveLength(FILMS.length + 2);
    expect(lines[5]).toMatch(/^sha256:[0-9a-f]{32},test,0,1$/);
    expect(lines.join()).not.toMatch(/ward|film\d/);
    expect((await filmsCsv(TABLE, { names: true })).split('\n')[1]).toBe('"ward, 0/film0.png",train,0,');
  });
});

describe('a bundle', () => {
  it('is complete, and its methods are methods of this program', () => {
    const files = bundleFiles({
      python,
      metadata: beginning(tiny({ method: 'barlow' })),
      films: 'film,part\n',
    });
    expect([...files.keys()].sort()).toEqual([...Object.keys(python), 'films.csv', 'run.json'].sort());
    const run = JSON.parse(new TextDecoder().decode(files.get('run.json')));
    expect(run.config).toMatchObject({ method: 'barlow', offDiagonalWeight: 0.0051, batchSize: 8 });
    expect(METHOD_NAMES).toEqual(expect.arrayContaining([...IN_PYTORCH]));
  });

  it('is refused by name for a method that it does not have', () => {
    const metadata = { ...beginning(tiny({})), config: '{"method": "another"}' };
    expect(() => bundleFiles({ python, metadata })).toThrow(/the method another/);
  });
});

const found = ['python3', '/usr/bin/python3'].find(
  (name) => spawnSync(name, ['-c', 'import torch, numpy, PIL']).status === 0,
);
/** A program starts in seconds, and four of them in a row on a busy machine take their time. */
const LONG = 400_000;
const title = found ? `with ${found}` : 'skipped: no python3 with torch, numpy and Pillow was found';

describe.skipIf(!found)(`the program in a bundle, ${title}`, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bundle-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const data = path.join(folder, 'films');
  for (const { path: name, width, height } of FILMS) {
    const rng = new Rng(1, 'synthetic', width);
    const [across, down] = [rng.uniform(3, 9), rng.uniform(3, 9)];
    const plane = Uint8Array.from({ length: width * height }, (_, i) => {
      const wave = Math.sin((i % width) / across) + Math.cos(Math.floor(i / width) / down);
      return Math.min(255, Math.max(0, 120 + 50 * wave + 15 * rng.normal()));
    });
    mkdirSync(path.dirname(path.join(data, name)), { recursive: true });
    writeFileSync(path.join(data, name), encode({ width, height, data: plane, channels: 1, depth: 8 }));
  }

  async function unpacked(name: string, config: Config): Promise<string> {
    const here = path.join(folder, name);
    mkdirSync(here, { recursive: true });
    const films = await filmsCsv(TABLE, { names: false });
    for (const [file, bytes] of bundleFiles({ python, metadata: beginning(config), films })) {
      writeFileSync(path.join(here, file), bytes);
    }
    return here;
  }

  async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** Runs a program on so many processes, as torchrun would start them. Returns what the first of them said. */
  async function run(here: string, processes: number, ...argv: string[]): Promise<string> {
    const shared = {
      ...process.env,
      OMP_NUM_THREADS: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      MASTER_ADDR: '127.0.0.1',
      MASTER_PORT: String(await freePort()),
      WORLD_SIZE: String(processes),
    };
    const ends = Array.from({ length: processes }, async (_, rank) => {
      const env = processes > 1 ? { ...shared, RANK: String(rank), LOCAL_RANK: String(rank) } : shared;
      const child = spawn(found!, argv, { cwd: here, env });
      let said = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk) => {
          said += String(chunk);
        });
      }
      const status = await new Promise((resolve) => child.on('close', resolve));
      if (status !== 0) throw new Error(said);
      return said;
    });
    return (await Promise.all(ends))[0]!;
  }

  const train = (here: string, processes: number, out: string, ...argv: string[]) =>
    run(here, processes, 'train.py', '--data', data, '--out', out, '--workers', '0', ...argv);

  function written(here: string, out: string): Checkpoint {
    const checkpoint = readCheckpoint(readFileSync(path.join(here, out, 'checkpoint.safetensors')));
    requireWeights(networkOf(checkpoint.config), checkpoint);
    return checkpoint;
  }

  it.each([
    ['mlvicx', 'lars'],
    ['barlow', 'lars'],
    ['simclr', 'adamw'],
    ['byol', 'lars'],
    ['moco', 'lars'],
    ['vicregl', 'lars'],
    ['supervised', 'adamw'],
  ] as const)(
    'begins a run of %s with %s; two processes go on to the weights of one',
    async (method, optimiser) => {
      const here = await unpacked(method, tiny({ method, optimiser, learningRate: 0.1, weightDecay: 1e-4 }));
      expect(await train(here, 1, 'first', '--steps', '3')).toMatch(
        /16 films for training, 4 in other parts/,
      );
      expect(written(here, 'first')).toMatchObject({
        step: 3,
        config: { method, maxSteps: 40, batchSize: 8 },
      });
      const resume = ['--resume', 'first/checkpoint.safetensors', '--steps', '2'];
      await train(here, 1, 'one', ...resume);
      await train(here, 2, 'two', ...resume);
      const [before, one, two] = ['first', 'one', 'two'].map((out) => written(here, out));
      expect(two!.step).toBe(5);
      let [moved, apart] = [0, 0];
      for (const [name, { data: values }] of one!.parameters) {
        // The gradient of a bias in front of a norm is rounding, which AdamW makes a whole step of.
        if (name.endsWith('.bias')) continue;
        const [from, other] = [before!.parameters.get(name)!.data, two!.parameters.get(name)!.data];
        values.forEach((value, i) => {
          moved += (value - from[i]!) ** 2;
          apart += (value - other[i]!) ** 2;
        });
      }
      expect(moved).toBeGreaterThan(0);
      expect(Math.sqrt(apart / moved)).toBeLessThan(5e-3);
      expect([...two!.optimiserState.keys()]).toEqual(
        optimiser === 'lars' ? ['momentum'] : ['moment1', 'moment2'],
      );
    },
  );

  it(
    'says what another batch size does to the rate',
    async () => {
      const here = await unpacked('rate', tiny({ method: 'vicreg', optimiser: 'lars', learningRate: 0.32 }));
      const said = await train(here, 1, 'out', '--steps', '1', '--batch-size', '16');
      expect(said).toMatch(/LARS takes rate x batch \/ 256: 0.01 -> 0.02. --keep-rate keeps it/);
      const kept = await train(here, 1, 'kept', '--steps', '1', '--batch-size', '16', '--keep-rate');
      expect(kept).toMatch(/The rate is kept at 0.01/);
      expect(written(here, 'kept').config).toMatchObject({ batchSize: 16, learningRate: 0.16 });
    },
    LONG,
  );

  it('reads films as this program does: 16 bits of which 12 are in use, colour, and what is larger than it keeps', async () => {
    const here = await unpacked('films', tiny({}));
    const [width, height] = [131, 97];
    const deep = Uint16Array.from({ length: width * height }, (_, i) => (i * 37) % 4000);
    const colour = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * i) % 253);
    const files = {
      'deep.png': encode({ width, height, data: deep, channels: 1, depth: 16 }),
      'colour.png': encode({ width, height, data: colour, channels: 3, depth: 8 }),
    };
    for (const [name, bytes] of Object.entries(files)) writeFileSync(path.join(here, name), bytes);
    const program = `
import json
from pathlib import Path
from films import grey_levels, shrunk
print(json.dumps([shrunk(grey_levels(Path(name)), 60).tolist() for name in ("deep.png", "colour.png")]))`;
    const found: number[][][] = JSON.parse(await run(here, 1, '-c', program));
    for (const [i, bytes] of Object.values(files).entries()) {
      const { values, recipe } = await decodePngFile(bytes as Uint8Array<ArrayBuffer>);
      const grey = recipe ? toGrey(values, recipe).plane : Uint8Array.from(values);
      const plane = shrink({ width, height, bytes: grey }, 60);
      expect([found[i]![0]!.length, found[i]!.length]).toEqual([plane.width, plane.height]);
      const apart = found[i]!.flat().map((level, at) => Math.abs(level - plane.bytes[at]!));
      expect(Math.max(...apart)).toBeLessThanOrEqual(1);
      expect(apart.filter((difference) => difference > 0).length / apart.length).toBeLessThan(0.05);
    }
  });

  it('draws the order of films and the views that this program draws', async () => {
    const config = tiny({ rotation: 20, solariseProbability1: 0.5 });
    const here = await unpacked('views', config);
    const program = `
import json
from rng import Rng
from views import draw_view
config = json.load(open("run.json"))["config"]
drawn = [draw_view(config, view, step, 7, (300, 211)) for view in (1, 2) for step in range(6)]
print(json.dumps([Rng(5, "order", 3).permutation(50), drawn]))`;
    const [order, drawn] = JSON.parse(await run(here, 1, '-c', program));
    expect(order).toEqual([...new Rng(5, 'order', 3).permutation(50)]);
    const wanted = ([1, 2] as const).flatMap((view) =>
      Array.from({ length: 6 }, (_, step) => drawView(viewNumbers(5, view, step, 7), view, 300, 211, config)),
    );
    for (const [i, { box, flip, rotation, sigma, solarise, jitter }] of wanted.entries()) {
      const found = drawn[i];
      const { left, top, width, height } = box;
      expect(found.box).toEqual([left, top, left + width, top + height]);
      expect(found).toMatchObject({ flip, solarised: solarise, blurred: sigma !== null });
      expect(found.rotation).toBeCloseTo(rotation, 12);
      if (sigma !== null) expect(found.sigma).toBeCloseTo(sigma, 12);
      expect(found.jittered).toBe(jitter.length > 0);
      for (const { op, factor } of jitter) expect(found[op]).toBeCloseTo(factor, 12);
      if (jitter[0]) expect(found.brightness_first).toBe(jitter[0].op === 'brightness');
    }
  });
});
