// Measures processor time where a browser tells none: computes the same small piece of work over and over beside a film
// that is decoded alone, and posts a message for each. Both threads get the same share of the machine, however busy it is, so the
// pieces that are done say how much the film has had. Ended from outside.

import '../../guard/workerScope.ts';

/** Some 20 ms on a core of 3 GHz. */
const ROUNDS = 12_000_000;

let state = 1;

function piece(): void {
  let x = state;
  for (let i = 0; i < ROUNDS; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
  }
  // Kept, so that no compiler finds the work to be for nothing.
  state = x;
}

for (;;) {
  piece();
  postMessage({ piece: state });
}
