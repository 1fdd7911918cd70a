// The elements of a DICOM data set (PS3.5 chapter 7): explicit or implicit VR, either byte order, sequences, encapsulated
// pixels. Reads what the standard says and what programs write all the same: delimiters where none belong, VRs that are no VRs,
// sequences of UN with explicit items, end markers that are missing. What was odd is told.
// Where an element's VR is none of the standard's, both forms that it may have are tried, and the one behind which another element
// follows is taken. Knows no tag but that of the pixels.

export const PIXEL_DATA = 'x7fe00010';
export const UNDEFINED_LENGTH = 0xffffffff;

export interface Fragment {
  /** From the first fragment behind the offset table, as that table counts. */
  readonly offset: number;
  readonly position: number;
  readonly length: number;
}

export type Elements = Record<string, Element | undefined>;

export interface Element {
  /** As in x00280010. */
  readonly tag: string;
  readonly vr?: string;
  /** bytes; UNDEFINED_LENGTH only where nothing tells. */
  readonly length: number;
  readonly dataOffset: number;
  readonly hadUndefinedLength?: true;
  /** Of a sequence. */
  readonly items?: readonly Elements[];
  /** Of encapsulated pixels. */
  readonly fragments?: readonly Fragment[];
  readonly basicOffsetTable?: readonly number[];
}

const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
const PIXELS = 0x7fe00010;
/** Deeper nesting is a trap. */
const MAX_DEPTH = 100;

/** What cannot be read, and where. */
export class ElementFault extends Error {
  readonly at: number;
  readonly isTooDeep: boolean;

  constructor(at: number, message: string, isTooDeep = false) {
    super(message);
    this.at = at;
    this.isTooDeep = isTooDeep;
  }
}

export class ElementReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #littleEndian: boolean;
  /** What was odd, in words that go on after "it has". */
  readonly oddities = new Set<string>();
  position: number;

  constructor(bytes: Uint8Array, start: number, littleEndian: boolean) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#littleEndian = littleEndian;
    this.position = start;
  }

  #word(at: number): number {
    if (at + 2 > this.#bytes.length) throw new ElementFault(at, 'the data ends');
    return this.#view.getUint16(at, this.#littleEndian);
  }

  #long(at: number): number {
    if (at + 4 > this.#bytes.length) throw new ElementFault(at, 'the data ends');
    return this.#view.getUint32(at, this.#littleEndian);
  }

  #tag(at: number): number {
    return this.#word(at) * 65_536 + this.#word(at + 2);
  }

  /** The element at the position, which then lies behind it. Null for a delimiter where none belongs. @throws ElementFault */
  next(isExplicit: boolean, depth = 0): Element | null {
    const start = this.position;
    const number = this.#tag(start);
    if (number === ITEM_END || number === SEQUENCE_END) {
      this.oddities.add('delimiters where none belong');
      this.position = start + 8;
      return null;
    }
    const { vr, lengthAt, size, isOdd } = vrAt(this.#bytes, start, isExplicit, this.#littleEndian);
    if (isOdd) this.oddities.add(isOdd);
    const length = size === 2 ? this.#word(lengthAt) : this.#long(lengthAt);
    const dataOffset = lengthAt + size;
    const tag = `x${number.toString(16).padStart(8, '0')}`;
    const plain: Element = { tag, ...(vr && { vr }), length, dataOffset };
    this.position = dataOffset;
    if (length === UNDEFINED_LENGTH) return this.#undefinedLength(plain, isExplicit, depth);
    this.position = dataOffset + length;
    if (!this.#isSequence(plain, number)) return plain;
    return { ...plain, ...this.#sequenceWithin(plain, isExplicit, depth) };
  }

  /** A value of so many bytes is a sequence by its VR, or, where there is none, by beginning with an item that fits. */
  #isSequence({ vr, length, dataOffset }: Element, number: number): boolean {
    if (vr !== undefined) return vr === 'SQ';
    const isPrivate = (number >>> 16) % 2 === 1;
    if (isPrivate || number === PIXELS || length < 8 || dataOffset + 8 > this.#bytes.length) return false;
    const inner = this.#long(dataOffset + 4);
    return this.#tag(dataOffset) === ITEM && (inner === UNDEFINED_LENGTH || inner <= length - 8);
  }

  /** The items of a sequence whose length is known; without them where they cannot be read. */
  #sequenceWithin(element: Element, isExplicit: boolean, depth: number): Pick<Element, 'items'> {
    const end = this.position;
    try {
      this.position = element.dataOffset;
      const { items } = this.#items(Math.min(end, this.#bytes.length), isExplicit, depth);
      return { items };
    } catch (fault) {
      if (!(fault instanceof ElementFault)) throw fault;
      return {};
    } finally {
      // No picture needs what lies inside, and the length says where it ends.
      this.position = end;
    }
  }

  #undefinedLength(element: Element, isExplicit: boolean, depth: number): Element {
    const hadUndefinedLength = true as const;
    const isPixels = element.tag === PIXEL_DATA;
    const first = this.position + 8 <= this.#bytes.length ? this.#tag(this.position) : 0;
    if (isPixels || (element.vr && /^O[BWDFLV]$/.test(element.vr))) {
      if (first !== ITEM) throw new ElementFault(this.position, 'no fragments');
      const encapsulated = this.#fragments();
      return { ...element, hadUndefinedLength, length: this.position - element.dataOffset, ...encapsulated };
    }
    // UN of undefined length is a sequence in implicit VR (PS3.5 6.2.2), but many write what they had.
    const inItems = isExplicit && element.vr !== 'UN';
    const { items } = this.#items(null, inItems, depth, element.vr === 'UN');
    return { ...element, hadUndefinedLength, length: this.position - element.dataOffset, items };
  }

  /**
   * Items up to the end of the sequence.
   * @param end null: up to its delimiter
   * @param isUnknown items may be explicit as well
   */
  #items(end: number | null, isExplicit: boolean, depth: number, isUnknown = false): { items: Elements[] } {
    if (depth >= MAX_DEPTH) throw new ElementFault(this.position, 'nested too deep', true);
    const items: Elements[] = [];
    while (end === null || this.position + 8 <= end) {
      const tag = this.#tag(this.position);
      const length = this.#long(this.position + 4);
      if (tag === SEQUENCE_END) {
        this.position += 8;
        if (end === null) return { items };
        this.oddities.add('delimiters where none belong');
      } else if (tag === ITEM_END) {
        this.oddities.add('delimiters where none belong');
        this.position += 8;
      } else if (tag === ITEM) {
        this.position += 8;
        const isInner = isUnknown ? this.#showsVr(this.position) : isExplicit;
        if (isInner && isUnknown) this.oddities.add('explicit items in a sequence of unknown VR');
        items.push(this.#item(length, isInner, depth + 1));
      } else throw new ElementFault(this.position, 'no item');
    }
    return { items };
  }

  #showsVr(at: number): boolean {
    if (at + 8 > this.#bytes.length || this.#tag(at) === ITEM_END) return false;
    return vrAt(this.#bytes, at, true, this.#littleEndian).isOdd === undefined;
  }

  #item(length: number, isExplicit: boolean, depth: number): Elements {
    const elements: Elements = {};
    const end = length === UNDEFINED_LENGTH ? null : this.position + length;
    try {
      while (end === null || this.position < end) {
        if (end === null && this.#tag(this.position) === ITEM_END) {
          this.position += 8;
          return elements;
        }
        const element = this.next(isExplicit, depth);
        if (element) elements[element.tag] = element;
      }
    } catch (fault) {
      if (!(fault instanceof ElementFault) || end === null || end > this.#bytes.length) throw fault;
    }
    if (end !== null) this.position = end;
    return elements;
  }

  /** The offset table and the fragments behind it, up to the delimiter or, where that is missing, to what is no item. */
  #fragments(): Pick<Element, 'fragments' | 'basicOffsetTable'> {
    const parts: { position: number; length: number }[] = [];
    for (;;) {
      if (this.position + 8 > this.#bytes.length) {
        this.oddities.add('no delimiter behind its pixels');
        this.position = this.#bytes.length;
        break;
      }
      const tag = this.#tag(this.position);
      const length = this.#long(this.position + 4);
      if (tag === SEQUENCE_END) {
        this.position += 8;
        break;
      }
      if (tag !== ITEM) {
        this.oddities.add('no delimiter behind its pixels');
        break;
      }
      if (length === UNDEFINED_LENGTH) throw new ElementFault(this.position, 'a fragment without a length');
      parts.push({ position: this.position + 8, length });
      this.position += 8 + length;
    }
    const [table, ...fragments] = parts;
    const base = fragments[0]?.position ?? 0;
    return {
      basicOffsetTable: table ? this.#offsets(table) : [],
      fragments: fragments.map(({ position, length }) => ({ offset: position - base, position, length })),
    };
  }

  #offsets({ position, length }: { position: number; length: number }): number[] {
    const count = Math.min(length, this.#bytes.length - position) >> 2;
    return Array.from({ length: Math.max(0, count) }, (_, i) => this.#long(position + 4 * i));
  }
}

const SHORT = new Set('AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US'.split(' '));
const WIDE = new Set('OB OD OF OL OV OW SQ SV UC UN UR UT UV'.split(' '));

export interface VrReading {
  /** Undefined in implicit VR. */
  readonly vr?: string;
  readonly lengthAt: number;
  /** bytes of the length */
  readonly size: 2 | 4;
  /** What is odd about it, in words that go on after "it has". */
  readonly isOdd?: string;
}

/** @param at of the element's tag */
export function vrAt(bytes: Uint8Array, at: number, isExplicit: boolean, littleEndian: boolean): VrReading {
  const implicit: VrReading = { lengthAt: at + 4, size: 4 };
  if (!isExplicit) return implicit;
  const vr = String.fromCharCode(bytes[at + 4] ?? 0, bytes[at + 5] ?? 0);
  if (SHORT.has(vr)) return { vr, lengthAt: at + 6, size: 2 };
  if (WIDE.has(vr)) return { vr, lengthAt: at + 8, size: 4 };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const leadsOn = ({ lengthAt, size }: VrReading): boolean => {
    if (lengthAt + size > bytes.length) return false;
    const length =
      size === 2 ? view.getUint16(lengthAt, littleEndian) : view.getUint32(lengthAt, littleEndian);
    return elementBegins(
      bytes,
      view,
      lengthAt + size + length,
      littleEndian,
      view.getUint16(at, littleEndian),
    );
  };
  const short: VrReading = { vr, lengthAt: at + 6, size: 2, isOdd: 'values of an unknown VR' };
  if (!/^[A-Z]{2}$/.test(vr)) {
    const odd = { ...implicit, isOdd: 'elements in implicit VR among explicit ones' };
    return leadsOn(odd) || !leadsOn(short) ? odd : short;
  }
  // VRs to come have a length of 32 bits behind two empty bytes (PS3.5 6.2).
  const wide: VrReading = { vr, lengthAt: at + 8, size: 4, isOdd: 'values of an unknown VR' };
  const isEmpty = bytes[at + 6] === 0 && bytes[at + 7] === 0;
  return isEmpty && leadsOn(wide) ? wide : short;
}

/** Whether the data ends at `at`, or goes on with an element of this group or a later one, or with a delimiter. */
function elementBegins(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  littleEndian: boolean,
  group: number,
): boolean {
  if (at === bytes.length) return true;
  if (at + 8 > bytes.length) return false;
  const next = view.getUint16(at, littleEndian);
  if (next === 0xfffe) return true;
  if (next < group) return false;
  const vr = String.fromCharCode(bytes[at + 4]!, bytes[at + 5]!);
  return SHORT.has(vr) || WIDE.has(vr) || view.getUint32(at + 4, littleEndian) <= bytes.length - at - 8;
}
