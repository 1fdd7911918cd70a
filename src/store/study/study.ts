// The study of the page: what is planned in the form, how far the one at hand is, and the acts that begin, halt and go on with
// it. What decides is in src/study; what is kept is in vault/studyFile.ts, so a reload loses nothing but the step in flight.

import { create } from 'zustand';
import type { Config } from '../../config/schema.ts';
import type { MethodName } from '../../methods/records.ts';
import type { StudyTask } from '../../protocol/study.ts';
import { type Job, runStudy } from '../../study/queue.ts';
import { checkSpec, type StudySpec } from '../../study/spec.ts';
import { beginStudy, type StudyState, studyData } from '../../study/state.ts';
import { AppError, toWire, type WireError } from '../../util/errors.ts';
import { forgetStudy, readStudy, writePlan } from '../../vault/studyFile.ts';
import { showView, useSettings } from '../page/settings.ts';
import { filmsAtHand, needsRestart, restart, stop } from '../run/acts.ts';
import { overlayRun } from '../run/library.ts';
import { filmsRead } from '../run/resume.ts';
import { pinnedRuns, pinRun, useRuns } from '../run/runs.ts';
import { runExists, useSession } from '../session.ts';
import { PageHost } from './host.ts';

/** What the form asks for beside the settings of the Train view. */
export interface StudyPlan {
  readonly methods: readonly MethodName[];
  readonly reference: MethodName;
  readonly tasks: readonly StudyTask[];
  readonly seeds: number;
  readonly shares: readonly number[];
  readonly steps: number;
  /** Learning rates to choose from; none takes the one of the settings. */
  readonly rates: readonly number[];
}

interface StudyStore {
  readonly plan: StudyPlan;
  readonly state: StudyState | null;
  /** The piece at hand; null where none is. */
  readonly job: Job | null;
  readonly running: boolean;
  /** Asked to halt after the step in flight. */
  readonly halting: boolean;
  readonly error: WireError | null;
}

export const useStudy = create<StudyStore>()(() => ({
  plan: {
    methods: ['mlvicx', 'vicreg'],
    reference: 'mlvicx',
    tasks: ['linear'],
    seeds: 3,
    shares: [0.01, 0.1, 1],
    steps: 0,
    rates: [],
  },
  state: null,
  job: null,
  running: false,
  halting: false,
  error: null,
}));

const { getState: get, setState: set } = useStudy;

export const changePlan = (changes: Partial<StudyPlan>): void => {
  const plan = { ...get().plan, ...changes };
  const reference = plan.methods.includes(plan.reference)
    ? plan.reference
    : (plan.methods[0] ?? plan.reference);
  set({ plan: { ...plan, reference } });
};

/** The plan with the settings of the form, checked. @throws AppError config-invalid */
export function specOf(plan: StudyPlan, draft: Config): StudySpec {
  return checkSpec({
    base: plan.steps > 0 ? { ...draft, maxSteps: plan.steps } : draft,
    methods: plan.methods.map((name) => ({ name, settings: {} })),
    reference: plan.reference,
    tasks: plan.tasks,
    seeds: Array.from({ length: plan.seeds }, (_, i) => draft.seed + i),
    shares: [...plan.shares].sort((a, b) => a - b),
    findings: [],
    sweep: plan.rates.length > 1 ? [{ key: 'learningRate', values: [...plan.rates] }] : [],
    sweepSeeds: 1,
    films: 'test',
  });
}

let looked = false;

/** Brings in the study of an earlier visit, once. */
export async function recallStudy(): Promise<void> {
  if (looked) return;
  looked = true;
  const state = await readStudy().catch(() => null);
  if (state && !get().state) set({ state });
}

const adapterWords = (): string | null => {
  const { facts } = useSession.getState();
  return facts && [facts.vendor, facts.architecture, facts.description].filter(Boolean).join(' ');
};

/** Works until the study is complete, halted or cannot go on. */
async function work(prepare: () => Promise<StudyState>): Promise<void> {
  if (get().running) return;
  set({ running: true, halting: false, error: null });
  try {
    const begun = await prepare();
    set({ state: begun });
    const host = new PageHost({
      state: () => get().state!,
      halted: () => get().halting,
      onState: (state, job) => set({ state, job }),
    });
    await runStudy(begun, host);
  } catch (thrown) {
    const error = toWire(thrown);
    if (error.code !== 'cancelled') set({ error });
  } finally {
    set({ running: false, halting: false, job: null });
  }
}

/** Begins a study with the plan and the settings of the form, in place of the one before. */
export const startStudy = (): Promise<void> =>
  work(async () => {
    const { draft } = useSettings.getState();
    const spec = specOf(get().plan, draft);
    if (runExists(useSession.getState())) await stop();
    const summary = await filmsAtHand(spec.base);
    const state = { ...beginStudy(spec, Date.now()), data: studyData(summary), adapter: adapterWords() };
    await writePlan(state);
    return state;
  });

/** Goes on where it was halted or cut off, on the same films. */
export const continueStudy = (): Promise<void> =>
  work(async () => {
    const { state } = get();
    if (!state) throw new AppError('not-ready', 'there is no study to go on with.');
    if (needsRestart()) {
      await restart();
      await filmsRead();
    }
    const { fingerprint } = await filmsAtHand(state.spec.base);
    if (state.data && state.data.fingerprint !== fingerprint) {
      throw new AppError('films-changed', 'open those that the study was begun with.');
    }
    return state;
  });

/** After the step or the scoring in flight; the run stays at its checkpoint. */
export const haltStudy = (): void => set({ halting: true });

/** Its runs stay in the list. */
export async function dropStudy(): Promise<void> {
  if (get().running) return;
  await forgetStudy();
  set({ state: null, error: null });
}

/** The curves of the runs of a row, and no others, in the charts of the Train view. */
export function showCurves(runIds: readonly string[]): void {
  const known = useRuns.getState().runs.filter(({ id }) => runIds.includes(id));
  for (const { id } of pinnedRuns()) if (!runIds.includes(id)) pinRun(id, false);
  for (const { id } of known) overlayRun(id, true);
  showView('train');
}
