// The wire format of protocol buffers, as far as it takes to write messages: a number and a type before every field. Messages are
// plain bytes; what their fields mean is for the writer of the format to say.

const VARINT = 0;
const EIGHT_BYTES = 1;
const LENGTH = 2;
const FOUR_BYTES = 5;

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A whole number from 0 up to 2^53. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    const more = rest >= 128;
    bytes.push((rest % 128) + (more ? 128 : 0));
    if (!more) return Uint8Array.from(bytes);
  }
}

const key = (field: number, type: number) => varint(field * 8 + type);

export const uintField = (field: number, value: number): Uint8Array =>
  joinBytes([key(field, VARINT), varint(value)]);

export function doubleField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return joinBytes([key(field, EIGHT_BYTES), bytes]);
}

export function floatField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return joinBytes([key(field, FOUR_BYTES), bytes]);
}

/** Text, bytes, or a message out of these parts. */
export function bytesField(field: number, ...parts: readonly (Uint8Array | string)[]): Uint8Array {
  const bytes = joinBytes(
    parts.map((part) => (typeof part === 'string' ? new TextEncoder().encode(part) : part)),
  );
  return joinBytes([key(field, LENGTH), varint(bytes.length), bytes]);
}
