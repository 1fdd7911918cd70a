// The y axis of a chart: from the values that are drawn to the range that shows them, with or without those that lie far from all
// others. Pure arithmetic; the ticks are those of chartAxes.ts.

export interface Extent {
  low: number;
  high: number;
}

export const emptyExtent = (): Extent => ({ low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY });

export function include(extent: Extent, value: number): void {
  if (value < extent.low) extent.low = value;
  if (value > extent.high) extent.high = value;
}

/** Of its values this share at each end may lie outside, and the range is wider than the rest by so much of it. */
const TAIL = 0.03;
const MARGIN = 0.3;

/**
 * The extent of one curve without its outliers: from its 3rd to its 97th percentile and 30 % of that beyond, never wider than
 * the curve itself. On a log axis all of that is done with logarithms.
 */
export function withoutOutliers(values: readonly number[], log: boolean): Extent {
  const sorted = values
    .map((value) => (log ? Math.log(value) : value))
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const last = sorted.length - 1;
  if (last < 0) return emptyExtent();
  const quantile = (share: number) => {
    const at = share * last;
    const below = Math.floor(at);
    return sorted[below]! + (at - below) * (sorted[Math.min(last, below + 1)]! - sorted[below]!);
  };
  const [low, high] = [quantile(TAIL), quantile(1 - TAIL)];
  const margin = MARGIN * (high - low);
  const range = { low: Math.max(sorted[0]!, low - margin), high: Math.min(sorted[last]!, high + margin) };
  return log ? { low: Math.exp(range.low), high: Math.exp(range.high) } : range;
}

/** A little air above and below; a constant stands in the middle, nothing but zeros just above the axis. */
export function padded({ low, high }: Extent, log: boolean): readonly [number, number] {
  if (low > high) return log ? [0.1, 10] : [0, 1];
  if (log) {
    const air = Math.max((high / low) ** 0.06, 1.02);
    return [low / air, high * air];
  }
  if (low === 0 && high === 0) return [-0.06, 1];
  const air = high > low ? (high - low) * 0.06 : Math.abs(high) * 0.1;
  return [low >= 0 && low < air ? 0 : low - air, high + air];
}
