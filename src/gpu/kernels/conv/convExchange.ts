// How neighbouring threads of a subgroup share what a register tile reads. Two or four of them make other channels of the same pixels,
// so all would load the same numbers of the map. Instead each loads those of its own images and has the others' by swaps within the
// quad. A swap is with the thread whose number differs in some bits, so each thread counts the images of a tile from its own.
// It takes the threads of a quad for neighbours in order, as every driver has them for workgroups of one dimension.

import { range } from '../parts/lanes.ts';

/** Threads that exchange what they load. */
export type Together = 1 | 2 | 4;

interface Exchanging {
  readonly together: Together;
  /** Images of a tile, a multiple of `together`. */
  readonly images: number;
}

/** As many as have films to load and four channels each to make, all of them. */
export function togetherFor(n: number, channels: number): Together {
  if (n >= 4 && channels % 16 === 0) return 4;
  return n >= 2 && channels % 8 === 0 ? 2 : 1;
}

/** By which bits of their numbers two threads differ. */
const SWAPS = ['', 'quadSwapX', 'quadSwapY', 'quadSwapDiagonal'];

/** Declares `member`, which imageOf needs: the thread's number among those that exchange. */
export const memberOf = ({ together }: Exchanging): string =>
  together > 1 ? `let member = subgroupLane % ${together}u;` : '';

/** Which image of the tile a thread calls its `i`th. */
export const imageOf = ({ together }: Exchanging, i: number): string =>
  together > 1 ? `${i - (i % together)}u + (member ^ ${i % together}u)` : `${i}u`;

/** The images that a thread loads by itself. */
export const ownImages = ({ images, together }: Exchanging): number[] =>
  range(images).filter((i) => i % together === 0);

/** Declares by `name` what the others loaded, next to the thread's `own` image. */
export const exchange = ({ together }: Exchanging, own: number, name: (image: number) => string): string =>
  range(together)
    .slice(1)
    .map((i) => `let ${name(own + i)} = ${SWAPS[i]}(${name(own)});`)
    .join('\n');
