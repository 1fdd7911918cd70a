// Entry of the engine worker: one Engine behind the typed seam. Its name says whether tests may put faults in. The engine itself,
// with the library of tensors, is most of the program; it is read when something is first asked of it, so that who only looks
// around need not wait for it.

import '../../guard/workerScope.ts';
import { FAULTY_ENGINE } from '../../protocol/faults.ts';
import { exposeLate } from '../rpc.ts';
import type { Engine } from './engine.ts';

/** Comes at once, before there is an engine to take it. */
let intake: MessagePort | null = null;

async function makeEngine(): Promise<Engine> {
  const { Engine: Made } = await import('./engine.ts');
  const engine = new Made(self.name === FAULTY_ENGINE);
  if (intake) engine.connectIntake(intake);
  return engine;
}

exposeLate(makeEngine, {
  connectIntake(port: MessagePort) {
    intake = port;
  },
});
