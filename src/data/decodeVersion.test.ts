// Decoded films outlive the program that made them: when what decoding yields changes, so must its version, or old films
// would be taken for new ones. The digest below is of films that touch each part of decoding.

import { createHash } from 'node:crypto';
import { encode } from 'fast-png';
import { expect, test } from 'vitest';
import { Rng } from '../util/rng.ts';
import { decodeFilm } from './decode.ts';
import { DECODE_VERSION, decodeOptionsKey } from './decodeVersion.ts';
import { greyElements, writeDicom } from './testDicom.ts';

/** Raise DECODE_VERSION first, then record the new digest beside it. */
const RECORDED = { version: 2, digest: 'f9942d6e29397c54' };

const rng = new Rng(3, 'synthetic');
const [width, height] = [61, 47];
const noise = (levels: number) => Array.from({ length: width * height }, () => rng.int(levels));
const png = (data: Uint8Array | Uint16Array, channels: 1 | 3, depth: 8 | 16) =>
  encode({ width, height, data, channels, depth }).slice();
const dicom = (photometric: string) =>
  writeDicom({
    elements: greyElements({ rows: 5, cols: 7, photometric, pixels: noise(4096).slice(0, 35), stored: 12 }),
  }).slice();

test('what decoding yields is of the version that it says', async () => {
  const files = [
    png(Uint8Array.from(noise(256)), 1, 8),
    png(Uint16Array.from(noise(65536)), 1, 16),
    png(Uint8Array.from([...noise(256), ...noise(256), ...noise(256)]), 3, 8),
    dicom('MONOCHROME1'),
    dicom('MONOCHROME2'),
  ];
  const hash = createHash('sha256');
  for (const file of files) {
    const {
      thumbnail: _,
      plane,
      ...facts
    } = await decodeFilm(new Blob([file]), { planeSize: 32, thumbnailSize: 8 });
    hash.update(plane).update(JSON.stringify(Object.entries(facts).sort()));
  }
  expect({ version: DECODE_VERSION, digest: hash.digest('hex').slice(0, 16) }).toEqual(RECORDED);
  expect(decodeOptionsKey(224)).not.toBe(decodeOptionsKey(225));
});
