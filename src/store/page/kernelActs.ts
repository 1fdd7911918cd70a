// The acts on kernels: switching one on or off, and measuring the forms of their programs again. What was chosen is in
// kernels.ts; the engine refuses a change while a run is prepared.

import { KERNEL_NAMES, type KernelName, type KernelOptions } from '../../protocol/kernels.ts';
import { currentClient } from '../run/acts.ts';
import { showError, useSession } from '../run/session.ts';
import { optionsFor, STORAGE_KEY, useKernels } from './kernels.ts';

async function choose(without: readonly KernelName[], options: KernelOptions, again = false): Promise<void> {
  if (useKernels.getState().choosing) return;
  useKernels.setState({ choosing: true });
  try {
    const facts = await currentClient().engine.chooseKernels(options, again);
    useSession.setState({ facts });
    useKernels.setState({ without });
    globalThis.localStorage?.setItem(STORAGE_KEY, JSON.stringify(without));
  } catch (error) {
    showError(error);
  } finally {
    useKernels.setState({ choosing: false });
  }
}

export async function switchKernel(name: KernelName, on: boolean): Promise<void> {
  const { facts } = useSession.getState();
  if (!facts) return;
  const { without } = useKernels.getState();
  const next = KERNEL_NAMES.filter((each) => (each === name ? !on : without.includes(each)));
  await choose(next, optionsFor(facts, next));
}

/** Times all forms on this adapter again and takes the fastest. */
export async function measureAgain(): Promise<void> {
  const { without } = useKernels.getState();
  await choose(without, { without, forms: 'measured' }, true);
}
