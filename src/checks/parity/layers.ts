// Fixtures of single layers. Bottleneck: the context bottleneck with output, both gates and all gradients. Resize-project: five
// attended maps to the input of the local projector, in the form that needs no resize, against the published resize, 1x1
// convolutions, sum and pooling; and the matrices of that form.

import { fromTorchLayout, toTorchLayout } from '../../checkpoint/stateDict.ts';
import { shape4, type Tensor, tf } from '../../gpu/kernel.ts';
import { levelPlaces, POOLED_SIDE, packLevelMatrices } from '../../gpu/kernels/pool/levelPool.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { PooledLevels } from '../../methods/encoder/levels.ts';
import { bottleneckWeights } from '../../methods/encoder/network.ts';
import { levelConvs, onesForBiases, projectedLevels } from '../../methods/mlvicx/network.ts';
import { contextBottleneck } from '../../nn/blocks.ts';
import { Parameters } from '../../nn/parameters.ts';
import { Tape } from '../../nn/tape.ts';
import type { Fixture } from './fixtures.ts';
import { takeAll, toChannelMajor, toNchw, toNhwc, toPositionMajor, upload } from './layouts.ts';
import type { Rows } from './rows.ts';

interface ResizeFixture {
  readonly out_size: number;
}

const POSITIONS = POOLED_SIDE * POOLED_SIDE;
const MATRIX = /^P_(\d+)_(\d+)$/;

export async function checkResizeProject(fixture: Fixture, rows: Rows, runtime: Runtime): Promise<void> {
  const matrices = [...fixture.tensors.keys()].filter((name) => MATRIX.test(name));
  for (const name of matrices) checkMatrix(fixture, rows, name);
  if (matrices.length === 0) await checkLevels(fixture, rows, runtime);
}

function checkMatrix(fixture: Fixture, rows: Rows, name: string): void {
  const [, size, side] = MATRIX.exec(name)!.map(Number) as [number, number, number];
  const packed = packLevelMatrices(size, [[side, side]]);
  // One for the rows, one for the columns; both are the same for a square map.
  rows.compare('levelMatrix', name, packed.subarray(0, packed.length / 2), fixture.numbers(name));
}

async function checkLevels(fixture: Fixture, rows: Rows, runtime: Runtime): Promise<void> {
  const { out_size: size } = fixture.describe<ResizeFixture>('out_size');
  const names = [1, 2, 3, 4, 5].map((level) => `map${level}`);
  const shapes = names.map((name) => fixture.shape(name) as [number, number, number, number]);
  const films = shapes[0]![0];
  const widths = shapes.map(([, channels]) => channels);
  const outputs = fixture.shape('convs.0.weight')[0]!;
  const storages = levelConvs(widths, outputs);
  const recordedName = (name: string) => name.replace(/^.*\.convs\./, 'convs.');
  const parameters = new Parameters({ storages, buffers: [] }, ({ name }) => {
    const recorded = recordedName(name);
    const stored = { shape: fixture.shape(recorded), data: fixture.floats(recorded) };
    return fromTorchLayout(name, stored).data;
  });

  const tape = new Tape();
  const pass = { parameters, tape, norm: 'train', groups: 1 } as const;
  const made = new Map<string, Tensor>();
  const levels = names.map((name, i) => {
    const [n, c, h, w] = shapes[i]!;
    const map = upload(toNhwc(fixture.floats(name), shapes[i]!), [n, h, w, c]);
    tape.watch(map, (gradient) => made.set(`grad_${name}`, gradient.clone()));
    return map;
  });
  const packed = packLevelMatrices(
    size,
    shapes.map(([, , h, w]) => [h, w] as const),
  );
  const matrices = upload(packed, [packed.length]);
  const places = levelPlaces(shapes.map(([, c, h, w]) => [h, w, c] as const));
  const memory = tf.zeros([films, POSITIONS, places[0]!.total]);
  const ones = onesForBiases(films);
  const pooledLevels = new PooledLevels(pass, { matrices, places }, memory);
  levels.forEach((map, i) => {
    pooledLevels.add(i + 1, map);
  });
  const projected = projectedLevels(pass, pooledLevels.summary, ones);
  made.set('pooled', projected.clone());
  const upstream = toPositionMajor(fixture.floats('grad_pooled'), films, POSITIONS);
  tape.accumulate(projected, upload(upstream, [films, POSITIONS * outputs]));
  for (const [name, gradient] of tape.backward()) made.set(name, gradient);
  const found = await takeAll(runtime, made);
  tf.dispose([...levels, matrices, memory, ones]);
  parameters.dispose();

  const pooled = toChannelMajor(found.get('pooled')!, films, POSITIONS);
  const wanted = fixture.numbers('pooled');
  rows.compare('pooled', 'pooled', pooled, wanted);
  const gap = pooled.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i]!)), 0);
  rows.add('identity', 'identity', gap / wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
  names.forEach((name, i) => {
    const [n, c, h, w] = shapes[i]!;
    const gradient = toNchw(found.get(`grad_${name}`)!, [n, h, w, c]);
    rows.compare('pooledGradient', `grad_${name}`, gradient, fixture.numbers(`grad_${name}`));
  });
  for (const storage of storages) {
    const values = found.get(storage.name)!;
    let at = 0;
    for (const { name, shape } of storage.parameters) {
      const size = shape.reduce((a, b) => a * b, 1);
      const recorded = `grad.${recordedName(name)}`;
      const reference = { shape: fixture.shape(recorded), data: fixture.floats(recorded) };
      const ours = fromTorchLayout(name, reference).data;
      rows.compare('pooledGradient', recorded, values.subarray(at, at + size), ours);
      at += size;
    }
  }
}

const NAME = 'weight';

export async function checkBottleneck(fixture: Fixture, rows: Rows, runtime: Runtime): Promise<void> {
  const shape = fixture.shape('input');
  const [n, c, h, w] = shape4(shape);
  const storages = bottleneckWeights(NAME, c);
  const parameters = new Parameters({ storages, buffers: [] }, ({ name }) => {
    const stored = { shape: fixture.shape(name), data: fixture.floats(name) };
    return fromTorchLayout(name, stored).data;
  });
  const tape = new Tape();
  const made = new Map<string, Tensor>();
  const x = upload(toNhwc(fixture.floats('input'), shape), [n, h, w, c]);
  tape.watch(x, (gradient) => made.set('grad_input', gradient.clone()));
  const out = contextBottleneck(
    { parameters, tape, norm: 'train', groups: 1 },
    NAME,
    x,
    (spatial, channel) => {
      made.set('gate_spatial', spatial.clone()).set('gate_channel', channel.clone());
    },
  );
  made.set('output', out.clone());
  tape.accumulate(out, upload(toNhwc(fixture.floats('grad_output'), shape), [n, h, w, c]));
  for (const [name, gradient] of tape.backward()) made.set(name, gradient);
  const found = await takeAll(runtime, made);
  x.dispose();
  parameters.dispose();

  const nhwc = [n, h, w, c];
  rows.compare('gates', 'output', toNchw(found.get('output')!, nhwc), fixture.numbers('output'));
  rows.compare('gates', 'gate_channel', found.get('gate_channel')!, fixture.numbers('gate_channel'));
  rows.compare('gates', 'gate_spatial', found.get('gate_spatial')!, fixture.numbers('gate_spatial'));
  const dx = toNchw(found.get('grad_input')!, nhwc);
  rows.compare('gatesGradient', 'grad_input', dx, fixture.numbers('grad_input'));
  for (const { name, shape: ours } of storages) {
    const recorded = name.replace(NAME, 'grad');
    const gradient = toTorchLayout(name, { shape: ours, data: found.get(name)! });
    rows.compare('gatesGradient', recorded, gradient.data, fixture.numbers(recorded));
  }
}
