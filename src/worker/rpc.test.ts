import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../util/errors.ts';
import { expose, releaseProxy, wrap } from './rpc.ts';

const api = {
  add: (a: number, b: number) => a + b,
  refuse: (): number => {
    throw new AppError('does-not-fit', 'needs 3 GB; choose the preset demo.');
  },
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
