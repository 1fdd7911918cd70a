// Part `step`: every engine takes the same training step in turn, each in a worker of its own. `training` is our engine once
// more as the app runs it, views included; nobody else renders views, so it is only counted, not compared.

import { median } from './median.ts';
import type { EngineSteps } from './report.ts';
import type { Ask } from './site.ts';
import type { EngineName, Request, StepResult } from './worker.ts';

export const ENGINES: readonly EngineName[] = ['ours', 'training', 'jax', 'stock', 'webgl'];
const WARM_UP = 2;

interface Contender {
  readonly steps: StepResult[];
  error: string | null;
}

/** Engines that are not among `asked` stay without a step. */
export async function measureSteps(ask: Ask, repeats: number, asked: readonly EngineName[]) {
  const contenders = new Map<EngineName, Contender>(
    ENGINES.map((name) => [name, { steps: [], error: null }]),
  );
  let adapter = '';
  const attempt = async (name: EngineName, request: Request) => {
    const contender = contenders.get(name)!;
    if (contender.error !== null) return;
    const reply = await ask(name, request);
    if ('error' in reply) contender.error = reply.error;
    else if ('ms' in reply) contender.steps.push(reply);
    else if (name === 'ours') adapter = reply.adapter;
  };
  for (const engine of asked) {
    console.error(`opening ${engine}`);
    await attempt(engine, { kind: 'open', engine });
  }
  for (let round = 0; round < WARM_UP + repeats; round++) {
    console.error(round < WARM_UP ? `warming up ${round + 1} of ${WARM_UP}` : `round ${round - WARM_UP + 1}`);
    for (const engine of asked) await attempt(engine, { kind: 'step' });
  }
  const reference = contenders.get('ours')!.steps[0]?.loss;
  const steps = Object.fromEntries(
    [...contenders].map(([name, contender]) => [
      name,
      summary(contender, name === 'training' ? undefined : reference),
    ]),
  ) as Record<EngineName, EngineSteps>;
  return { adapter, steps };
}

function summary({ steps, error }: Contender, reference: number | undefined): EngineSteps {
  const warm = steps.slice(WARM_UP);
  const first = steps[0]?.loss;
  const known = first !== undefined && reference !== undefined;
  return {
    ms: error === null && warm.length > 0 ? median(warm.map(({ ms }) => ms)) : null,
    error,
    losses: steps.map(({ loss }) => loss),
    firstLossApart: known ? Math.abs(first - reference) / Math.abs(reference) : null,
    counts: warm.at(-1)?.counts ?? null,
    // Pools may still fill in the first steps.
    buffersMade: warm.reduce((sum, { counts }) => sum + counts.buffers, 0),
  };
}
