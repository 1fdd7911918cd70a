import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../util/errors.ts';
import { callable, expose, releaseProxy, wrap } from './rpc.ts';

const api = {
  add: (a: number, b: number) => a + b,
  refuse: (): number => {
    throw new AppError('does-not-fit', 'needs 3 GB; choose the preset demo.');
  },
  count: async (to: number, onNumber: (n: number) => void) => {
    for (let n = 1; n <= to; n++) await onNumber(n);
  },
  bytesIn: (files: Map<string, Uint8Array>, more: { readonly extra: Uint8Array }) =>
    [...files.values(), more.extra].reduce((sum, { length }) => sum + length, 0),
  async stumble() {
    throw new TypeError('x is not a function');
  },
};

const ports: MessagePort[] = [];
function connect() {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  expose(api, port1);
  return wrap<typeof api>(port2);
}

afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

describe('errors over a port', () => {
  it('keeps code, sentence and remedy of an AppError', async () => {
    const remote = connect();
    const caught = await remote.refuse().then(
      () => null,
      (error: unknown) => error,
    );
    expect(caught).toBeInstanceOf(AppError);
    const original = new AppError('does-not-fit', 'needs 3 GB; choose the preset demo.');
    expect(caught).toMatchObject({
      code: original.code,
      message: original.message,
      hint: original.hint,
    });
  });

  it('names any other error internal and keeps its words', async () => {
    const remote = connect();
    await expect(remote.stumble()).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('x is not a function'),
    });
  });

  it('still answers after a refusal', async () => {
    const remote = connect();
    await expect(remote.refuse()).rejects.toBeInstanceOf(AppError);
    expect(await remote.add(2, 3)).toBe(5);
    remote[releaseProxy]();
  });
});

describe('calls', () => {
  it('reach whatever method there is, with callbacks', async () => {
    const remote = callable(connect());
    expect(await remote.add(2, 3)).toBe(5);
    const heard: number[] = [];
    await remote.count(3, (n) => heard.push(n));
    expect(heard).toEqual([1, 2, 3]);
    await expect(remote.refuse()).rejects.toMatchObject({ code: 'does-not-fit' });
  });

  it('hand buffers over, one that two views share too', async () => {
    const shared = new Uint8Array(8);
    const extra = new Uint8Array(3);
    const files = new Map([
      ['a', shared.subarray(0, 4)],
      ['b', shared.subarray(4)],
    ]);
    expect(await callable(connect()).bytesIn(files, { extra })).toBe(11);
    expect([shared.length, extra.length]).toEqual([0, 0]);
  });

  it('go through what is put around them, and are no promise themselves', async () => {
    let calls = 0;
    const remote = callable(connect(), async (call) => {
      calls++;
      return call();
    });
    expect(await Promise.resolve(remote)).toBe(remote);
    expect(await remote.add(1, 1)).toBe(2);
    expect(calls).toBe(1);
  });
});
