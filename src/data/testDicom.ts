// Writes small DICOM files for tests: explicit or implicit VR, either byte order, raw or encapsulated pixels.

export interface TestElement {
  /** As in 0x00280010. */
  readonly tag: number;
  readonly vr: string;
  /** Numbers are 16-bit words. */
  readonly value: string | readonly number[] | Uint8Array | TestElement[][];
}

export interface TestImage {
  readonly syntax?: string;
  readonly explicit?: boolean;
  readonly littleEndian?: boolean;
  readonly preamble?: boolean;
  /** Written in the order of their tags. */
  readonly elements: readonly TestElement[];
  /** Fragments of encapsulated pixel data, behind an empty offset table. */
  readonly fragments?: readonly Uint8Array[];
}

const WIDE = new Set(['OB', 'OW', 'SQ', 'UN', 'OF']);

class Writer {
  readonly bytes: number[] = [];
  readonly explicit: boolean;
  readonly littleEndian: boolean;

  constructor(explicit: boolean, littleEndian: boolean) {
    this.explicit = explicit;
    this.littleEndian = littleEndian;
  }

  word(value: number) {
    const pair = [value & 255, (value >> 8) & 255];
    this.bytes.push(...(this.littleEndian ? pair : pair.reverse()));
  }

  long(value: number) {
    const [low, high] = [value & 0xffff, value >>> 16];
    for (const half of this.littleEndian ? [low, high] : [high, low]) this.word(half);
  }

  header(tag: number, vr: string, length: number) {
    this.word(tag >>> 16);
    this.word(tag & 0xffff);
    if (!this.explicit) return this.long(length);
    this.bytes.push(vr.charCodeAt(0), vr.charCodeAt(1));
    if (!WIDE.has(vr)) return this.word(length);
    this.word(0);
    this.long(length);
  }

  raw(bytes: Iterable<number>) {
    for (const byte of bytes) this.bytes.push(byte);
  }

  element({ tag, vr, value }: TestElement) {
    const inner = new Writer(this.explicit, this.littleEndian);
    if (typeof value === 'string') inner.raw(new TextEncoder().encode(value));
    else if (value instanceof Uint8Array) inner.raw(value);
    else {
      for (const part of value) {
        if (typeof part === 'number') inner.word(part);
        else inner.item(part);
      }
    }
    if (inner.bytes.length % 2) inner.bytes.push(typeof value === 'string' ? 32 : 0);
    this.header(tag, vr, inner.bytes.length);
    this.raw(inner.bytes);
  }

  item(elements: readonly TestElement[]) {
    const inner = new Writer(this.explicit, this.littleEndian);
    for (const element of elements) inner.element(element);
    this.word(0xfffe);
    this.word(0xe000);
    this.long(inner.bytes.length);
    this.raw(inner.bytes);
  }

  fragments(parts: readonly Uint8Array[]) {
    this.header(0x7fe00010, 'OB', 0xffffffff);
    for (const part of [new Uint8Array(0), ...parts]) {
      this.word(0xfffe);
      this.word(0xe000);
      this.long(part.length);
      this.raw(part);
    }
    this.word(0xfffe);
    this.word(0xe0dd);
    this.long(0);
  }
}

export function writeDicom(image: TestImage): Uint8Array {
  const { syntax = '1.2.840.10008.1.2.1', explicit = true, littleEndian = true, preamble = true } = image;
  const meta = new Writer(true, true);
  if (preamble) {
    meta.raw(new Uint8Array(128));
    meta.raw(new TextEncoder().encode('DICM'));
    meta.element({ tag: 0x00020010, vr: 'UI', value: `${syntax}${syntax.length % 2 ? '\0' : ''}` });
  }
  const body = new Writer(explicit, littleEndian);
  for (const element of [...image.elements].sort((a, b) => a.tag - b.tag)) body.element(element);
  if (image.fragments) body.fragments(image.fragments);
  return Uint8Array.from([...meta.bytes, ...body.bytes]);
}

export interface GreyOptions {
  readonly rows: number;
  readonly cols: number;
  readonly bits?: 8 | 16;
  readonly stored?: number;
  readonly highBit?: number;
  readonly signed?: boolean;
  readonly photometric?: string;
  readonly pixels?: readonly number[] | Uint8Array;
  readonly more?: readonly TestElement[];
}

/** The elements of a plain grey image; `more` replaces those with the same tag. */
export function greyElements(options: GreyOptions): TestElement[] {
  const { rows, cols, bits = 16, stored = bits, signed = false, photometric = 'MONOCHROME2' } = options;
  const short = (tag: number, value: number): TestElement => ({ tag, vr: 'US', value: [value] });
  const elements: TestElement[] = [
    { tag: 0x00080060, vr: 'CS', value: 'DX' },
    { tag: 0x00100020, vr: 'LO', value: 'P-17' },
    short(0x00280002, 1),
    { tag: 0x00280004, vr: 'CS', value: photometric },
    short(0x00280010, rows),
    short(0x00280011, cols),
    short(0x00280100, bits),
    short(0x00280101, stored),
    short(0x00280102, options.highBit ?? stored - 1),
    short(0x00280103, signed ? 1 : 0),
  ];
  if (options.pixels) elements.push({ tag: 0x7fe00010, vr: bits === 8 ? 'OB' : 'OW', value: options.pixels });
  const replaced = new Set(options.more?.map(({ tag }) => tag));
  return [...elements.filter(({ tag }) => !replaced.has(tag)), ...(options.more ?? [])];
}
