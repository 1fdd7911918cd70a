// Entry of the engine worker: one Engine behind the typed seam. Its name says whether tests may put faults in.

import '../../guard/workerScope.ts';
import { FAULTY_ENGINE } from '../../protocol/faults.ts';
import { expose } from '../rpc.ts';
import { Engine } from './engine.ts';

expose(new Engine(self.name === FAULTY_ENGINE));
