import { deflateRawSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { describeForeign } from './fileKind.ts';
import { readSafetensors } from './safetensors.ts';

const text = (value: string) => new TextEncoder().encode(value);
const bytes = (head: readonly number[], more = 200) =>
  Uint8Array.from([...head, ...new Uint8Array(more).fill(120)]);
const MAGIC = [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
const page = '<!doctype html><html><head><title>404</title></head></html>';

describe('a file that is no safetensors', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /empty/],
    [
      '.pth',
      zipSync({ 'archive/data.pkl': bytes([0x80, 2]), 'archive/version': text('3\n') }),
      /PyTorch file \(\.pth.*torch\.load/,
    ],
    ['.npz', zipSync({ 'weights.npy': bytes([0x93]) }), /NumPy archive.*safetensors\.numpy/],
    ['.keras', zipSync({ 'metadata.json': text('{}'), 'config.json': text('{}') }), /Keras/],
    ['a ZIP of something', zipSync({ 'a.bin': deflateRawSync(text('x')) }), /ZIP archive/],
    ['an old .pth', bytes(MAGIC), /old PyTorch file.*torch\.load/],
    ['a pickle of protocol 4', bytes([0x80, 4, 0x95]), /pickle/],
    ['a pickle of protocol 0', text('(dp0\nS"a"\np1\nI1\ns.'), /pickle/],
    [
      'a git-lfs pointer',
      text('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 44704000\n'),
      /git lfs pull/,
    ],
    ['a web page', text(page), /web page/],
    [
      'a web page after blanks and a mark',
      Uint8Array.from([0xef, 0xbb, 0xbf, ...text(`\n  ${page}`)]),
      /web page/,
    ],
    ['an XML answer', text('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'), /web page/],
    ['.h5', bytes([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]), /HDF5/],
    ['.onnx', bytes([8, 7, 0x12, 7, ...text('pytorch')]), /ONNX/],
    ['.onnx by another exporter', bytes([8, 8, 0x1a, 3, ...text('tf2')]), /ONNX/],
    ['.tflite', bytes([0x1c, 0, 0, 0, ...text('TFL3')]), /TensorFlow Lite/],
    ['.npy', bytes([0x93, ...text('NUMPY')]), /NumPy array/],
    ['gzip', bytes([0x1f, 0x8b, 8]), /gzip.*Unpack/],
    [
      'tar',
      Uint8Array.from([...new Uint8Array(257).fill(97), ...text('ustar'), ...new Uint8Array(40)]),
      /tar archive/,
    ],
    [
      'an index',
      text(`{"metadata":{"total_size":1},"weight_map":{"a":"b"}}${' '.repeat(40)}`),
      /index of a model/,
    ],
    ['JSON', text('{"a": 1, "b": [1, 2, 3]}'), /JSON/],
    ['a picture', bytes([0x89, 0x50, 0x4e, 0x47]), /picture/],
    ['a text', text('ResNet-18, trained for 90 epochs'), /a text/],
  ])('%s is named, with the way to convert it', (_, file, words) => {
    expect(describeForeign(file)).toMatch(words);
    expect(() => readSafetensors(file)).toThrow(words);
  });

  it('of no known kind keeps its own reason', () => {
    expect(() => readSafetensors(new Uint8Array(40).fill(255))).toThrow(/claims .* bytes/);
  });
});
