// Measures what a look at a run brings back: eigenvalues, correlations, neighbours. A thread of its own, so that neither the
// steps nor the page wait for it. Owned by engine/measuring.ts.

import '../../guard/workerScope.ts';
import { type Measurement, mapsOf, type OutputMap, type ProbeFeatures } from '../../diagnostics/probe.ts';
import { measureProbe } from '../../tasks/neighbours/monitor.ts';
import { expose } from '../rpc.ts';

/** Of the last look, whose maps are still to be made. */
let last: ProbeFeatures | null = null;

const api = {
  /** What curves wait for. */
  measure(features: ProbeFeatures): Measurement {
    last = features;
    return measureProbe(features);
  },

  /** What takes longest, of the same look. */
  maps(): OutputMap[] {
    const maps = last ? mapsOf(last) : [];
    last = null;
    return maps;
  },
};

export type MeasureApi = typeof api;

expose(api);
