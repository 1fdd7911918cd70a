// Learning rates as pure functions of step or epoch, in double precision on the host.
// Both follow the published code to the letter, its slips included; see the notes at each.

export interface WarmupCosine {
  /** Peak rate, already scaled by batch / 256 where the optimiser wants that. */
  readonly base: number;
  readonly warmupSteps: number;
  /** Steps of the whole run, warm-up included. */
  readonly totalSteps: number;
}

/** The cosine ends at this share of the base rate. */
const FLOOR = 0.001;

/**
 * The rate to set before step `step` (0, 1, ...): linear from zero, then a cosine. The first step has rate 0, and
 * the cosine runs over all steps rather than over those after the warm-up, so it never quite reaches its floor.
 */
export function warmupCosine({ base, warmupSteps, totalSteps }: WarmupCosine, step: number): number {
  if (step < warmupSteps) return (base * step) / warmupSteps;
  const q = 0.5 * (1 + Math.cos((Math.PI * (step - warmupSteps)) / totalSteps));
  return base * q + FLOOR * base * (1 - q);
}

export interface WarmRestarts {
  readonly max: number;
  readonly min: number;
  /** Epochs before the first restart. */
  readonly firstPeriod: number;
  /** Each period is this many times as long as the one before; at least 1. */
  readonly factor: number;
}

/** The rate of a whole epoch (0, 1, ...): a cosine from max to min that restarts, with growing periods. */
export function warmRestarts({ max, min, firstPeriod, factor }: WarmRestarts, epoch: number): number {
  let period = firstPeriod;
  let since = epoch;
  while (since >= period) {
    since -= period;
    period *= factor;
  }
  return min + ((max - min) * (1 + Math.cos((Math.PI * since) / period))) / 2;
}
