// The inverse discrete cosine transform of one 8 x 8 block (ITU T.81 A.3.3), in floating point by rows and columns:
// exact to rounding, which integer transforms are not, and fast enough because most coefficients are zero.

/** Row-major place of each coefficient in the order of the stream. */
const ZIGZAG = Uint8Array.from([
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46,
  53, 60, 61, 54, 47, 55, 62, 63,
]);

/** basis[8 * u + x] = C(u) / 2 * cos((2x + 1) u pi / 16) */
const BASIS = Float64Array.from({ length: 64 }, (_, i) => {
  const [u, x] = [i >> 3, i & 7];
  return (u === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * x + 1) * u * Math.PI) / 16);
});

const rows = new Float64Array(64);
const column = new Float64Array(8);

/**
 * @param coefficients 64 in zigzag order, before dequantisation
 * @param quantisation 64 in zigzag order
 * @param out 64 samples, row-major, around zero
 */
export function inverseDct(coefficients: Int16Array, quantisation: Uint16Array, out: Int32Array): void {
  rows.fill(0);
  for (let k = 0; k < 64; k++) {
    const coefficient = coefficients[k]!;
    if (coefficient === 0) continue;
    const value = coefficient * quantisation[k]!;
    const place = ZIGZAG[k]!;
    const [v, u] = [place & 56, place & 7];
    for (let x = 0; x < 8; x++) rows[v + x] = rows[v + x]! + value * BASIS[8 * u + x]!;
  }
  for (let x = 0; x < 8; x++) {
    column.fill(0);
    for (let v = 0; v < 8; v++) {
      const value = rows[8 * v + x]!;
      if (value === 0) continue;
      for (let y = 0; y < 8; y++) column[y] = column[y]! + value * BASIS[8 * v + y]!;
    }
    for (let y = 0; y < 8; y++) out[8 * y + x] = Math.round(column[y]!);
  }
}
