// The tail of the normal distribution to the precision of a double: the series of erf near zero, the continued fraction of
// erfc beyond (Abramowitz and Stegun 7.1.5 and 7.1.14).

const BRANCH = 2;

/** erf x = 2 / sqrt(pi) sum (-1)^n x^(2n+1) / (n! (2n+1)) */
function erfSeries(x: number): number {
  let power = x;
  let sum = x;
  for (let n = 1; Math.abs(power) > 1e-18 * Math.abs(sum); n++) {
    power *= (-x * x) / n;
    sum += power / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** erfc x = exp(-x^2) / (sqrt(pi) (x + (1/2)/(x + 1/(x + (3/2)/(x + ...))))), from the inside out. */
function erfcFraction(x: number): number {
  let inner = x;
  for (let n = 120; n >= 1; n--) inner = x + n / 2 / inner;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * inner);
}

/** The chance of a value as far from zero as z or farther, in either direction. */
export function twoSided(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  return x < BRANCH ? 1 - (x === 0 ? 0 : erfSeries(x)) : erfcFraction(x);
}
