// Entry of the engine worker: one Engine behind the typed seam. Its name says whether tests may put faults in. The engine itself,
// with the library of tensors, is most of the program; it is read when something is first asked of it, so that who only looks
// around need not wait for it.

import '../../guard/workerScope.ts';
import { FAULTY_ENGINE } from '../../protocol/faults.ts';
import { exposeLate } from '../rpc.ts';
import type { Engine } from './engine.ts';

/** Comes at once, before there is an engine to take it. */
let intake: MessagePort | null = null;
let engine: Promise<Engine> | null = null;

const makeEngine = (): Promise<Engine> =>
  (engine ??= import('./engine.ts').then(({ Engine: Made }) => {
    const made = new Made(self.name === FAULTY_ENGINE);
    if (intake) made.connectIntake(intake);
    return made;
  }));

exposeLate(makeEngine, {
  async connectIntake(port: MessagePort, other = false) {
    // Films beside those of a run come later, and to an engine that is there.
    if (other) (await makeEngine()).connectIntake(port, other);
    else intake = port;
  },
});
