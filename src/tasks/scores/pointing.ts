// How well a map points at an area of the film: the pointing game (Zhang et al., "Top-down Neural Attention by Excitation Backprop",
// ECCV 2016), without a margin, beside the middle of the film; and how much of the map lies inside beside how much of the film does.

/** Of one film, or the mean over several. */
export interface Inside {
  /** The place where the map is largest lies inside, by its middle. */
  readonly peak: number;
  /** The middle of the film does. */
  readonly centre: number;
  /** Share of the map that lies inside. */
  readonly energy: number;
  /** Share of the film. */
  readonly area: number;
}

/** Whether a place, in shares of the film's width and height, lies inside. */
export type IsInside = (x: number, y: number) => boolean;

/**
 * A map that is empty points nowhere.
 * @param map size x size values, row-major, none below 0
 * @param peak in shares of the film's width and height
 */
export function insideArea(
  map: ArrayLike<number>,
  size: number,
  peak: readonly [number, number],
  isInside: IsInside,
): Inside {
  let [sum, within, area] = [0, 0, 0];
  for (let i = 0; i < map.length; i++) {
    sum += map[i]!;
    if (!isInside(((i % size) + 0.5) / size, (Math.floor(i / size) + 0.5) / size)) continue;
    within += map[i]!;
    area++;
  }
  return {
    peak: Number(sum > 0 && isInside(...peak)),
    centre: Number(isInside(0.5, 0.5)),
    energy: sum > 0 ? within / sum : 0,
    area: area / map.length,
  };
}

/** Over films, of which there is at least one. */
export function meanInside(each: readonly Inside[]): Inside {
  const mean = (of: keyof Inside) => each.reduce((sum, one) => sum + one[of], 0) / each.length;
  return { peak: mean('peak'), centre: mean('centre'), energy: mean('energy'), area: mean('area') };
}
