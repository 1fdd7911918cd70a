// The one door to comlink: page, intake, engine and decode workers all talk over this.
// comlink's own error handling keeps only name, message and stack; ours keeps the code and the remedy too,
// so an AppError thrown in a worker is the same AppError where it is caught. Any other error arrives as `internal`.
// What becomes of callbacks and buffers among the arguments is settled here once, for every call.

import * as Comlink from 'comlink';
import { AppError, fromWire, toWire, type WireError } from '../util/errors.ts';

export type { Endpoint, ProxyMarked, Remote } from 'comlink';
export { releaseProxy, transfer } from 'comlink';

interface Thrown {
  value: unknown;
}

/** comlink marks what the other side threw by wrapping it in a record under the handler's name. */
const isThrown = (value: unknown): value is Thrown => typeof value === 'object' && value !== null;

let installed = false;

/** Replaces comlink's `throw` handler in this thread. Both sides must have called it; calling again is free. */
function installErrorTransfer(): void {
  if (installed) return;
  installed = true;
  const stock = Comlink.transferHandlers.get('throw');
  if (!stock) throw new AppError('internal', 'the message library has no error handler.');
  Comlink.transferHandlers.set('throw', {
    canHandle: (value: unknown): value is Thrown => stock.canHandle(value) && isThrown(value),
    serialize: (thrown: Thrown): [WireError, Transferable[]] => [toWire(thrown.value), []],
    deserialize: (wire: WireError): never => {
      throw fromWire(wire);
    },
  });
}

/** The remote side of a worker or port, with errors intact. */
export function wrap<T>(endpoint: Comlink.Endpoint): Comlink.Remote<T> {
  installErrorTransfer();
  return Comlink.wrap<T>(endpoint);
}

/** Offers `api` to whoever wraps the other end; inside a worker the worker itself is the end. */
export function expose(api: object, endpoint?: Comlink.Endpoint): void {
  installErrorTransfer();
  Comlink.expose(api, endpoint);
}

/**
 * Offers what `make` makes when something is first asked of it.
 * @param early methods that are answered at once, whether it is made or not
 */
export function exposeLate<T extends object>(
  make: () => Promise<T>,
  early: Partial<Record<keyof T, unknown>>,
): void {
  let made: Promise<T> | null = null;
  const late = new Proxy(early as Record<string, unknown>, {
    get(given, name) {
      if (typeof name !== 'string' || Object.hasOwn(given, name)) return Reflect.get(given, name);
      return async (...args: unknown[]) => {
        made ??= make();
        const api = (await made) as Record<string, (...args: unknown[]) => unknown>;
        return api[name]!(...args);
      };
    },
  });
  expose(late);
}

/** The same methods, every one of them asynchronous. */
export type Promised<T> = {
  readonly [K in keyof T]: T[K] extends (...args: infer A) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never;
};

/** Buffers of an argument, of the values in it, and of those in these. */
function buffersOf(value: unknown, depth = 2): ArrayBuffer[] {
  if (value instanceof ArrayBuffer) return [value];
  if (ArrayBuffer.isView(value)) return value.buffer instanceof ArrayBuffer ? [value.buffer] : [];
  if (depth === 0 || typeof value !== 'object' || value === null) return [];
  const within = value instanceof Map || Array.isArray(value) ? value.values() : Object.values(value);
  return [...within].flatMap((one) => buffersOf(one, depth - 1));
}

/** An answer whose buffers are handed over with it, not copied: those two levels deep. */
export const handedOver = <T extends object>(answer: T): T =>
  Comlink.transfer(answer, [...new Set(buffersOf(answer))]);

/** A callback is called over the port; buffers are handed over, so that nothing large is copied: the caller has them no more. */
function crossing(argument: unknown): unknown {
  if (typeof argument === 'function') return Comlink.proxy(argument);
  return typeof argument === 'object' && argument !== null ? handedOver(argument) : argument;
}

/**
 * The methods of `remote`, whichever there are, with callbacks and buffers taken care of. `around` makes the call, before or
 * beside which it may wait for something else.
 */
export function callable<T extends object>(
  remote: Comlink.Remote<T>,
  around: <R>(call: () => Promise<R>) => Promise<R> = (call) => call(),
): Promised<T> {
  const methods = remote as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  return new Proxy({} as Promised<T>, {
    get(_, name) {
      // Whatever is awaited is asked for `then`: this is no promise.
      if (typeof name !== 'string' || name === 'then') return undefined;
      return (...args: unknown[]) => around(() => methods[name]!(...args.map(crossing)));
    },
  });
}
