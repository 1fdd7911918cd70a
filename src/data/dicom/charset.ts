// Which characters the text of a DICOM file is written in (PS3.3 C.12.1.1.2, PS3.5 6.1): one character set for all of it, or
// several between which escape sequences switch. Bytes that the sets named do not allow are read as UTF-8 and, failing
// that, one by one, so that different bytes never become the same text. The result is in Unicode's composed form.

import type { Tags } from './dicom.ts';

const SPECIFIC_CHARACTER_SET = 'x00080005';

/** By the number or name in a defined term: the decoder of a browser. Files that name none of these are read as UTF-8. */
const LABELS: Readonly<Record<string, string>> = {
  '6': 'utf-8',
  '13': 'shift_jis',
  '58': 'gb18030',
  '87': 'iso-2022-jp',
  '100': 'iso-8859-1',
  '101': 'iso-8859-2',
  '109': 'iso-8859-3',
  '110': 'iso-8859-4',
  '126': 'iso-8859-7',
  '127': 'iso-8859-6',
  '138': 'iso-8859-8',
  '144': 'iso-8859-5',
  '148': 'windows-1254',
  '149': 'euc-kr',
  '159': 'iso-2022-jp',
  '166': 'windows-874',
  '192': 'utf-8',
  '203': 'iso-8859-15',
  GB18030: 'gb18030',
  GBK: 'gbk',
  'UTF-8': 'utf-8',
  UTF8: 'utf-8',
};

/** What an escape sequence selects: for bytes below 0x80 (G0) or above (G1). */
const ESCAPES: Readonly<Record<string, { readonly high: boolean; readonly charset: string }>> = {
  '(B': { high: false, charset: 'ascii' },
  '(J': { high: false, charset: 'ascii' },
  ')I': { high: true, charset: 'shift_jis' },
  $B: { high: false, charset: 'jis-x-0208' },
  '$@': { high: false, charset: 'jis-x-0208' },
  '$(D': { high: false, charset: 'jis-x-0212' },
  '$)C': { high: true, charset: 'euc-kr' },
  '$)A': { high: true, charset: 'gb18030' },
  '-A': { high: true, charset: 'iso-8859-1' },
  '-B': { high: true, charset: 'iso-8859-2' },
  '-C': { high: true, charset: 'iso-8859-3' },
  '-D': { high: true, charset: 'iso-8859-4' },
  '-L': { high: true, charset: 'iso-8859-5' },
  '-G': { high: true, charset: 'iso-8859-6' },
  '-F': { high: true, charset: 'iso-8859-7' },
  '-H': { high: true, charset: 'iso-8859-8' },
  '-M': { high: true, charset: 'windows-1254' },
  '-T': { high: true, charset: 'windows-874' },
  '-b': { high: true, charset: 'iso-8859-15' },
};

/** Longer values are cut before they are read. */
const MOST_BYTES = 65_536;
const ESCAPE = 0x1b;
/** Backslash and the ends of lines: what was selected above 0x80 ends with them (PS3.5 6.1.2.5.3). */
const DELIMITERS = new Set([0x5c, 0x0a, 0x0c, 0x0d, 0x09]);
/** Stands among decoders for each byte as the character of its number. */
const BYTE_BY_BYTE = 'bytes';

export interface TextReader {
  decode(bytes: Uint8Array): string;
}

export function charsetOf(tags: Tags): TextReader {
  const value = tags.value(SPECIFIC_CHARACTER_SET) ?? new Uint8Array(0);
  const terms = String.fromCharCode(...value.subarray(0, 256)).split('\\');
  const labels = terms.map(labelOf);
  const first = labels.find((label) => label !== null && label !== 'utf-8') ?? 'utf-8';
  return { decode: (bytes) => decode(bytes, first).normalize('NFC') };
}

/** The text of a value, without padding and control characters; undefined for none. */
export function readText(tags: Tags, tag: string): string | undefined {
  const value = tags.value(tag)?.subarray(0, MOST_BYTES);
  const text =
    value &&
    charsetOf(tags)
      .decode(value)
      .replace(/[\u0080-\u009F]/g, escaped);
  return text?.replace(/\p{Cc}|\uFEFF/gu, '').trim() || undefined;
}

/** Invisible, but what tells two texts of a wrong character set apart. */
const escaped = (sign: string) => `\\x${sign.charCodeAt(0).toString(16)}`;

/** Terms are written in many ways: ISO_IR 100, ISO-IR 100, ISO 2022 IR 100, ISO_IR_100. */
function labelOf(term: string): string | null {
  const plain = term.replaceAll('\0', '').trim().toUpperCase();
  const number = /(?:IR|2022|ISO)[\s_-]*(?:IR[\s_-]*)?(\d+)$/.exec(plain)?.[1];
  return LABELS[plain] ?? LABELS[number ?? ''] ?? LABELS[/GB18030|GBK/.exec(plain)?.[0] ?? ''] ?? null;
}

function decode(bytes: Uint8Array, label: string): string {
  if (bytes.includes(ESCAPE)) return decodeSwitched(bytes, label);
  return strictly(bytes, [label === 'iso-2022-jp' ? 'utf-8' : label, 'utf-8', BYTE_BY_BYTE]);
}

/** The first of several readings that allows the bytes. */
function strictly(bytes: Uint8Array, labels: readonly string[]): string {
  for (const label of labels) {
    if (label === BYTE_BY_BYTE) break;
    try {
      return new TextDecoder(label, { fatal: true }).decode(bytes);
    } catch {
      // The next one.
    }
  }
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

/** Text with escape sequences, run by run. */
function decodeSwitched(bytes: Uint8Array, label: string): string {
  let [low, high] = ['ascii', label];
  const parts: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] === ESCAPE) {
      const code = escapeAt(bytes, at + 1);
      const selected = ESCAPES[code];
      if (selected?.high) high = selected.charset;
      else if (selected) low = selected.charset;
      at += 1 + (selected ? code.length : 0);
      continue;
    }
    if (low === 'ascii' && DELIMITERS.has(bytes[at]!)) high = label;
    const end = runEnd(bytes, at, low === 'ascii');
    parts.push(decodeRun(bytes.subarray(at, end), low, high));
    at = end;
  }
  return parts.join('');
}

function escapeAt(bytes: Uint8Array, at: number): string {
  const code = String.fromCharCode(...bytes.subarray(at, at + 3));
  return [code, code.slice(0, 2)].find((known) => known in ESCAPES) ?? '';
}

/** Up to the next escape, the next delimiter, or the next byte of the other half. */
function runEnd(bytes: Uint8Array, start: number, stopsAtDelimiters: boolean): number {
  const isHigh = bytes[start]! >= 0x80;
  let end = start + 1;
  for (; end < bytes.length; end++) {
    const byte = bytes[end]!;
    if (byte === ESCAPE || byte >= 0x80 !== isHigh) break;
    if (stopsAtDelimiters && DELIMITERS.has(byte)) break;
  }
  return end;
}

function decodeRun(run: Uint8Array, low: string, high: string): string {
  if (run[0]! >= 0x80) return strictly(run, [high === 'iso-2022-jp' ? 'euc-jp' : high, BYTE_BY_BYTE]);
  if (low === 'jis-x-0208')
    return strictly(
      run.map((byte) => byte | 0x80),
      ['euc-jp', BYTE_BY_BYTE],
    );
  if (low === 'jis-x-0212') {
    const pairs = Array.from({ length: run.length >> 1 }, (_, i) => [
      run[2 * i]! | 0x80,
      run[2 * i + 1]! | 0x80,
    ]);
    return strictly(Uint8Array.from(pairs.flatMap((pair) => [0x8f, ...pair])), ['euc-jp', BYTE_BY_BYTE]);
  }
  return String.fromCharCode(...run);
}
