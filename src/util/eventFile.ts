// Event files of TensorBoard: scalars, histograms and pictures by step, and the settings of a run for its HParams view. A record is
// the length of its message, a checksum of that, the message, and a checksum of the message; a file is the version and then
// records, so one that is still being written can be read. The messages are those of tensorflow/core/util/event.proto and
// tensorboard/plugins/hparams.

import { bytesField, doubleField, floatField, joinBytes, uintField } from './protobuf.ts';

/** By byte, of the polynomial 0x1EDC6F41 reflected. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  return crc;
});

/** CRC-32C, rotated and shifted as the format has it. */
export function maskedCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 255]!;
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function record(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(16 + message.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(message.length), true);
  view.setUint32(8, maskedCrc32c(bytes.subarray(0, 8)), true);
  bytes.set(message, 12);
  view.setUint32(12 + message.length, maskedCrc32c(message), true);
  return bytes;
}

const summary = (values: readonly Uint8Array[]) =>
  bytesField(5, ...values.map((value) => bytesField(1, value)));

/** The record that a file begins with. Times are seconds since 1970. */
export const versionRecord = (wallTime: number): Uint8Array<ArrayBuffer> =>
  record(joinBytes([doubleField(1, wallTime), bytesField(3, 'brain.Event:2')]));

/** Values at a step by name; what is not a finite number, or was not measured, is left out. */
export function scalarsRecord(
  wallTime: number,
  step: number,
  values: Iterable<readonly [name: string, value: number | null]>,
): Uint8Array<ArrayBuffer> {
  const measured = [...values].filter(([, value]) => value !== null && Number.isFinite(value));
  const scalars = measured.map(([name, value]) => joinBytes([bytesField(1, name), floatField(2, value!)]));
  return record(joinBytes([doubleField(1, wallTime), uintField(2, step), summary(scalars)]));
}

/** Bins of equal width; TensorBoard draws about thirty. */
const BINS = 64;

const doublesField = (field: number, values: readonly number[]): Uint8Array =>
  bytesField(field, new Uint8Array(Float64Array.from(values).buffer));

/** How values are spread at a step, those that are not finite apart; null where none is. */
export function histogramRecord(
  wallTime: number,
  step: number,
  name: string,
  values: ArrayLike<number>,
  bins = BINS,
): Uint8Array<ArrayBuffer> | null {
  let [least, most, count, sum, squares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    [least, most, count] = [Math.min(least, value), Math.max(most, value), count + 1];
    sum += value;
    squares += value * value;
  }
  if (count === 0) return null;
  const width = (most - least) / bins || 1;
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor((values[i]! - least) / width);
    if (Number.isFinite(at)) counts[Math.min(bins - 1, at)]!++;
  }
  const limits = counts.map((_, i) =>
    i === bins - 1 ? Math.max(most, least + bins * width) : least + (i + 1) * width,
  );
  const histogram = [
    ...[least, most, count, sum, squares].map((value, i) => doubleField(i + 1, value)),
    doublesField(6, limits),
    doublesField(7, counts),
  ];
  return valueRecord(wallTime, step, [bytesField(1, name), bytesField(5, ...histogram)]);
}

/** Statistics, counters, queues and the optimiser's state are not weights. */
const NO_WEIGHT = /running_mean|running_var|num_batches_tracked|^optimiser\.|^queue/;

/** How every weight of a checkpoint is spread, by its name there. */
export const weightRecords = (
  wallTime: number,
  step: number,
  tensors: Iterable<readonly [name: string, tensor: { readonly data: ArrayLike<number | bigint> }]>,
): Uint8Array<ArrayBuffer>[] =>
  [...tensors]
    .filter(([name]) => !NO_WEIGHT.test(name))
    .map(([name, { data }]) => histogramRecord(wallTime, step, `weights/${name}`, data as ArrayLike<number>))
    .filter((record) => record !== null);

/** A picture at a step, as a PNG file of one channel. */
export function imageRecord(
  wallTime: number,
  step: number,
  name: string,
  { width, height, png }: { readonly width: number; readonly height: number; readonly png: Uint8Array },
): Uint8Array<ArrayBuffer> {
  const image = [uintField(1, height), uintField(2, width), uintField(3, 1), bytesField(4, png)];
  return valueRecord(wallTime, step, [bytesField(1, name), bytesField(4, ...image)]);
}

const valueRecord = (wallTime: number, step: number, value: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  record(joinBytes([doubleField(1, wallTime), uintField(2, step), summary([joinBytes(value)])]));

type Setting = number | boolean | string;

/** google.protobuf.Value */
function settingValue(value: Setting): Uint8Array {
  if (typeof value === 'number') return doubleField(2, value);
  return typeof value === 'string' ? bytesField(3, value) : uintField(4, Number(value));
}

/** DataType of the plug-in. */
const settingType = (value: Setting) => ({ string: 1, boolean: 2, number: 3 })[typeof value as 'string'];

/** A value without a number of its own: what it says is in the data of the plug-in. */
const hparams = (tag: string, data: Uint8Array) =>
  joinBytes([
    bytesField(1, `_hparams_/${tag}`),
    bytesField(9, bytesField(1, bytesField(1, 'hparams'), bytesField(2, data))),
  ]);

/** The settings of a run, and the metrics that shall stand beside them. */
export function settingsRecord(
  wallTime: number,
  settings: Readonly<Record<string, Setting>>,
  metrics: readonly string[],
): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(settings);
  const experiment = [
    ...entries.map(([name, value]) => bytesField(4, bytesField(1, name), uintField(4, settingType(value)))),
    ...metrics.map((tag) => bytesField(5, bytesField(1, bytesField(2, tag)))),
  ];
  const started = [
    ...entries.map(([name, value]) => bytesField(1, bytesField(1, name), bytesField(2, settingValue(value)))),
    doubleField(5, wallTime),
  ];
  const values = [
    hparams('experiment', bytesField(2, ...experiment)),
    hparams('session_start_info', bytesField(3, ...started)),
  ];
  return record(joinBytes([doubleField(1, wallTime), summary(values)]));
}

/** As the readers expect it. `host` tells writers of the same second apart. */
export const eventFileName = (wallTime: number, host: string): string =>
  `events.out.tfevents.${Math.floor(wallTime)}.${host}.0`;
