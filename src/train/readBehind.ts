// Passes over films whose results the host reads: the GPU is given a batch before what it made of the one before has arrived, so that
// it has work while the host waits, packs and decodes. At most two batches are under way.

/**
 * `record` asks the GPU for what it makes of a batch; `take` hears it, batch by batch in their order. @throws what either throws, and
 * what a read is rejected with
 */
export async function readBehind<Batch, Result>(
  batches: AsyncIterable<Batch>,
  record: (batch: Batch) => Promise<Result>,
  take: (batch: Batch, result: Result) => void,
): Promise<void> {
  let before: Promise<void> = Promise.resolve();
  for await (const batch of batches) {
    const taken = before;
    const reading = record(batch).then(async (result) => {
      await taken;
      take(batch, result);
    });
    // A rejection that is looked at one batch later must not count as one that nobody handles.
    reading.catch(() => undefined);
    await taken;
    before = reading;
  }
  await before;
}
