// The one door to comlink: page, intake, engine and decode workers all talk over this.
// comlink's own error handling keeps only name, message and stack; ours keeps the code and the remedy too,
// so an AppError thrown in a worker is the same AppError where it is caught. Any other error arrives as `internal`.

import * as Comlink from 'comlink';
import { AppError, fromWire, toWire, type WireError } from '../util/errors.ts';

export type { Endpoint, ProxyMarked, Remote } from 'comlink';
export { proxy, releaseProxy, transfer } from 'comlink';

interface Thrown {
  value: unknown;
}

/** comlink marks what the other side threw by wrapping it in a record under the handler's name. */
const isThrown = (value: unknown): value is Thrown => typeof value === 'object' && value !== null;

let installed = false;

/** Replaces comlink's `throw` handler in this thread. Both sides must have called it; calling again is free. */
export function installErrorTransfer(): void {
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
