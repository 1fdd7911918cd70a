// What a step of each method costs beside that of VICReg, which has the least of all: every method is prepared once on one
// device, and they take turns. The rows are those of the registry, so a method that is added is measured. Runs in the
// benchmark's worker.

import { type Config, parseConfig } from '../../src/config/schema.ts';
import { engineOf } from '../../src/methods/engines.ts';
import { METHOD_NAMES, type MethodName, methodOf } from '../../src/methods/records.ts';
import { openOurDevice, prepareSteps } from './ours.ts';
import { CONFIG } from './problem.ts';

const REFERENCE: MethodName = 'vicreg';
/** Sides of the images, px: the last map of the first has 2 x 2 places; a second would take four times as long. */
const SIZES = [CONFIG.imageSize];
const WARM_UP = 2;

export interface MethodRow {
  readonly method: string;
  readonly imageSize: number;
  /** The fastest of the rounds, which a machine's other work disturbs least. */
  readonly ms: number;
  /** To the fastest step of VICReg on images of the same size. */
  readonly ratio: number;
  /** What the ratio shall not exceed; null for the reference and for MLVICX, whose encoder and heads are larger. */
  readonly limit: number | null;
}

function limitOf(method: MethodName): number | null {
  if (method === REFERENCE || method === 'mlvicx') return null;
  const engine = engineOf({ method });
  // A target network is a second forward pass.
  if ('target' in engine) return 1.6;
  return engine.facts?.kind === 'location' ? 1.3 : 1.15;
}

export async function measureMethods(repeats: number): Promise<{ adapter: string; rows: MethodRow[] }> {
  const device = await openOurDevice();
  const rows: MethodRow[] = [];
  for (const imageSize of SIZES) {
    const config = (method: MethodName): Config => parseConfig({ method, imageSize }, CONFIG);
    const steps = new Map<MethodName, Awaited<ReturnType<typeof prepareSteps>>>();
    for (const method of METHOD_NAMES) steps.set(method, await prepareSteps(device, config(method)));
    const times = new Map(METHOD_NAMES.map((method) => [method, [] as number[]]));
    for (let round = 0; round < WARM_UP + repeats; round++) {
      for (const [method, { take }] of steps) {
        const begin = performance.now();
        await take(1);
        if (round >= WARM_UP) times.get(method)!.push(performance.now() - begin);
      }
    }
    for (const { dispose } of steps.values()) dispose();
    const reference = Math.min(...times.get(REFERENCE)!);
    for (const [method, taken] of times) {
      const ms = Math.min(...taken);
      rows.push({
        method: methodOf({ method }).label,
        imageSize,
        ms,
        ratio: ms / reference,
        limit: limitOf(method),
      });
    }
  }
  return { adapter: device.adapter, rows };
}
