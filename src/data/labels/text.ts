// The text of a label file, whatever program wrote it: unpacked where it is gzipped or zipped, decoded from UTF-8, UTF-16 or
// an older code page. A code page is nowhere written down; the one in which most names are films of the folder is taken.

import { AppError } from '../../util/errors.ts';
import { readZipDirectory, zipMember } from '../raster/zip.ts';

/** Bytes decoded at a time, about. */
const BLOCK = 2 ** 20;
/** Bytes that are looked at to know what a file is. */
const LOOKED_AT = 2 ** 16;

/** Code pages of old tables, the likeliest first. */
const CODE_PAGES = [
  'windows-1252',
  'gb18030',
  'shift_jis',
  'big5',
  'euc-kr',
  'windows-1251',
  'windows-1250',
  'windows-1254',
  'macintosh',
] as const;
/** Lines with other letters that are tried in each code page. */
const LINES_TRIED = 400;

type Packing = 'gzip' | 'zip' | null;

export interface Writing {
  readonly packed: Packing;
  /** As TextDecoder has it. */
  readonly encoding: string;
}

export type NamesFilm = (cell: string) => boolean;
const NO_NAMES: NamesFilm = () => false;

const refused = (detail: string, cause?: unknown) => new AppError('labels-unreadable', detail, { cause });

/** The one table in a ZIP file. */
async function zipped(blob: Blob): Promise<ReadableStream<Uint8Array>> {
  const entries = await readZipDirectory(blob).catch((cause) => {
    throw refused('it is a ZIP file that is damaged or cut off.', cause);
  });
  if (entries.some(({ name }) => name === '[Content_Types].xml' || name === 'mimetype')) {
    throw refused('it is a workbook of a spreadsheet program; save the sheet as CSV.');
  }
  const tables = entries.filter(
    ({ name }) => /\.(csv|tsv|tab|txt)$/i.test(name) && !/(^|\/)(\.|__MACOSX)/.test(name),
  );
  if (tables.length !== 1) {
    throw refused(`it is a ZIP file with ${tables.length} tables in it; unpack it.`);
  }
  return zipMember(blob, tables[0]!);
}

/** The bytes, unpacked. @throws AppError labels-unreadable when they are damaged */
async function* bytesOf(blob: Blob, packed: Packing): AsyncGenerator<Uint8Array> {
  if (!packed) {
    for (let at = 0; at < blob.size; at += BLOCK) {
      yield new Uint8Array(await blob.slice(at, at + BLOCK).arrayBuffer());
    }
    return;
  }
  const stream =
    packed === 'zip' ? await zipped(blob) : blob.stream().pipeThrough(new DecompressionStream('gzip'));
  const reader = (stream as ReadableStream<Uint8Array>).getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read().catch((cause) => {
        throw refused(`its ${packed} data is damaged or cut off.`, cause);
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

export async function* textOf(blob: Blob, { packed, encoding }: Writing): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  for await (const bytes of bytesOf(blob, packed)) yield decoder.decode(bytes, { stream: true });
  yield decoder.decode();
}

async function beginning(blob: Blob, packed: Packing): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const bytes of bytesOf(blob, packed)) {
    parts.push(bytes);
    length += bytes.length;
    if (length >= LOOKED_AT) break;
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all.subarray(0, LOOKED_AT);
}

/** UTF-16 and UTF-32 by their mark, or UTF-16 by the zeros between Latin letters. */
function wideEncoding(head: Uint8Array): string | null {
  if (head[0] === 0xff && head[1] === 0xfe) return head[2] === 0 && head[3] === 0 ? 'utf-32' : 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  if (head[0] === 0 && head[1] === 0 && head[2] === 0xfe && head[3] === 0xff) return 'utf-32';
  const zeros = [0, 0];
  for (let at = 0; at < head.length; at++) if (head[at] === 0) zeros[at & 1]!++;
  const half = head.length / 2;
  if (zeros[1]! > half / 3 && zeros[0]! < half / 20) return 'utf-16le';
  return zeros[0]! > half / 3 && zeros[1]! < half / 20 ? 'utf-16be' : null;
}

/** Is all of it UTF-8? If not, lines that are not plain ASCII are kept, to try code pages with. */
async function oldLines(blob: Blob, packed: Packing): Promise<Uint8Array[] | null> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const lines: Uint8Array[] = [];
  let isUtf8 = true;
  for await (const bytes of bytesOf(blob, packed)) {
    if (isUtf8) {
      try {
        decoder.decode(bytes, { stream: true });
      } catch {
        isUtf8 = false;
      }
    }
    for (let from = 0; from < bytes.length && lines.length < LINES_TRIED; ) {
      let [to, plain] = [from, true];
      while (to < bytes.length && bytes[to] !== 0x0a && bytes[to] !== 0x0d)
        plain = bytes[to++]! < 0x80 && plain;
      if (!plain) lines.push(bytes.slice(from, to));
      from = to + 1;
    }
    if (!isUtf8 && lines.length >= LINES_TRIED) break;
  }
  if (isUtf8) {
    try {
      decoder.decode();
    } catch {
      isUtf8 = false;
    }
  }
  return isUtf8 ? null : lines;
}

/** The code page in which most lines name a film; without names, the likeliest that has all the letters. */
function codePageOf(lines: readonly Uint8Array[], namesFilm: NamesFilm): string {
  const score = (encoding: string): number => {
    const decoder = new TextDecoder(encoding);
    const texts = lines.map((line) => decoder.decode(line));
    const films = texts.filter((text) =>
      text.split(/[,;\t|]/).some((cell) => namesFilm(cell.replaceAll('"', ''))),
    );
    // Bytes that the page lacks tell against it, never as much as a film tells for it.
    return (
      films.length - texts.filter((text) => /[\uFFFD\u0080-\u009F]/.test(text)).length / (lines.length + 1)
    );
  };
  return CODE_PAGES.reduce((best, next) => (score(next) > score(best) ? next : best));
}

/** How the bytes of a file are to be read. @throws AppError labels-unreadable */
export async function writingOf(
  blob: Blob,
  namesFilm: NamesFilm = NO_NAMES,
): Promise<Writing & { readonly head: string }> {
  const magic = new Uint8Array(await blob.slice(0, 4).arrayBuffer());
  const starts = (...wanted: number[]) => wanted.every((byte, i) => magic[i] === byte);
  const packed = starts(0x1f, 0x8b) ? 'gzip' : starts(0x50, 0x4b, 3, 4) ? 'zip' : null;
  const bytes = await beginning(blob, packed);
  const wide = wideEncoding(bytes);
  if (wide === 'utf-32') {
    throw refused('it is written in UTF-32; save it as UTF-8.');
  }
  const lines = wide ? null : await oldLines(blob, packed);
  const encoding = wide ?? (lines ? codePageOf(lines, namesFilm) : 'utf-8');
  return { packed, encoding, head: new TextDecoder(encoding).decode(bytes, { stream: true }) };
}
