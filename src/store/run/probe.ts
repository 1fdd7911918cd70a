// The state of the linear evaluation: what is asked, how far it is, what came out. One at a time.
// The call itself is handed in, so this file knows no worker.

import { create } from 'zustand';
import type { Config } from '../../config/schema.ts';
import type { ProbeReport, ProbeRequest } from '../../protocol/probe.ts';
import { type AppError, fromWire, toWire } from '../../util/errors.ts';
import { addProbe } from './runs.ts';

/** Label shares offered by the page; the form takes any other. */
export const SHARES = [0.01, 0.05, 0.1, 1] as const;

export interface ProbeProgress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

interface ProbeState {
  /** Findings to score; empty asks for all of the set. */
  readonly findings: readonly string[];
  readonly running: boolean;
  readonly progress: ProbeProgress | null;
  /** The newest report; reports of the other runs stand with the runs. */
  readonly report: ProbeReport | null;
  readonly error: AppError | null;
  /** The finding whose ROC curve is shown. */
  readonly selected: string | null;
}

export const useProbe = create<ProbeState>()(() => ({
  findings: [],
  running: false,
  progress: null,
  report: null,
  error: null,
  selected: null,
}));

export const setFindings = (findings: readonly string[]): void => useProbe.setState({ findings });

export const selectFinding = (selected: string): void => useProbe.setState({ selected });

/** Told by whoever hears the engine's events. */
export function noteProgress(progress: ProbeProgress): void {
  if (useProbe.getState().running) useProbe.setState({ progress });
}

/** Runs one evaluation of the run `runId` (null: of an encoder that belongs to no run in the list). */
export async function startProbe(
  runProbe: (request: ProbeRequest) => Promise<ProbeReport>,
  config: Config,
  runId: string | null,
): Promise<void> {
  const { running, findings, selected } = useProbe.getState();
  if (running) return;
  useProbe.setState({ running: true, progress: null, error: null });
  try {
    const report = await runProbe({ findings, config });
    const keeps = report.findings.some(({ finding }) => finding === selected);
    useProbe.setState({ report, selected: keeps ? selected : (report.findings[0]?.finding ?? null) });
    if (runId !== null) addProbe(runId, report);
  } catch (thrown) {
    useProbe.setState({ error: fromWire(toWire(thrown)) });
  } finally {
    useProbe.setState({ running: false, progress: null });
  }
}
