// A ResNet-18 of any width under torchvision's names, with made-up weights, as a safetensors file.

import { type StoredTensor, writeSafetensors } from '../../src/util/safetensors.ts';

type Tensors = Map<string, StoredTensor<'F32'>>;

function add(tensors: Tensors, name: string, shape: readonly number[], value?: number): void {
  const count = shape.reduce((product, size) => product * size, 1);
  const scale = 1 / Math.sqrt(count / (shape[0] ?? 1));
  const data = Float32Array.from({ length: count }, (_, i) => value ?? scale * Math.sin(i * i + name.length));
  tensors.set(name, { dtype: 'F32', shape, data });
}

function addNorm(tensors: Tensors, name: string, channels: number): void {
  add(tensors, `${name}.weight`, [channels], 1);
  add(tensors, `${name}.bias`, [channels], 0);
  add(tensors, `${name}.running_mean`, [channels], 0);
  add(tensors, `${name}.running_var`, [channels], 1);
}

export function resnetFile(width: number): Buffer {
  const tensors: Tensors = new Map();
  add(tensors, 'conv1.weight', [width, 3, 7, 7]);
  addNorm(tensors, 'bn1', width);
  let inputs = width;
  for (const [stage, factor] of [1, 2, 4, 8].entries()) {
    const outputs = factor * width;
    for (const block of [0, 1]) {
      const name = `layer${stage + 1}.${block}`;
      add(tensors, `${name}.conv1.weight`, [outputs, inputs, 3, 3]);
      addNorm(tensors, `${name}.bn1`, outputs);
      add(tensors, `${name}.conv2.weight`, [outputs, outputs, 3, 3]);
      addNorm(tensors, `${name}.bn2`, outputs);
      if (inputs !== outputs) {
        add(tensors, `${name}.downsample.0.weight`, [outputs, inputs, 1, 1]);
        addNorm(tensors, `${name}.downsample.1`, outputs);
      }
      inputs = outputs;
    }
  }
  add(tensors, 'fc.weight', [10, inputs]);
  add(tensors, 'fc.bias', [10]);
  return Buffer.from(writeSafetensors(tensors));
}
