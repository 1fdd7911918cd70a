// The only door to dicom-parser, which reads every data set that is written by the rules. Where it refuses one, warns, or
// cannot be believed (a VR that it does not know, elements out of order, delimiters where none belong), the answer is null,
// and elements.ts reads what programs write all the same.

import dicomParser, { type Element as ParsedElement } from 'dicom-parser';
import { type Element, type Elements, PIXEL_DATA, UNDEFINED_LENGTH, vrAt } from './elements.ts';

// By name, Node finds nothing in the package: it is of the older kind of module.
const {
  ByteStream,
  bigEndianByteArrayParser,
  littleEndianByteArrayParser,
  readDicomElementExplicit,
  readDicomElementImplicit,
} = dicomParser;

/** Of 64 bits: the parser takes their length for one of 16 bits (PS3.5 7.1.2). */
const UNKNOWN_TO_PARSER = new Set(['OV', 'SV', 'UV']);
const ITEM_GROUP = 'xfffe';
/** Deeper nesting is left to the reader that counts it. */
const MAX_DEPTH = 100;

export interface DataSetEncoding {
  readonly explicit: boolean;
  readonly littleEndian: boolean;
  /** Stop before the first element that is not of group 0002. */
  readonly onlyMeta?: true;
}

/** The elements from `start` on and where they end; null where the parser cannot be believed. */
export function parsedElements(
  bytes: Uint8Array,
  start: number,
  encoding: DataSetEncoding,
): { elements: Elements; end: number } | null {
  const { explicit, littleEndian, onlyMeta } = encoding;
  const elements: Elements = {};
  const warnings: string[] = [];
  try {
    const stream = new ByteStream(
      littleEndian ? littleEndianByteArrayParser : bigEndianByteArrayParser,
      bytes,
      start,
    );
    let last = '';
    while (stream.position < bytes.length) {
      const at = stream.position;
      if (onlyMeta && !(bytes[at] === 2 && bytes[at + 1] === 0)) break;
      const { vr, isOdd } = vrAt(bytes, at, explicit, littleEndian);
      if (isOdd || (vr && UNKNOWN_TO_PARSER.has(vr))) return null;
      const parsed = explicit ? readDicomElementExplicit(stream, warnings) : readDicomElementImplicit(stream);
      const element = believed(parsed, 0);
      if (!element || warnings.length > 0 || element.tag <= last || stream.position > bytes.length)
        return null;
      last = element.tag;
      elements[last] = element;
    }
    return { elements, end: stream.position };
  } catch {
    // It throws texts, and a RangeError where nesting overflows the stack; the other reader says what is wrong.
    return null;
  }
}

/** The element in our form, with all that is nested in it; null where any of it is doubtful. */
function believed(parsed: ParsedElement, depth: number): Element | null {
  const { tag, vr, length, dataOffset, fragments } = parsed;
  if (depth > MAX_DEPTH || tag.startsWith(ITEM_GROUP) || length === UNDEFINED_LENGTH) return null;
  if (vr && UNKNOWN_TO_PARSER.has(vr)) return null;
  // Items of a sequence of unknown VR may be of either form, of which the parser knows one; private ones it passes over.
  const isWhole = tag === PIXEL_DATA ? fragments : parsed.items && vr !== 'UN';
  if (parsed.hadUndefinedLength && !isWhole) return null;
  const items = parsed.items && !fragments ? itemsOf(parsed.items, depth) : undefined;
  if (items === null) return null;
  return {
    tag,
    ...(vr && { vr }),
    length,
    dataOffset,
    ...(parsed.hadUndefinedLength && { hadUndefinedLength: true as const }),
    ...(items && { items }),
    ...(fragments && { fragments, basicOffsetTable: parsed.basicOffsetTable ?? [] }),
  };
}

function itemsOf(parsed: readonly ParsedElement[], depth: number): Elements[] | null {
  const items: Elements[] = [];
  for (const { dataSet } of parsed) {
    const elements: Elements = {};
    for (const inner of Object.values(dataSet?.elements ?? {})) {
      const element = believed(inner, depth + 1);
      if (!element) return null;
      elements[element.tag] = element;
    }
    items.push(elements);
  }
  return items;
}
