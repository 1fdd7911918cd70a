// Programs that do nothing, bound like those they stand for: what a step allocates, binds and records is the same, and a device
// that computes on the processor is not kept waiting for their compiler. Not part of the product.

import { type Program, program } from './program.ts';
import type { Runtime } from './runtime.ts';

/** Under a name of its own, since programs are kept by their names. */
const idle = (one: Program): Program => program({ ...one, name: `${one.name}_idle`, body: '' });

/** Runs `body` while every program that is recorded or collected does nothing. */
export async function withIdlePrograms<T>(runtime: Runtime, body: () => Promise<T>): Promise<T> {
  const { dispatch } = runtime;
  runtime.dispatch = (one, ...rest) => dispatch.call(runtime, idle(one), ...rest);
  try {
    return await body();
  } finally {
    runtime.dispatch = dispatch;
  }
}
