// Entry of the engine worker: one Engine behind the typed seam.

import { Engine } from './engine.ts';
import { expose } from './rpc.ts';

expose(new Engine());
