// The lesson that is followed: begun by link or list, resumed after a reload, left at any time with the person's own settings
// back. Which steps there are says table.ts; here is where one stands, what is complete, and what the buttons of a step do.

import { create } from 'zustand';
import { readShareHash, type Shared, shareHash } from '../../config/share.ts';
import { isTraining } from '../../protocol/engine.ts';
import { RECORDED, type RecordedName, recordedConfig } from '../../recorded/table.ts';
import type { LessonId } from '../../words/words.ts';
import { commandOf, followCommands } from '../commands.ts';
import { subscribeSeries } from '../curves/series.ts';
import { useInspect } from '../films/inspect.ts';
import { pageWords } from '../page/address.ts';
import { takeLanguage } from '../page/language.ts';
import { showView, takeConfig, useSettings, type ViewName } from '../page/settings.ts';
import { pause, play, stop } from '../run/acts.ts';
import { evaluationConfig, setTask, startEvaluation, useEvaluation } from '../run/evaluation.ts';
import { leaveRecorded, showRecordedScores, useRecorded, watchRecorded } from '../run/recorded.ts';
import { useRuns } from '../run/runs.ts';
import { runExists, useSession } from '../session.ts';
import { forgetAnswers, useAnswers } from './answers.ts';
import { useGuess } from './guess.ts';
import { type Act, type Entry, isLesson, type LessonStep, stepConfig, stepsOf } from './table.ts';

/** What the person had set up before the lesson. */
interface Own {
  readonly shared: Shared;
  readonly view: ViewName;
}

interface LessonState {
  readonly lesson: LessonId | null;
  readonly step: number;
  /** `lesson/step` of all that were completed in this browser. */
  readonly done: readonly string[];
  readonly own: Own | null;
}

export const useLessons = create<LessonState>()(() => ({ lesson: null, step: 0, done: [], own: null }));

const { getState: get, setState: set } = useLessons;

export const currentStep = ({ lesson, step }: LessonState = get()): LessonStep | null =>
  lesson === null ? null : (stepsOf(lesson)[step] ?? null);

export const stepKey = (lesson: LessonId, step: LessonStep): string => `${lesson}/${step.id}`;

const STORAGE_KEY = 'mlvicx-lesson';

/** Own settings are stored as a link, which passes the schema when it is read. */
function keep(): void {
  const { lesson, step, done, own } = get();
  const kept = { lesson, step, done, own: own && { link: linkOf(own.shared), view: own.view } };
  try {
    globalThis.localStorage?.setItem(STORAGE_KEY, JSON.stringify(kept));
  } catch {
    // Without storage a reload ends the lesson, and the settings of the lesson stay.
  }
}

const linkOf = ({ config, preset }: Shared): string => shareHash(config, preset);

useLessons.subscribe(keep);

let entry: Entry = { film: 0, newest: {} };

function noteEntry(): void {
  entry = { film: useInspect.getState().film, newest: useEvaluation.getState().newest };
}

/** Puts in place what the step that is shown asks for. */
function enter(): void {
  const step = currentStep();
  if (!step) return;
  const config = stepConfig(step);
  if (config) takeConfig({ preset: RECORDED[step.settings!].preset, config });
  showView(step.view);
  noteEntry();
  look();
}

/** Marks the step that is shown as done once it is complete; once done it stays so. */
function look(): void {
  const step = currentStep();
  const { lesson, done } = get();
  if (!step || lesson === null) return;
  const key = stepKey(lesson, step);
  if (!done.includes(key) && step.complete(entry)) set({ done: [...done, key] });
}

export function beginLesson(lesson: LessonId, step = 0): void {
  const { own } = get();
  const { preset, draft, view } = useSettings.getState();
  const last = stepsOf(lesson).length - 1;
  set({
    lesson,
    step: Math.max(0, Math.min(step, last)),
    own: own ?? { shared: { preset, config: draft }, view },
  });
  useSettings.setState({ lessonsOpen: true });
  enter();
}

export function goTo(step: number): void {
  const { lesson } = get();
  if (lesson === null || step < 0 || step >= stepsOf(lesson).length) return;
  set({ step });
  enter();
}

/** Own settings come back; what the lesson ran stays under Runs like any run. */
export function leaveLesson(): void {
  const { own } = get();
  leaveRecorded();
  forgetAnswers();
  set({ lesson: null, step: 0, own: null });
  if (!own) return;
  takeConfig(own.shared);
  showView(own.view);
}

/** A run of the lesson's settings takes the place of one with others; that one stays under Runs. */
async function trainLive(name: RecordedName): Promise<void> {
  leaveRecorded();
  const wanted = recordedConfig(name);
  const session = useSession.getState();
  const { runConfig } = session;
  const same = runConfig !== null && shareHash(runConfig) === shareHash(wanted);
  if (runExists(session) && !same) await stop();
  takeConfig({ preset: RECORDED[name].preset, config: wanted });
  await play();
}

async function evaluateLive({ task, share }: Act & { kind: 'evaluate' }): Promise<void> {
  leaveRecorded();
  const { runConfig, status } = useSession.getState();
  if (!runConfig) return;
  if (isTraining(status.state)) await pause();
  setTask(task);
  const config = evaluationConfig(runConfig, { ...useSettings.getState().draft, labelShare: share });
  await startEvaluation(config, useRuns.getState().liveId);
}

/** What a button of a step does, on this machine's adapter. */
export function actLive(act: Act): void {
  if (act.kind === 'command') commandOf(act.id).run();
  else if (act.kind === 'train') void trainLive(act.run);
  else void evaluateLive(act);
}

/** The same from what was recorded. */
export async function actRecorded(act: Act): Promise<void> {
  if (act.kind === 'command') return;
  const { status } = useSession.getState();
  if (isTraining(status.state)) await pause();
  if (act.kind === 'train') await watchRecorded(act.run);
  else await showRecordedScores(act.run, act.task, act.share);
}

/** Whether it can be done on this machine now. */
export function canActLive(act: Act): boolean {
  if (act.kind === 'command') return commandOf(act.id).enabled();
  const { facts, busy, runConfig, status } = useSession.getState();
  if (facts === null || busy !== null || status.state === 'failed') return false;
  if (act.kind === 'train') return status.state !== 'evaluating';
  const wanted = shareHash(recordedConfig(act.run));
  return runConfig !== null && shareHash(runConfig) === wanted && status.state !== 'evaluating';
}

interface Kept extends Pick<LessonState, 'lesson' | 'step' | 'done'> {
  readonly own: Own | null;
}

/** What another version or another hand has stored is taken as far as it is understood. */
export function readKept(text: string | null): Kept | null {
  try {
    const stored = Object(JSON.parse(text ?? 'null')) as Record<string, unknown>;
    const lesson = typeof stored.lesson === 'string' && isLesson(stored.lesson) ? stored.lesson : null;
    const step = Number.isInteger(stored.step) ? Number(stored.step) : 0;
    const done = Array.isArray(stored.done) ? stored.done.filter((key) => typeof key === 'string') : [];
    const own = Object(stored.own) as Record<string, unknown>;
    const shared = typeof own.link === 'string' ? readShareHash(own.link) : null;
    return { lesson, step, done, own: shared && { shared, view: 'train' } };
  } catch {
    return null;
  }
}

function followAll(listener: () => void): () => void {
  const ends = [
    followCommands(listener),
    subscribeSeries(listener),
    ...[useInspect, useEvaluation, useRecorded, useAnswers, useGuess].map((store) =>
      store.subscribe(listener),
    ),
  ];
  return () => {
    for (const end of ends) end();
  };
}

/** Opens the lesson of a link; `lesson=` alone opens the list. */
function openLinked(hash?: string): void {
  const words = pageWords(hash);
  takeLanguage(words.get('lang') ?? null);
  const wanted = words.get('lesson');
  if (wanted === undefined) return;
  const [id = '', step = '1'] = wanted.split('.');
  if (isLesson(id)) beginLesson(id, Number.parseInt(step, 10) - 1 || 0);
  else useSettings.setState({ lessonsOpen: true });
}

/** Takes up the lesson of the visit before, or opens that of the link, and follows the page from now on. */
export function startLessons(): void {
  let stored: string | null = null;
  try {
    stored = globalThis.localStorage?.getItem(STORAGE_KEY) ?? null;
  } catch {
    // Nothing is stored then.
  }
  const kept = readKept(stored);
  if (kept) set({ done: kept.done, own: kept.own });
  if (pageWords().has('lesson')) openLinked();
  else if (kept?.lesson) beginLesson(kept.lesson, kept.step);
  followAll(look);
  globalThis.addEventListener?.('hashchange', () => openLinked());
}

/** The address of a lesson, by which a class opens it. */
export function lessonAddress(lesson: LessonId): string {
  const address = new URL(globalThis.location.href);
  address.search = '';
  address.hash = `#lesson=${lesson}`;
  return address.href;
}
