// Errors over a worker's boundary: code, sentence, data and remedy arrive as they were, whatever was thrown.

import { describe, expect, it } from 'vitest';
import { AppError, ERROR_TABLE, type ErrorCode, fromWire, toWire } from './errors.ts';

const codes = Object.keys(ERROR_TABLE) as ErrorCode[];
/** What postMessage does to a record. */
const over = (error: unknown) => fromWire(structuredClone(toWire(error)));

describe('an error over a boundary', () => {
  it.each(codes)('%s arrives as it was', (code) => {
    const made = new AppError(code, 'weights $& need 3 GB.', { data: { proposal: 'laptop', batch: 20 } });
    const { message, hint, detail, data } = over(made);
    expect({ code, message, hint, detail, data }).toEqual({
      code,
      message: made.message,
      hint: made.hint,
      detail: made.detail,
      data: made.data,
    });
    expect(over(over(made)).message).toBe(made.message);
  });

  it('keeps the sentence that an older version has written down, which named no detail', () => {
    const old = {
      code: 'image-corrupt',
      message: 'The image data is damaged: it ends early.',
      hint: '',
    } as const;
    expect(fromWire(old).message).toBe(old.message);
    expect(fromWire(old).hint).toBe(ERROR_TABLE['image-corrupt'].hint);
  });

  it('is made of anything that was thrown', () => {
    expect(over(new TypeError('x is undefined'))).toMatchObject({
      code: 'internal',
      detail: 'x is undefined',
    });
    expect(over('gone').message).toBe('Something unexpected went wrong: gone');
  });
});

describe('what to do next', () => {
  const refused = (data: object) => new AppError('does-not-fit', 'the views need 3 GB.', { data });

  it('begins with what would do, said once and not in the sentence', () => {
    expect(refused({}).hint).toBe(ERROR_TABLE['does-not-fit'].hint);
    expect(refused({ proposal: 'laptop' }).hint).toMatch(/^Choose the preset laptop\. Lower/);
    expect(refused({ proposal: 'laptop', batch: 20 }).hint).toMatch(
      /^Choose the preset laptop or batch size 20\. /,
    );
    expect(refused({ proposal: 'laptop' }).message).not.toContain('laptop');
  });

  it('may be learnt later, with more said about the failure', () => {
    const fault = new AppError('loss-not-finite', 'at step 7.');
    const explained = fault.with('First in stage 2.', { batch: 4 });
    expect(explained.message).toBe('The loss is no longer a finite number: at step 7. First in stage 2.');
    expect(explained).toMatchObject({ code: 'loss-not-finite', data: { batch: 4 }, cause: fault });
  });
});
