// One lesson: where one stands, what the step says, what is to be done and the buttons that do it, live or from what was recorded.
// What the step is about is lit up on the page, wherever and whenever it stands there.

import { Button } from '@mantine/core';
import {
  IconArrowLeft,
  IconArrowRight,
  IconCheck,
  IconMovie,
  IconPlayerPlayFilled,
  IconTargetArrow,
} from '@tabler/icons-react';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { hasRecorded } from '../../recorded/recorded.ts';
import { commandOf, followCommands } from '../../store/commands.ts';
import {
  actLive,
  actRecorded,
  canActLive,
  currentStep,
  goTo,
  leaveLesson,
  stepKey,
  useLessons,
} from '../../store/lessons/lessons.ts';
import { type Act, type LessonStep, stepsOf } from '../../store/lessons/table.ts';
import { useWords } from '../../store/page/language.ts';
import { useSettings } from '../../store/page/settings.ts';
import { useSession } from '../../store/session.ts';
import { filled, type LessonId, lessonWords } from '../../words/words.ts';
import { CommandLabel } from '../shell/CommandButton.tsx';
import { Rich } from './Entry.tsx';
import styles from './lessons.module.css';
import { StepWidget } from './widgets.tsx';

/** Follows the element wherever the page puts it. The id is one of the lesson table, never text of a stranger. */
function Spotlight({ on }: { on: string | null }) {
  if (on === null) return null;
  const rule = 'outline: 2px solid var(--focus); outline-offset: 3px; border-radius: var(--radius-2);';
  return <style data-testid="spotlight">{`[data-testid="${on}"] { ${rule} }`}</style>;
}

/** Columns that are drawers in a narrow window. */
const IN_INSPECT = ['views', 'verdict', 'gates'];

function showLit(testId: string): void {
  const find = () => document.querySelector(`[data-testid="${testId}"]`);
  if (!find() && IN_INSPECT.includes(testId)) useSettings.setState({ drawer: 'inspect' });
  requestAnimationFrame(() => find()?.scrollIntoView({ block: 'center', behavior: 'smooth' }));
}

const useCanAct = (act: Act): boolean => useSyncExternalStore(followCommands, () => canActLive(act));

function ActButtons({ act }: { act: Act }) {
  const { page } = useWords();
  const able = useCanAct(act);
  const facts = useSession((session) => session.facts);
  const opening = useSession(({ busy }) => busy === 'opening');
  if (act.kind === 'command') {
    return (
      <Button
        variant="default"
        disabled={!able}
        data-testid={`act-${act.id}`}
        onClick={() => commandOf(act.id).run()}
      >
        <CommandLabel id={act.id} />
      </Button>
    );
  }
  const train = act.kind === 'train';
  return (
    <div className={styles.acts}>
      <Button
        disabled={!able}
        data-testid={train ? 'act-train' : 'act-evaluate'}
        leftSection={train ? <IconPlayerPlayFilled size={14} /> : <IconTargetArrow size={14} />}
        onClick={() => actLive(act)}
      >
        {train ? page.runHere : page.evaluateHere}
      </Button>
      {hasRecorded(act.run) && (
        <Button
          variant="default"
          data-testid={train ? 'act-watch' : 'act-scores'}
          leftSection={<IconMovie size={14} />}
          onClick={() => void actRecorded(act)}
        >
          {train ? page.watch : page.showScores}
        </Button>
      )}
      {!facts && !opening && <p className={`dim ${styles.actsNote}`}>{page.noGpu}</p>}
    </div>
  );
}

function Dots({ id, at }: { id: LessonId; at: number }) {
  const done = useLessons((state) => state.done);
  const words = useWords();
  return (
    <ol className={styles.dots}>
      {stepsOf(id).map((step, i) => (
        <li key={step.id}>
          <button
            type="button"
            aria-current={i === at ? 'step' : undefined}
            aria-label={`${i + 1}. ${lessonWords(words, id).steps[step.id]!.title}`}
            data-done={done.includes(stepKey(id, step))}
            onClick={() => goTo(i)}
          />
        </li>
      ))}
    </ol>
  );
}

function Ways({ id, at, done }: { id: LessonId; at: number; done: boolean }) {
  const { page } = useWords();
  const last = at === stepsOf(id).length - 1;
  return (
    <footer className={styles.ways}>
      <Button
        variant="subtle"
        color="gray"
        disabled={at === 0}
        data-testid="lesson-back"
        leftSection={<IconArrowLeft size={14} />}
        onClick={() => goTo(at - 1)}
      >
        {page.back}
      </Button>
      <span className="spring" />
      <Button
        variant={done ? 'filled' : 'default'}
        data-testid="lesson-next"
        rightSection={last ? <IconCheck size={14} /> : <IconArrowRight size={14} />}
        onClick={() => (last ? leaveLesson() : goTo(at + 1))}
      >
        {last ? page.finish : page.next}
      </Button>
    </footer>
  );
}

function Step({ id, at, step }: { id: LessonId; at: number; step: LessonStep }) {
  const words = useWords();
  const { page } = words;
  const done = useLessons((state) => state.done.includes(stepKey(id, step)));
  const heading = useRef<HTMLHeadingElement>(null);
  const { title, text, todo } = lessonWords(words, id).steps[step.id]!;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each step begins at its heading
  useEffect(() => heading.current?.focus({ preventScroll: true }), [step]);
  return (
    <article className={styles.step} data-testid="lesson-step" data-step={step.id} data-done={done}>
      <h3 ref={heading} tabIndex={-1}>
        {title}
      </h3>
      <p>
        <Rich text={text} />
      </p>
      <div className={styles.todo} data-done={done}>
        <span className={styles.todoMark} aria-hidden>
          {done && <IconCheck size={14} />}
        </span>
        <p>
          <strong>{done ? page.done : page.todo}.</strong> {todo}
        </p>
      </div>
      <StepWidget step={step} />
      {step.acts.map((act) => (
        <ActButtons key={act.kind === 'command' ? act.id : act.kind} act={act} />
      ))}
      {step.lights && (
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          data-testid="lesson-show"
          onClick={() => showLit(step.lights!)}
        >
          {page.show}
        </Button>
      )}
      <Spotlight on={step.lights} />
      <Ways id={id} at={at} done={done} />
    </article>
  );
}

export function Lesson({ id }: { id: LessonId }) {
  const words = useWords();
  const at = useLessons((state) => state.step);
  const step = useLessons(currentStep);
  if (!step) return null;
  return (
    <div className={styles.lesson} data-testid="lesson" data-lesson={id}>
      <header className={styles.lessonHead}>
        <h2>{lessonWords(words, id).title}</h2>
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          data-testid="lesson-leave"
          onClick={leaveLesson}
        >
          {words.page.leave}
        </Button>
      </header>
      <div className={styles.place}>
        <span className="num dim">
          {filled(words.page.step, { step: at + 1, steps: stepsOf(id).length })}
        </span>
        <Dots id={id} at={at} />
      </div>
      <Step id={id} at={at} step={step} />
    </div>
  );
}
