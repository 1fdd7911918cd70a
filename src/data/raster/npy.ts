// The header of a NumPy array file (NEP 1): what kind of numbers, in which shape. Read from the start of a stream, which
// then goes on with the numbers.

import { AppError } from '../../util/errors.ts';

const MAGIC = '\x93NUMPY';
const MAX_HEADER = 65_536;

const damaged = (detail: string) => new AppError('archive-unreadable', detail);

export interface NpyHeader {
  /** e.g. |u1, <u2, <i8 */
  readonly descr: string;
  /** Bytes of a number. */
  readonly itemSize: number;
  readonly shape: readonly number[];
  /** Bytes of the header. */
  readonly length: number;
}

/** @returns null while more bytes are needed. @throws AppError `archive-unreadable` */
function parseNpyHeader(bytes: Uint8Array): NpyHeader | null {
  if (bytes.length < 12) return null;
  if (String.fromCharCode(...bytes.subarray(0, 6)) !== MAGIC)
    throw damaged('an array in it is no NumPy array.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isFirst = bytes[6] === 1;
  const textAt = isFirst ? 10 : 12;
  const length = textAt + (isFirst ? view.getUint16(8, true) : view.getUint32(8, true));
  if (length > MAX_HEADER) throw damaged('an array in it has a header without end.');
  if (bytes.length < length) return null;
  const text = new TextDecoder('latin1').decode(bytes.subarray(textAt, length));
  const descr = /'descr':\s*'([^']{1,8})'/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d\s,]*)\)/.exec(text)?.[1];
  if (descr === undefined || shape === undefined || !/'fortran_order':\s*False/.test(text)) {
    throw damaged('an array in it is of a kind that is not read.');
  }
  const itemSize = Number(/\d+$/.exec(descr)?.[0] ?? 0);
  return { descr, itemSize, shape: (shape.match(/\d+/g) ?? []).map(Number), length };
}

export interface NpyArray extends Omit<NpyHeader, 'length'> {
  /** The numbers; by reference where the browser keeps them on disk. */
  readonly body: Blob;
}

export const countOf = ({ shape }: Pick<NpyHeader, 'shape'>): number =>
  shape.reduce((product, side) => product * side, 1);

/**
 * An array out of a stream of known length.
 * @param size bytes that the stream is said to have
 * @throws AppError `archive-unreadable` before anything is kept, when header and size do not agree
 */
export async function readNpy(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  size: number,
): Promise<NpyArray> {
  const reader = stream.getReader();
  let head = new Uint8Array(0);
  let header: NpyHeader | null = null;
  while (!header) {
    const { value, done } = await reader.read();
    if (done) throw damaged('an array in it is cut off.');
    const joined = new Uint8Array(head.length + value.length);
    joined.set(head);
    joined.set(value, head.length);
    head = joined;
    header = parseNpyHeader(head);
  }
  const { length, ...rest } = header;
  const bytes = countOf(header) * header.itemSize;
  if (length + bytes !== size) {
    await reader.cancel();
    throw damaged('an array in it is not as long as its shape says.');
  }
  const first = head.subarray(length);
  const remaining = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (control) => control.enqueue(first),
    async pull(control) {
      const { value, done } = await reader.read();
      if (done) control.close();
      else control.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  const body = await new Response(remaining).blob();
  if (body.size !== bytes) throw damaged('an array in it is cut off.');
  return { ...rest, body };
}
