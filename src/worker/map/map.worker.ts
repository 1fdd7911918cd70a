// The map of all films in a thread of its own, so that neither the page nor a run waits for it. Started by client.ts when the map
// is first asked for; what it computes is diagnostics/filmMap.ts.

import '../../guard/workerScope.ts';
import { FilmMapWork } from '../../diagnostics/filmMap.ts';
import { expose } from '../rpc.ts';

expose(new FilmMapWork());
