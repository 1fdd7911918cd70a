// Holm's step-down correction for several tests at once (Holm, Scandinavian Journal of Statistics 1979): an adjusted p below
// 0.05 may be called a difference, and the chance that any such call is wrong stays below 5 %, however the tests depend.

/** Adjusted p in the order given; null stays null and does not count as a test. */
export function holm(ps: readonly (number | null)[]): (number | null)[] {
  const tested = ps.flatMap((p, at) => (p === null ? [] : [{ p, at }])).sort((a, b) => a.p - b.p);
  const adjusted: (number | null)[] = ps.map(() => null);
  let least = 0;
  for (const [rank, { p, at }] of tested.entries()) {
    least = Math.max(least, Math.min(1, (tested.length - rank) * p));
    adjusted[at] = least;
  }
  return adjusted;
}
