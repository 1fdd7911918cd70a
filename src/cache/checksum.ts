// A 32-bit checksum of a plane. It tells a torn or foreign piece of a file from what was written; it is no protection
// against anyone who wants to deceive. Every step is one-to-one in the running value, so one changed word always shows.

const SEED = 0x811c9dc5;
const FACTOR = 0x9e3779b1;

export function checksum(bytes: Uint8Array): number {
  const whole = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Int32Array(whole.buffer, whole.byteOffset, whole.length >> 2);
  let sum = SEED ^ whole.length;
  for (let i = 0; i < words.length; i++) {
    sum = Math.imul(sum ^ words[i]!, FACTOR);
    sum = (sum << 13) | (sum >>> 19);
  }
  for (let i = words.length * 4; i < whole.length; i++) sum = Math.imul(sum ^ whole[i]!, FACTOR);
  sum ^= sum >>> 15;
  return Math.imul(sum, FACTOR) >>> 0;
}
