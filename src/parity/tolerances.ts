// How far a computed quantity may be from its recorded value, and how the distance is measured, in one table.
// Values are those of the fixtures' specification, section 8, for float32 sums in another order; where it gives
// none, the reason stands beside the row.

/**
 * relative: ||x - ref|| / ||ref|| over a tensor, or ||x|| where the reference is zero. each: the largest relative
 * error of a single number. largest, mean: absolute differences. share: computed by the caller as said beside it.
 */
export type Measure = 'relative' | 'each' | 'largest' | 'mean' | 'share';

interface Tolerance {
  readonly measure: Measure;
  readonly value: number;
}

const relative = (value: number): Tolerance => ({ measure: 'relative', value });
const largest = (value: number): Tolerance => ({ measure: 'largest', value });
const share = (value: number): Tolerance => ({ measure: 'share', value });

export const TOLERANCES = {
  lossValue: relative(1e-5),
  /** Terms that are zero, or covariances of (nearly) collapsed embeddings. */
  lossNothing: largest(1e-9),
  lossGradient: relative(1e-5),
  lossGradientCollapsed: relative(1e-4),
  /** Not in section 8: a deviation is a value of the loss. */
  deviation: relative(1e-5),

  gates: relative(1e-5),
  gatesGradient: relative(2e-5),

  pooled: relative(1e-5),
  pooledGradient: relative(2e-5),
  /** Largest difference from the published order of operations, over the largest value. */
  identity: share(1e-5),
  levelMatrix: largest(1e-6),

  map: relative(1e-4),
  embedding: relative(2e-4),
  modelLoss: relative(1e-4),
  modelGradient: relative(2e-3),
  /** Of the relative errors of all parameters' gradients. */
  medianGradient: share(2e-4),
  /** Norm of a gradient that is zero analytically, over the largest norm of all. */
  zeroGradient: share(1e-5),
  buffers: relative(1e-4),
  evalFeatures: relative(1e-4),

  gentleLossEarly: relative(2e-4),
  gentleLossLate: relative(1e-2),
  distanceEarly: relative(1e-2),
  distanceLate: relative(5e-2),
  norm: relative(1e-3),
  /** Of a parameter's momentum: after one step the norm of a gradient, so as for gradients ... */
  momentumFirst: relative(2e-3),
  /** ... and later as for the distance that momentum makes. */
  momentumEarly: relative(1e-2),
  momentumLate: relative(5e-2),
  /** Statistics after ten steps depend on maps of weights that may differ as the late losses do. */
  buffersLate: relative(1e-2),
  /** Features of our own weights after ten steps, for the same reason. */
  evalFeaturesOwn: relative(1e-2),
  paperLossEarly: relative(1e-3),
  paperLossTurn: relative(5e-2),
  paperLossLate: relative(0.4),
  rate: { measure: 'each', value: 1e-12 },

  /** In grey levels. */
  viewStage: largest(1),
  viewLargest: largest(2),
  viewMean: { measure: 'mean', value: 0.1 },

  probeWeights: relative(1e-5),
  probeScore: largest(1e-5),
  metric: largest(1e-9),

  /** Yes or no: an error of 1 is a no. */
  agreement: share(0),
} as const satisfies Record<string, Tolerance>;

export type ToleranceName = keyof typeof TOLERANCES;
