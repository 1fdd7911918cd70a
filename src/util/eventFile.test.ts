import { expect, it } from 'vitest';
import { eventFileName, maskedCrc32c, scalarsRecord, settingsRecord, versionRecord } from './eventFile.ts';

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
