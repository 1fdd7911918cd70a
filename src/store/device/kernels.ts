// The kernels as the page sees them: which are switched off, kept in this browser so that a driver's fault stays avoided, and how
// the choice reaches the engine, which refuses a change while a run is prepared; and their self-test, rows as they come and the
// verdict at the end. On a graphics adapter the forms of the kernels' programs are measured at the first visit; on the processor
// they are fixed, because they are known and a measurement would take seconds.

import { create } from 'zustand';
import {
  isKernelName,
  KERNEL_NAMES,
  type KernelName,
  type KernelOptions,
  type SelfTestReport,
  type SelfTestRow,
} from '../../protocol/device.ts';
import type { DeviceFacts } from '../../protocol/engine.ts';
import { toWire, type WireError } from '../../util/errors.ts';
import type { EngineClient } from '../../worker/client.ts';
import { currentClient } from '../client.ts';
import { showError, useSession } from '../session.ts';

const STORAGE_KEY = 'mlvicx-kernels-off';

interface KernelsState {
  readonly without: readonly KernelName[];
  /** A choice is on its way, or a measurement under way. */
  readonly choosing: boolean;
}

function readStored(): KernelName[] {
  try {
    const stored: unknown = JSON.parse(globalThis.localStorage?.getItem(STORAGE_KEY) ?? '[]');
    return Array.isArray(stored)
      ? stored.filter((name) => typeof name === 'string' && isKernelName(name))
      : [];
  } catch {
    return [];
  }
}

export const useKernels = create<KernelsState>()(() => ({ without: readStored(), choosing: false }));

function optionsFor({ software }: DeviceFacts, without: readonly KernelName[]): KernelOptions {
  return { without, forms: software ? 'fixed' : 'measured' };
}

/** Makes a fresh engine compute as chosen. A choice that it refuses is shown, and all kernels are on. */
export async function restoreKernels(engine: EngineClient, facts: DeviceFacts): Promise<DeviceFacts> {
  const { without } = useKernels.getState();
  if (without.length === 0 && facts.software) return facts;
  try {
    return await engine.chooseKernels(optionsFor(facts, without));
  } catch (error) {
    showError(error);
    return facts;
  }
}

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

interface SelfTestState {
  readonly running: boolean;
  readonly rows: readonly SelfTestRow[];
  /** How many rows there will be; 0 until the first is there. */
  readonly total: number;
  readonly report: SelfTestReport | null;
  readonly error: WireError | null;
}

const NOTHING: SelfTestState = { running: false, rows: [], total: 0, report: null, error: null };

export const useSelfTest = create<SelfTestState>()(() => NOTHING);

export async function testGpu(): Promise<void> {
  if (useSelfTest.getState().running) return;
  useSelfTest.setState({ ...NOTHING, running: true });
  try {
    const report = await currentClient().engine.selfTest((row, total) => {
      useSelfTest.setState(({ rows }) => ({ rows: [...rows, row], total }));
    });
    useSelfTest.setState({ report, rows: report.rows });
  } catch (thrown) {
    useSelfTest.setState({ error: toWire(thrown) });
  } finally {
    useSelfTest.setState({ running: false });
  }
}
