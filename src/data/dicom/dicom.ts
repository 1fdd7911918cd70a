// Bytes of a DICOM file to its elements, whatever the header leaves out or gets wrong (no preamble, no meta group or one in
// implicit VR, a transfer syntax that contradicts the bytes), and whatever is damaged behind the pixels. Knows tags, not
// pictures. Elements and what is nested in them are read by dicom-parser (parsed.ts), or, where a file breaks the rules, in
// elements.ts.

import { Inflate } from 'fflate';
import { AppError } from '../../util/errors.ts';
import { MAX_INFLATED_BYTES } from '../limits.ts';
import { startOfFile, startsWithDataSet, startsWithMetaGroup } from '../sniff.ts';
import {
  type Element,
  ElementFault,
  ElementReader,
  type Elements,
  PIXEL_DATA,
  UNDEFINED_LENGTH,
} from './elements.ts';
import { type DataSetEncoding, parsedElements } from './parsed.ts';
import { IMPLICIT_LITTLE_ENDIAN, type TransferSyntax, transferSyntaxOf } from './syntax.ts';

export { PIXEL_DATA } from './elements.ts';

const TRANSFER_SYNTAX = 'x00020010';
/** Films deflate to a half or a third, blank ones a hundredfold; small files may be as blank as they like. */
const PLAUSIBLE_RATIO = 128;
const MIN_INFLATED_CAP = 2 ** 25;

/** Reads values of one data set (or of one sequence item); anything missing or malformed is `undefined`. */
export class Tags {
  readonly #bytes: Uint8Array;
  readonly #elements: Elements;
  readonly littleEndian: boolean;

  constructor(bytes: Uint8Array, elements: Elements, littleEndian: boolean) {
    this.#bytes = bytes;
    this.#elements = elements;
    this.littleEndian = littleEndian;
  }

  has(tag: string): boolean {
    return this.#elements[tag] !== undefined;
  }

  keys(): string[] {
    return Object.keys(this.#elements);
  }

  element(tag: string): Element | undefined {
    return this.#elements[tag];
  }

  /** The bytes of a value, cut where the file ends. */
  value(tag: string): Uint8Array | undefined {
    const element = this.#elements[tag];
    if (!element || element.length === UNDEFINED_LENGTH) return undefined;
    return this.#bytes.subarray(element.dataOffset, element.dataOffset + element.length);
  }

  /** 16-bit words, up to `most` of them. */
  words(tag: string, most = 3): number[] {
    const value = this.value(tag);
    if (!value) return [];
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    const count = Math.min(value.byteLength >> 1, most);
    return Array.from({ length: count }, (_, i) => view.getUint16(2 * i, this.littleEndian));
  }

  word(tag: string): number | undefined {
    return this.words(tag, 1)[0];
  }

  /** Text without padding and without control characters. */
  text(tag: string): string | undefined {
    const value = this.value(tag);
    if (!value) return undefined;
    const text = new TextDecoder().decode(value.subarray(0, 1024)).replace(/\p{Cc}/gu, '');
    return text.trim() || undefined;
  }

  /** Numbers of a decimal or integer string, up to `most`; NaN for what is none. */
  numbers(tag: string, most: number): number[] {
    const parts = this.text(tag)?.split('\\').slice(0, most) ?? [];
    return parts.map((part) => (part.trim() ? Number(part) : Number.NaN));
  }

  /** First number of a decimal or integer string. */
  number(tag: string): number | undefined {
    const [number] = this.numbers(tag, 1);
    return Number.isFinite(number) ? number : undefined;
  }

  /** The first item of a sequence. */
  firstItem(tag: string): Tags | undefined {
    const elements = this.#elements[tag]?.items?.[0];
    return elements && new Tags(this.#bytes, elements, this.littleEndian);
  }

  fragments(tag: string): { bytes: Uint8Array[]; offsets: number[]; starts: number[] } | undefined {
    const element = this.#elements[tag];
    if (!element?.fragments) return undefined;
    const bytes = element.fragments.map(({ position, length }) => {
      if (position + length > this.#bytes.length) throw truncated('its compressed pixels are not all there.');
      return this.#bytes.subarray(position, position + length);
    });
    return {
      bytes,
      offsets: [...(element.basicOffsetTable ?? [])],
      starts: element.fragments.map(({ offset }) => offset),
    };
  }
}

export interface DicomDataSet {
  readonly syntax: TransferSyntax;
  readonly tags: Tags;
  /** What was odd about the file and read all the same. */
  readonly notes: readonly string[];
}

const invalid = (detail: string, cause?: unknown) => new AppError('dicom-invalid', detail, { cause });
const truncated = (detail: string, cause?: unknown) => new AppError('dicom-truncated', detail, { cause });

/** @throws AppError `dicom-invalid`, `dicom-unsupported`, `image-too-large` (inflates beyond the cap) */
export function readDataSet(file: Uint8Array): DicomDataSet {
  const start = startOfFile(file);
  if (start && start === file.length) throw truncated('it ends behind the preamble.');
  if (!start && !startsWithMetaGroup(file) && !startsWithDataSet(file)) throw new AppError('format-unknown');
  const meta = readElements(file, start, { explicit: true, littleEndian: true, onlyMeta: true });
  const uid = new Tags(file, meta.elements, true).text(TRANSFER_SYNTAX);
  const syntax = uid ? transferSyntaxOf(uid) : IMPLICIT_LITTLE_ENDIAN;
  const body = syntax.deflated ? inflate(file.subarray(meta.end)) : file.subarray(meta.end);
  if (body.length < 8) throw truncated('it ends behind the file meta group.');
  const encoding = encodingOf(body);
  const { elements, oddities } = readElements(body, 0, encoding);
  const metaNotes = meta.oddities.size > 0 ? ['its file meta group is written in implicit VR'] : [];
  return {
    syntax,
    tags: new Tags(body, elements, encoding.littleEndian),
    notes: [...metaNotes, ...Array.from(oddities, (odd) => `it has ${odd}`)],
  };
}

/** Byte order and VR style as the first element shows them; headers have been seen to lie about both. */
function encodingOf(body: Uint8Array): { explicit: boolean; littleEndian: boolean } {
  const littleEndian = !(body[0] === 0 && body[1] !== 0);
  const isLetter = (byte: number | undefined) => byte !== undefined && byte >= 0x41 && byte <= 0x5a;
  return { explicit: isLetter(body[4]) && isLetter(body[5]), littleEndian };
}

interface ReadElements {
  readonly elements: Elements;
  readonly end: number;
  readonly oddities: ReadonlySet<string>;
}

const readElements = (bytes: Uint8Array, start: number, encoding: DataSetEncoding): ReadElements => {
  const parsed = parsedElements(bytes, start, encoding);
  return parsed ? { ...parsed, oddities: new Set() } : readOddElements(bytes, start, encoding);
};

function readOddElements(bytes: Uint8Array, start: number, options: DataSetEncoding): ReadElements {
  const reader = new ElementReader(bytes, start, options.littleEndian);
  const elements: Record<string, Element> = {};
  let end = start;
  try {
    while (reader.position < bytes.length) {
      end = reader.position;
      if (options.onlyMeta && !(bytes[end] === 2 && bytes[end + 1] === 0)) break;
      const element = reader.next(options.explicit);
      if (!element) continue;
      elements[element.tag] = element;
      if (reader.position > bytes.length && !elements[PIXEL_DATA]) {
        throw truncated(`element ${element.tag.slice(1)} runs past its end.`);
      }
    }
    end = reader.position;
  } catch (thrown) {
    if (!(thrown instanceof ElementFault || thrown instanceof AppError)) throw thrown;
    // Whatever is wrong behind the pixels does not matter to the picture.
    if (!elements[PIXEL_DATA])
      throw thrown instanceof AppError ? thrown : unreadable(bytes, end, options, thrown);
  }
  return { elements, end, oddities: reader.oddities };
}

function unreadable(bytes: Uint8Array, at: number, options: DataSetEncoding, fault: ElementFault): AppError {
  if (fault.isTooDeep) return invalid('its sequences are nested too deep.', fault);
  const where = options.onlyMeta ? ' of its file meta group' : '';
  if (at + 8 > bytes.length) return truncated(`it ends inside the header of an element${where}.`, fault);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tag = [at, at + 2].map((place) =>
    view.getUint16(place, options.littleEndian).toString(16).padStart(4, '0'),
  );
  const isPixels = `x${tag.join('')}` === PIXEL_DATA;
  if (isPixels) return invalid('its pixels have neither a length nor fragments.', fault);
  return invalid(`element ${tag.join()}${where} cannot be read; the file is cut off or damaged.`, fault);
}

/** @throws AppError `dicom-invalid`, `image-too-large` as soon as the output passes the cap */
function inflate(deflated: Uint8Array): Uint8Array {
  const most = Math.min(Math.max(deflated.length * PLAUSIBLE_RATIO, MIN_INFLATED_CAP), MAX_INFLATED_BYTES);
  const chunks: Uint8Array[] = [];
  let total = 0;
  const stream = new Inflate((chunk) => {
    total += chunk.length;
    if (total > most) {
      throw new AppError('image-too-large', `it inflates to more than ${Math.round(most / 2 ** 20)} MiB.`);
    }
    chunks.push(chunk);
  });
  try {
    const piece = 16_384;
    for (let at = 0; at < deflated.length; at += piece) {
      stream.push(deflated.subarray(at, at + piece), at + piece >= deflated.length);
    }
  } catch (thrown) {
    throw thrown instanceof AppError ? thrown : invalid('its deflated data set is damaged.', thrown);
  }
  const whole = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
