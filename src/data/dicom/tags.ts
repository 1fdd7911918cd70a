// The tags of a DICOM file as a table for people: number, name, value as plain text, and whether a value names the
// patient or leads to a name. Tags without a name here are listed by number; private ones count as identifying,
// because nobody knows what a maker wrote there.

import type { TagRow } from '../../protocol/film.ts';
import { charsetOf, type TextReader } from './charset.ts';
import { PIXEL_DATA, type Tags } from './dicom.ts';
import { IDENTIFYING_VRS, TAG_NAMES } from './tagNames.ts';

const MAX_ROWS = 400;
const MAX_TEXT = 256;
/** Of a value; no text is longer. */
const MAX_BYTES = 65_536;

export interface DicomTagTable {
  readonly rows: readonly TagRow[];
  /** Tags beyond the longest table shown. */
  readonly more: number;
}

export function tagTable(tags: Tags): DicomTagTable {
  const decoder = charsetOf(tags);
  const keys = tags.keys().sort();
  return {
    rows: keys.slice(0, MAX_ROWS).map((key) => rowOf(tags, key, decoder)),
    more: Math.max(0, keys.length - MAX_ROWS),
  };
}

function rowOf(tags: Tags, key: string, decoder: TextReader): TagRow {
  const number = key.slice(1).toUpperCase();
  const known = TAG_NAMES[number];
  const vr = tags.element(key)?.vr ?? known?.vr ?? '';
  const isPrivate = Number.parseInt(number.slice(3, 4), 16) % 2 === 1;
  return {
    tag: `(${number.slice(0, 4)},${number.slice(4)})`,
    name: known?.name ?? (isPrivate ? 'Private' : ''),
    vr,
    value: textOf(tags, key, vr, decoder),
    identifying: isPrivate || known?.identifying === true || IDENTIFYING_VRS.has(vr),
  };
}

function textOf(tags: Tags, key: string, vr: string, decoder: TextReader): string {
  const element = tags.element(key)!;
  if (key === PIXEL_DATA) {
    const fragments = element.fragments?.length;
    return fragments === undefined ? bytesText(element.length) : `${fragments} fragments`;
  }
  if (element.items) return `${element.items.length} items`;
  const bytes = tags.value(key);
  if (!bytes || bytes.length === 0) return '';
  const read = NUMBERS[vr];
  if (read) return numbersText(bytes, tags.littleEndian, read);
  if (BINARY.has(vr) || (vr === '' && !isText(bytes))) return bytesText(bytes.length);
  const text = decoder
    .decode(bytes.subarray(0, MAX_BYTES))
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)} …` : text;
}

const bytesText = (count: number) => `${count.toLocaleString('en')} bytes`;
const BINARY = new Set(['OB', 'OW', 'OD', 'OF', 'OL', 'OV', 'UN', 'SQ']);
const isText = (bytes: Uint8Array) => bytes.subarray(0, 64).every((byte) => byte >= 32 || byte === 0);

interface NumberReader {
  readonly size: number;
  read(view: DataView, at: number, littleEndian: boolean): number | string;
}

const hex = (word: number) => word.toString(16).padStart(4, '0').toUpperCase();

const NUMBERS: Readonly<Record<string, NumberReader>> = {
  US: { size: 2, read: (view, at, little) => view.getUint16(at, little) },
  SS: { size: 2, read: (view, at, little) => view.getInt16(at, little) },
  UL: { size: 4, read: (view, at, little) => view.getUint32(at, little) },
  SL: { size: 4, read: (view, at, little) => view.getInt32(at, little) },
  FL: { size: 4, read: (view, at, little) => view.getFloat32(at, little) },
  FD: { size: 8, read: (view, at, little) => view.getFloat64(at, little) },
  AT: {
    size: 4,
    read: (view, at, little) => `(${hex(view.getUint16(at, little))},${hex(view.getUint16(at + 2, little))})`,
  },
};

const MAX_NUMBERS = 8;

function numbersText(bytes: Uint8Array, littleEndian: boolean, { size, read }: NumberReader): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = Math.floor(bytes.length / size);
  const shown = Array.from({ length: Math.min(count, MAX_NUMBERS) }, (_, i) =>
    read(view, i * size, littleEndian),
  );
  return `${shown.join(' \\ ')}${count > MAX_NUMBERS ? ` … (${count})` : ''}`;
}
