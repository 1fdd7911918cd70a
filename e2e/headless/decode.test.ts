import { describe, expect, test } from 'vitest';
import type { StoredRow } from '../../src/protocol/film.ts';
import { UsageError } from './arguments.ts';
import { decode, storedLine, throughputLine } from './decode.ts';

const decoded: StoredRow = {
  file: 'ward/a.dcm',
  ok: true,
  transferSyntax: '1.2.840.10008.1.2.4.90',
  rows: 512,
  cols: 400,
  min: -5,
  max: 900,
  mean: 12.5,
  sha256: 'abc',
  code: null,
  reason: null,
};
const refused: StoredRow = {
  ...decoded,
  file: 'b\u001b[2J.dcm',
  ok: false,
  transferSyntax: null,
  rows: null,
  cols: null,
  min: null,
  max: null,
  mean: null,
  sha256: null,
  code: 'dicom-no-pixels',
  reason: 'The DICOM file holds no image.',
};

describe('the lines of decode', () => {
  test('say what is stored, or why it is refused, and obey nothing in a name', () => {
    expect(storedLine(decoded)).toBe(
      'decoded  ward/a.dcm  1.2.840.10008.1.2.4.90  512 x 400  min -5 max 900 mean 12.500000  abc',
    );
    expect(storedLine(refused)).toBe('refused  b?[2J.dcm  dicom-no-pixels: The DICOM file holds no image.');
  });

  test('end with the throughput', () => {
    expect(throughputLine([decoded, refused], { workers: 2, seconds: 0.5 })).toBe(
      '1 of 2 files decoded, 1 refused, in 0.50 s with 2 workers: 4.0 files/s, 0.4 million pixels/s of first frames',
    );
  });

  test('a folder is needed, and one that is there', async () => {
    await expect(decode.run([])).rejects.toThrow(UsageError);
    await expect(decode.run(['--json', 'x'])).rejects.toThrow(UsageError);
    await expect(decode.run(['/no/such/folder'])).rejects.toThrow(UsageError);
  });
});
