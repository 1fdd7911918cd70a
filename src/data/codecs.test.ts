// Every encoding written by the test encoders and read back through DICOM: sizes that no block divides, one to three
// components, all widths; and what must be refused rather than shown.

import { describe, expect, it, vi } from 'vitest';
import { decodeStored } from './dicom/pixels.ts';
import { greyElements, writeDicom } from './testDicom.ts';
import { TEST_ENCODINGS, type TestEncoding } from './testEncoders.ts';
import { type TestPixels, testPixels } from './testJpeg.ts';

vi.mock('./codecWasm.ts', () => import('./testCodecs.ts'));

function wrap({ width, height, precision, components = 1 }: TestPixels, syntax: string, parts: Uint8Array[]) {
  const short = (tag: number, value: number) => ({ tag, vr: 'US', value: [value] });
  const more = components === 3 ? [short(0x00280002, 3), short(0x00280006, 0)] : [];
  const bits = precision > 8 ? 16 : 8;
  const photometric = components === 3 ? 'RGB' : 'MONOCHROME2';
  const elements = greyElements({ rows: height, cols: width, bits, stored: precision, photometric, more });
  return writeDicom({ syntax, elements, fragments: parts });
}

const cases = Object.entries(TEST_ENCODINGS).flatMap(([name, encoding]) =>
  (encoding.components ?? [1]).flatMap((components) =>
    encoding.precisions.map((precision) => [name, precision, components, encoding] as const),
  ),
);

async function readBack(encoding: TestEncoding, pixels: TestPixels, cuts: readonly number[] = []) {
  const stream = await encoding.encode(pixels);
  const parts = [0, ...cuts].map((from, i) => stream.slice(from, cuts[i]));
  return decodeStored(wrap(pixels, encoding.syntax, parts));
}

describe('compressed pixels', () => {
  it.each(cases)('%s, %d bits, %d components', async (_, precision, components, encoding) => {
    const pixels = testPixels(37, 21, precision, components);
    const { values } = await readBack(encoding, pixels);
    expect(values).toHaveLength(37 * 21 * components);
    const worst = Math.max(...Array.from(values, (value, i) => Math.abs(value - pixels.samples[i]!)));
    expect(worst).toBeLessThanOrEqual(encoding.tolerance * (components === 3 && encoding.tolerance ? 4 : 1));
  });

  it.each(Object.entries(TEST_ENCODINGS))('%s is the same out of several fragments', async (_, encoding) => {
    const pixels = testPixels(16, 16, encoding.precisions[0]!, encoding.components?.[0]);
    const whole = await readBack(encoding, pixels);
    const cut = await readBack(encoding, pixels, [20, 41]);
    expect([...cut.values]).toEqual([...whole.values]);
  });

  it.each(Object.entries(TEST_ENCODINGS))('%s that is cut off is refused', async (_, encoding) => {
    const pixels = testPixels(48, 48, encoding.precisions[0]!, encoding.components?.[0]);
    const stream = await encoding.encode(pixels);
    for (const share of [0.3, 0.7, 0.95]) {
      const cut = stream.subarray(0, Math.floor(stream.length * share));
      await expect(decodeStored(wrap(pixels, encoding.syntax, [cut]))).rejects.toThrow(/damaged|contradicts/);
    }
  });

  it.each(Object.entries(TEST_ENCODINGS))(
    '%s of another size than declared is refused',
    async (_, encoding) => {
      const pixels = testPixels(16, 16, encoding.precisions[0]!, encoding.components?.[0]);
      const stream = await encoding.encode(pixels);
      const declared = { ...pixels, width: 17 };
      await expect(decodeStored(wrap(declared, encoding.syntax, [stream]))).rejects.toThrow('16 x 16');
    },
  );

  it('frames are told apart without an offset table, by where streams begin', async () => {
    const encoding = TEST_ENCODINGS['JPEG 2000']!;
    const [one, two] = [testPixels(16, 16, 12), testPixels(16, 16, 12)];
    const streams = [
      await encoding.encode(one),
      await encoding.encode({ ...two, samples: [...one.samples].reverse() }),
    ];
    const parts = streams.flatMap((stream) => [stream.slice(0, 30), stream.slice(30)]);
    const more = [{ tag: 0x00280008, vr: 'IS', value: '2' }];
    const elements = greyElements({ rows: 16, cols: 16, stored: 12, more });
    const { values, frames } = await decodeStored(
      writeDicom({ syntax: encoding.syntax, elements, fragments: parts }),
    );
    expect(frames).toBe(2);
    expect([...values]).toEqual([...one.samples, ...[...one.samples].reverse()]);
  });
});
