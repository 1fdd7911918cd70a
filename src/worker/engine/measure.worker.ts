// Measures what a look at a run brings back: eigenvalues, correlations, neighbours. A thread of its own, so that neither the
// steps nor the page wait for it. Owned by engine/measuring.ts.

import '../../guard/workerScope.ts';
import { expose } from '../rpc.ts';
import { Measurer } from './measurer.ts';

const measurer = new Measurer();

const api = {
  measure: measurer.measure.bind(measurer),
  maps: measurer.maps.bind(measurer),
};

export type MeasureApi = typeof api;

expose(api);
