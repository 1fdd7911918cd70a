// The directory of a ZIP file and its members as streams (PKWARE APPNOTE 4.3, Zip64 included). Only the parts asked
// for are read, so that an archive of gigabytes costs its directory. Sizes are believed no further than the file goes.

import { AppError } from '../../util/errors.ts';

const END = 0x06054b50;
const END_64 = 0x06064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const MAX_COMMENT = 65_535;
const MAX_ENTRIES = 4096;
const MAX_DIRECTORY = 2 ** 22;
const IN_64 = 0xffffffff;
/** Zip64 sizes of an entry. */
const EXTRA_64 = 1;

const damaged = (detail: string) => new AppError('archive-unreadable', detail);

export interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly packedSize: number;
  /** As declared; what comes out is counted. */
  readonly size: number;
  readonly offset: number;
}

const viewOf = async (blob: Blob, from: number, to: number) =>
  new DataView(await blob.slice(from, to).arrayBuffer());

const long64 = (view: DataView, at: number) => Number(view.getBigUint64(at, true));

/** @throws AppError `archive-unreadable` */
export async function readZipDirectory(blob: Blob): Promise<ZipEntry[]> {
  const tailAt = Math.max(0, blob.size - END_BYTES - MAX_COMMENT);
  const tail = await viewOf(blob, tailAt, blob.size);
  let end = tail.byteLength - END_BYTES;
  while (end >= 0 && tail.getUint32(end, true) !== END) end--;
  if (end < 0) throw damaged('it has no ZIP directory; it may be cut off.');
  let [count, size, offset] = [
    tail.getUint16(end + 10, true),
    tail.getUint32(end + 12, true),
    tail.getUint32(end + 16, true),
  ];
  if (offset === IN_64 || size === IN_64 || count === 0xffff) {
    [count, size, offset] = await readEnd64(blob, tail, end);
  }
  if (count > MAX_ENTRIES || size > MAX_DIRECTORY) throw damaged(`it declares ${count} members.`);
  if (offset + size > blob.size) throw damaged('its ZIP directory points outside the file.');
  return readEntries(await viewOf(blob, offset, offset + size), count);
}

async function readEnd64(blob: Blob, tail: DataView, end: number): Promise<[number, number, number]> {
  if (end < LOCATOR_BYTES) throw damaged('its ZIP directory cannot be found.');
  const at = long64(tail, end - LOCATOR_BYTES + 8);
  if (!(at + 56 <= blob.size)) throw damaged('its ZIP directory points outside the file.');
  const record = await viewOf(blob, at, at + 56);
  if (record.getUint32(0, true) !== END_64) throw damaged('its ZIP directory cannot be found.');
  return [long64(record, 32), long64(record, 40), long64(record, 48)];
}

function readEntries(view: DataView, count: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > view.byteLength || view.getUint32(at, true) !== ENTRY) {
      throw damaged('its ZIP directory is cut off.');
    }
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((place) =>
      view.getUint16(at + place, true),
    );
    const next = at + 46 + nameBytes! + extraBytes! + commentBytes!;
    if (next > view.byteLength) throw damaged('its ZIP directory is cut off.');
    if (view.getUint16(at + 8, true) & 1) throw damaged('its members are encrypted.');
    const name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + 46, nameBytes));
    entries.push({
      name,
      method: view.getUint16(at + 10, true),
      ...sizesOf(view, at, nameBytes!, extraBytes!),
    });
    at = next;
  }
  return entries;
}

/** Values that do not fit 32 bits stand in the extra field, in this order. */
function sizesOf(view: DataView, at: number, nameBytes: number, extraBytes: number) {
  const sizes = [24, 20, 42].map((place) => view.getUint32(at + place, true));
  let extra = at + 46 + nameBytes;
  const end = extra + extraBytes;
  while (extra + 4 <= end) {
    const [id, length] = [view.getUint16(extra, true), view.getUint16(extra + 2, true)];
    let value = extra + 4;
    for (let i = 0; id === EXTRA_64 && i < sizes.length; i++) {
      if (sizes[i] !== IN_64 || value + 8 > Math.min(end, extra + 4 + length)) continue;
      sizes[i] = long64(view, value);
      value += 8;
    }
    extra += 4 + length;
  }
  return { size: sizes[0]!, packedSize: sizes[1]!, offset: sizes[2]! };
}

/** The bytes of a member, never more than it declares. @throws AppError `archive-unreadable`, also while being read */
export async function zipMember(
  blob: Blob,
  entry: ZipEntry,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const { offset, method, packedSize, size, name } = entry;
  if (method !== 0 && method !== 8) throw damaged(`${shortName(name)} is packed by method ${method}.`);
  if (offset + 30 > blob.size) throw damaged('its ZIP directory points outside the file.');
  const local = await viewOf(blob, offset, offset + 30);
  if (local.getUint32(0, true) !== LOCAL) throw damaged('its ZIP directory points outside the file.');
  const start = offset + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  if (start + packedSize > blob.size) throw damaged(`${shortName(name)} is cut off.`);
  const packed = blob.slice(start, start + packedSize).stream();
  const bytes = method === 0 ? packed : packed.pipeThrough(new DecompressionStream('deflate-raw'));
  let seen = 0;
  return bytes.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, control) {
        seen += chunk.length;
        if (seen > size) throw damaged(`${shortName(name)} is longer than it declares.`);
        control.enqueue(chunk);
      },
    }),
  );
}

const shortName = (name: string) => name.replace(/\p{Cc}/gu, '').slice(0, 40);
