// Dawn in Node takes a card for a card, and a driver on the processor for what it is, whoever offers it.
import { expect, test } from 'vitest';
import { suits } from './dawn.ts';

const info = (fields: object) => fields as GPUAdapterInfo;
const card = info({
  vendor: 'intel',
  architecture: 'gen-12lp',
  description: '',
  device: '',
  isFallbackAdapter: false,
});
const lavapipe = info({
  vendor: 'mesa',
  architecture: '',
  description: 'llvmpipe (LLVM 15.0.6, 256 bits)',
  device: '',
});
const swiftShader = info({ vendor: 'google', architecture: 'swiftshader', isFallbackAdapter: true });

test.each([
  [card, [true, true, false]],
  [lavapipe, [false, false, true]],
  [swiftShader, [false, false, true]],
  [null, [false, false, false]],
])('%j', (adapter, wanted) => {
  expect([undefined, 'hardware', 'software'].map((asked) => suits(adapter, asked))).toEqual(wanted);
});
