// The viridis map, from eleven of its published colours with straight lines between them: perceptually even, safe
// for the colour-blind, readable in grey. The one map for everything laid over a film.

const STOPS = [
  [68, 1, 84],
  [72, 36, 117],
  [65, 68, 135],
  [53, 95, 141],
  [42, 120, 142],
  [33, 145, 140],
  [34, 168, 132],
  [68, 191, 112],
  [122, 209, 81],
  [189, 223, 38],
  [253, 231, 37],
] as const;

/** Red, green and blue of a value in 0..1, 0..255 each. */
export function viridis(value: number): [number, number, number] {
  const place = Math.max(0, Math.min(1, value)) * (STOPS.length - 1);
  const below = Math.min(STOPS.length - 2, Math.floor(place));
  const share = place - below;
  const [from, to] = [STOPS[below]!, STOPS[below + 1]!];
  const blend = (channel: 0 | 1 | 2) => Math.round(from[channel] + share * (to[channel] - from[channel]));
  return [blend(0), blend(1), blend(2)];
}

export const VIRIDIS_GRADIENT = `linear-gradient(90deg, ${STOPS.map(([r, g, b]) => `rgb(${r} ${g} ${b})`).join(', ')})`;
