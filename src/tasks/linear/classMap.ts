// Where a linear layer on pooled features looks, as plain arithmetic. Its logit is the mean over the places of the last map of what the
// weights of a finding make of the channels there, so the map of these parts is exact. Grad-CAM does the like on any map with the
// gradients there (Selvaraju et al., "Grad-CAM", ICCV 2017, equations 1 and 2). How a film is looked at is in lookAt.ts.

/** relu(sum_c w_c a_c) / places for each place of a map, places x channels row-major, as the encoder makes it. */
export function classMap(map: ArrayLike<number>, weights: ArrayLike<number>): Float64Array {
  const channels = weights.length;
  const places = map.length / channels;
  return Float64Array.from({ length: places }, (_, place) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += weights[c]! * map[place * channels + c]!;
    return Math.max(0, sum) / places;
  });
}

/** For each pixel of a side its two neighbours on the map and the share of the second; pixels are areas, edges are held. */
function between(from: number, to: number) {
  return Array.from({ length: to }, (_, at) => {
    const place = Math.max(0, ((at + 0.5) * from) / to - 0.5);
    const first = Math.min(from - 1, Math.floor(place));
    return { first, second: Math.min(from - 1, first + 1), share: place - first };
  });
}

/** A map, height x width, enlarged to size x size with straight lines between its places. */
export function enlarged(map: ArrayLike<number>, height: number, width: number, size: number): Float64Array {
  const [down, across] = [between(height, size), between(width, size)];
  const result = new Float64Array(size * size);
  for (const [y, v] of down.entries()) {
    for (const [x, h] of across.entries()) {
      const row = (at: number) => {
        const [left, right] = [map[at * width + h.first]!, map[at * width + h.second]!];
        return left + h.share * (right - left);
      };
      const [above, below] = [row(v.first), row(v.second)];
      result[y * size + x] = above + v.share * (below - above);
    }
  }
  return result;
}

/** The first of the largest values. */
export function peakOf(values: ArrayLike<number>): number {
  let peak = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[peak]!) peak = i;
  return peak;
}

/**
 * relu(sum_c alpha_c a_c) for each place of a map, places x channels row-major, with alpha_c the mean over places of the gradient at
 * channel c. Of the last map, whose gradient is the same everywhere, it is the class map.
 */
export function gradCam(map: ArrayLike<number>, gradient: ArrayLike<number>, channels: number): Float64Array {
  const places = map.length / channels;
  const alpha = new Float64Array(channels);
  for (let i = 0; i < gradient.length; i++) alpha[i % channels]! += gradient[i]! / places;
  return classMap(map, alpha).map((value) => value * places);
}

/** A layer on the mean of a map, without its bias. */
export function meanOver(map: ArrayLike<number>, weights: ArrayLike<number>): number {
  const channels = weights.length;
  let sum = 0;
  for (let i = 0; i < map.length; i++) sum += weights[i % channels]! * map[i]!;
  return (sum * channels) / map.length;
}
