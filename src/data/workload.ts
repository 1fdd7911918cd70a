// What a film under way tells those who watch its time: that it waits for something that is not its own doing (a codec that
// loads, bytes from a slow disk), and how many pixels it has, which decides how much work it may take. The decode worker
// listens; elsewhere nobody does.

export const workload = {
  waits: (_isWaiting: boolean): void => {},
  /** px of all frames that will be decoded. */
  pixels: (_count: number): void => {},
};

let waiting = 0;

/** While `work` runs the film is not to blame for the time. */
export async function notBlamed<T>(work: () => Promise<T>): Promise<T> {
  waiting += 1;
  if (waiting === 1) workload.waits(true);
  try {
    return await work();
  } finally {
    waiting -= 1;
    if (waiting === 0) workload.waits(false);
  }
}
