// What the worker that measures does with looks at a run. Curves wait for what is measured first; the maps of correlations take
// longest and are asked for afterwards, look by look, and by then the next look may have been measured already.

import { type Measurement, mapsOf, type OutputMap, type ProbeFeatures } from '../../diagnostics/probe.ts';
import { measureProbe } from '../../tasks/neighbours/monitor.ts';

export class Measurer {
  /** Looks whose maps are still to be made, in the order in which they were measured. */
  readonly #waiting: ProbeFeatures[] = [];

  /** What curves wait for. */
  measure(features: ProbeFeatures): Measurement {
    const measured = measureProbe(features);
    this.#waiting.push(features);
    return measured;
  }

  /** Those of the earliest look whose maps nobody has asked for; each look's are asked for once. */
  maps(): OutputMap[] {
    const first = this.#waiting.shift();
    return first ? mapsOf(first) : [];
  }
}
