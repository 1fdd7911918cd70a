// Bottleneck fixtures: the context bottleneck as a layer of its own, with output, both gates and all gradients.

import { fromTorchLayout, toTorchLayout } from '../../checkpoint/stateDict.ts';
import { shape4, type Tensor } from '../../gpu/kernel.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { bottleneckWeights } from '../../methods/encoder/network.ts';
import { contextBottleneck } from '../../nn/blocks.ts';
import { Parameters } from '../../nn/parameters.ts';
import { Tape } from '../../nn/tape.ts';
import type { Fixture } from './fixtures.ts';
import { takeAll, toNchw, toNhwc, upload } from './layouts.ts';
import type { Rows } from './rows.ts';

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
