// The films beside those of the run come over their own port, are waited for while on their way, and are gone once let go of.

import { afterEach, expect, it, vi } from 'vitest';
import { madeFilms } from '../../train/testRun.ts';
import { OtherSet } from './otherSet.ts';

afterEach(() => void vi.useRealTimers());

it('waits for the films that are asked for, and refuses those that were let go of', async () => {
  const other = new OtherSet();
  const { port1, port2 } = new MessageChannel();
  const heard: string[] = [];
  other.connect(port2, ({ fingerprint }) => heard.push(fingerprint));
  const wanted = other.need('made-2');
  port1.postMessage(madeFilms(4, 1));
  port1.postMessage(madeFilms(5, 2));
  expect((await wanted).widths).toHaveLength(5);
  expect(heard).toEqual(['made-1', 'made-2']);
  expect((await other.need('made-2')).name).toBe('made');

  vi.useFakeTimers();
  other.drop();
  const gone = expect(other.need('made-2')).rejects.toMatchObject({ code: 'not-ready' });
  await vi.advanceTimersByTimeAsync(60_000);
  await gone;
  port1.close();
});
