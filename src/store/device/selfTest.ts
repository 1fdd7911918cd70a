// The self-test of the GPU as the page sees it: rows as they come, and the verdict at the end. It is asked for on the
// Device view, and the engine refuses it while a run is under way.

import { create } from 'zustand';
import type { SelfTestReport, SelfTestRow } from '../../protocol/device.ts';
import { toWire, type WireError } from '../../util/errors.ts';
import { currentClient } from '../client.ts';

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
