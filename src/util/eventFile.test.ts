import { expect, it } from 'vitest';
import {
  eventFileName,
  histogramRecord,
  imageRecord,
  maskedCrc32c,
  scalarsRecord,
  settingsRecord,
  versionRecord,
} from './eventFile.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

// Recorded from the writer of PyTorch 1.13.
it('has the checksum and the bytes of a TensorBoard event file', () => {
  expect(maskedCrc32c(new TextEncoder().encode('123456789'))).toBe(0xc78ab0e5);
  expect(hex(versionRecord(1))).toBe(
    '1800000000000000a37f4b2209000000000000f03f1a0d627261696e2e4576656e743a3286bf577a',
  );
  expect(hex(scalarsRecord(2, 7, [['loss/total', 0.5]]))).toBe(
    '200000000000000029eda95009000000000000004010072a130a110a0a6c6f73732f746f74616c150000003ff8f5d925',
  );
});

// Messages recorded from the protobuf library of Python with the fields of event.proto and histogram.proto.
it('has the bytes of histograms and pictures', () => {
  const message = (bytes: Uint8Array | null) => hex(bytes!.subarray(12, -4));
  const values = [-1, 0.5, 1, 3, Number.NaN];
  expect(message(histogramRecord(2, 7, 'weights/a', values, 2))).toBe(
    '09000000000000004010072a600a5e0a09776569676874732f612a5109000000000000f0bf110000000000000840190000000000001040210000000000000c' +
      '40290000000000802640' +
      '3210000000000000f03f00000000000008403a1000000000000000400000000000000040',
  );
  expect(histogramRecord(2, 7, 'weights/a', [Number.NaN])).toBeNull();
  const flat = Buffer.from(histogramRecord(2, 7, 'weights/a', [4, 4, 4], 2)!.subarray(12, -4));
  expect(flat.subarray(-16).equals(Buffer.from(Float64Array.of(3, 0).buffer))).toBe(true);
  const picture = { width: 3, height: 2, png: new TextEncoder().encode('PNG') };
  expect(message(imageRecord(2, 7, 'views/1', picture))).toBe(
    '09000000000000004010072a180a160a0776696577732f31220b0802100318012203504e47',
  );
});

it('leaves out what was not measured, and takes steps beyond one byte', () => {
  const one = scalarsRecord(2, 70_000, [['loss/total', 0.5]]);
  expect(
    scalarsRecord(2, 70_000, [
      ['global/std', null],
      ['loss/total', 0.5],
      ['local/std', Number.NaN],
    ]),
  ).toEqual(one);
  expect(hex(one)).toContain('10f0a204');
});

it('names settings and metrics for the HParams view', () => {
  const text = Buffer.from(
    settingsRecord(3, { method: 'barlow', width: 8, recompute: false }, ['loss/total']),
  ).toString('latin1');
  for (const word of [
    '_hparams_/experiment',
    '_hparams_/session_start_info',
    'method',
    'barlow',
    'recompute',
    'loss/total',
  ]) {
    expect(text).toContain(word);
  }
  expect(eventFileName(12.7, 'host')).toBe('events.out.tfevents.12.host.0');
});
