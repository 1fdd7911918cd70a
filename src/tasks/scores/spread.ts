// How far scores lie apart from seed to seed, and within a seed from one draw of labels to the next. That is another thing
// than the interval over patients: it says how much a repetition with other random numbers would move, on the same films.

export interface Spread {
  /** Of the means of the seeds; null without a score. */
  readonly mean: number | null;
  /** Standard deviation of the means of the seeds; null with fewer than two. */
  readonly seeds: number | null;
  /** Standard deviation of the draws around the mean of their seed, pooled over seeds; null where no seed has two. */
  readonly draws: number | null;
}

export const meanOf = (values: readonly (number | null)[]): number | null => {
  const defined = values.filter((value) => value !== null);
  return defined.length > 0 ? defined.reduce((sum, value) => sum + value, 0) / defined.length : null;
};

const squares = (values: readonly number[], centre: number) =>
  values.reduce((sum, value) => sum + (value - centre) ** 2, 0);

/** @param scores per seed, the score of each draw of labels; null where it is undefined */
export function spreadOverSeeds(scores: readonly (readonly (number | null)[])[]): Spread {
  const seeds = scores
    .map((draws) => draws.filter((score) => score !== null))
    .filter((draws) => draws.length > 0)
    .map((draws) => ({ draws, mean: meanOf(draws)! }));
  const means = seeds.map(({ mean }) => mean);
  const mean = meanOf(means);
  const freedom = seeds.reduce((sum, { draws }) => sum + draws.length - 1, 0);
  const within = seeds.reduce((sum, { draws, mean: centre }) => sum + squares(draws, centre), 0);
  return {
    mean,
    seeds: mean === null || means.length < 2 ? null : Math.sqrt(squares(means, mean) / (means.length - 1)),
    draws: freedom > 0 ? Math.sqrt(within / freedom) : null,
  };
}
