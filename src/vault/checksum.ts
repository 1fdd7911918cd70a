// Checksums of files of any size, by the browser's own SHA-256, which works beside the thread and needs a block at a
// time: the digest of a file is the digest of its blocks' digests. For telling torn and rotten files, not for secrecy.

/** Bytes per block: small enough that writing one does not hold a step up. */
export const BLOCK = 4 << 20;

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const digest = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));

/** The parts joined and cut into blocks, all but the last of them BLOCK bytes long. */
export function* blocksOf(parts: Iterable<Uint8Array>): Generator<Uint8Array<ArrayBuffer>> {
  let block = new Uint8Array(BLOCK);
  let filled = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      const taken = Math.min(BLOCK - filled, part.length - at);
      block.set(part.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled < BLOCK) continue;
      yield block;
      block = new Uint8Array(BLOCK);
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}

/** Gathers the digests of blocks as they go by. */
export class Checksum {
  readonly #digests: Uint8Array[] = [];

  async add(block: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#digests.push(await digest(block));
  }

  async value(): Promise<string> {
    const all = new Uint8Array(this.#digests.length * 32);
    this.#digests.forEach((one, i) => {
      all.set(one, i * 32);
    });
    return hex(await digest(all));
  }
}

/** The checksum of bytes that are already there. */
export async function checksumOf(bytes: Uint8Array): Promise<string> {
  const sum = new Checksum();
  for (const block of blocksOf([bytes])) await sum.add(block);
  return sum.value();
}
