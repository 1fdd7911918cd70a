// The two 16-bit float formats that checkpoints of others may use, widened to 32 bits.
// Nothing here narrows: the product itself stores 32-bit floats.

/** IEEE binary16: 1 sign, 5 exponent (bias 15) and 10 fraction bits. */
export function float16Values(words: Uint16Array): Float32Array {
  return Float32Array.from(words, (word) => {
    const sign = word & 0x8000 ? -1 : 1;
    const exponent = (word >> 10) & 31;
    const fraction = word & 0x3ff;
    if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

/** bfloat16: the upper half of a 32-bit float. */
export function bfloat16Values(words: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(words, (word) => (word << 16) >>> 0).buffer);
}
