// Who draws the built-in films and when: what is asked for first, as many again ahead and no more, each once; workers end when
// there is nothing more to draw.

import { describe, expect, it, vi } from 'vitest';
import type { DrawnSet } from '../../protocol/dataset.ts';
import { type Drawer, DrawnPlanes } from './drawnPlanes.ts';

const SET: DrawnSet = { patients: 60, difficulty: 'classroom', seed: 1, side: 2 };
const COUNT = 100;

/** Each film's plane is its number. */
function drawing(workers = 1) {
  const drawn: number[] = [];
  let open = 0;
  const make = (): Drawer => {
    open++;
    return {
      async draw(_, films) {
        drawn.push(...films);
        return Uint8Array.from(films.flatMap((film) => Array(4).fill(film)));
      },
      close: () => {
        open--;
      },
    };
  };
  const planes = new DrawnPlanes(SET, COUNT, make, workers);
  const read = async (...films: number[]) =>
    (await planes.read(Uint32Array.from(films))).map(([value]) => value);
  return { planes, drawn, read, open: () => open };
}

/** Until nothing has been drawn for a while. */
async function settled(drawn: readonly number[]): Promise<void> {
  let before = -1;
  await vi.waitFor(() => {
    const same = drawn.length === before;
    before = drawn.length;
    expect(same).toBe(true);
  });
}

describe('the films of the built-in set', () => {
  it('are drawn as they are asked for, and twice as many ahead of the steps to come', async () => {
    const { drawn, read } = drawing();
    expect(await read(40, 7, 90, 3)).toEqual([40, 7, 90, 3]);
    expect(drawn.slice(0, 4)).toEqual([40, 7, 90, 3]);
    await settled(drawn);
    expect(drawn.slice(4)).toEqual([0, 1, 2, 4, 5, 6, 8, 9]);
  });

  it('are each drawn once, and all of them by a run that goes through them', async () => {
    const { drawn, read, open } = drawing(2);
    for (let at = 0; at < 50; at += 10) await read(...Array.from({ length: 10 }, (_, i) => at + i));
    await settled(drawn);
    expect([...drawn].sort((a, b) => a - b)).toEqual(Array.from({ length: COUNT }, (_, film) => film));
    expect(open()).toBe(0);
  });

  it('are left alone where somebody looks at one before a run, and its worker ends', async () => {
    const { drawn, read, open } = drawing();
    expect(await read(5)).toEqual([5]);
    await settled(drawn);
    expect(drawn).toEqual([5]);
    expect(open()).toBe(0);
  });
});
