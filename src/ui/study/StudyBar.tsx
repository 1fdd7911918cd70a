// What a study compares, beside the settings of the Train view, which hold for every method; and the buttons that begin it, halt
// it and go on. While a study is there its plan is fixed.

import { Button, MultiSelect, NumberInput, Select, TagsInput } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconTrash } from '@tabler/icons-react';
import { METHOD_NAMES, METHODS, type MethodName } from '../../methods/records.ts';
import { isAtWork } from '../../protocol/engine.ts';
import { STUDY_TASK_NAMES, STUDY_TASKS, type StudyTask } from '../../protocol/study.ts';
import { useDataset } from '../../store/films/dataset.ts';
import { useSettings } from '../../store/page/settings.ts';
import { useSession } from '../../store/session.ts';
import {
  changePlan,
  continueStudy,
  dropStudy,
  haltStudy,
  specOf,
  startStudy,
  useStudy,
} from '../../store/study/study.ts';
import { isComplete } from '../../study/queue.ts';
import { toWire } from '../../util/errors.ts';
import shared from '../shell/shared.module.css';
import styles from './StudyBar.module.css';

const OPTIONS = METHOD_NAMES.map((name) => ({ value: name, label: METHODS[name].label }));

/** Why no study can begin or go on now, or null. */
function useObstacle(): string | null {
  const { status, busy, facts } = useSession();
  const findings = useDataset((state) => state.summary?.findings.length ?? 0);
  const plan = useStudy((study) => study.plan);
  const draft = useSettings((settings) => settings.draft);
  if (!facts && !busy) return 'Training needs a graphics adapter.';
  if (isAtWork(status.state) || busy) return 'Pause or end the run first.';
  if (findings === 0) return 'These films have no labels to score by.';
  try {
    specOf(plan, draft);
    return null;
  } catch (error) {
    return toWire(error).message;
  }
}

/** Percent as people type them, to shares. */
const sharesOf = (texts: readonly string[]): number[] =>
  texts.map((text) => Number(text.replace('%', '').trim()) / 100).filter((share) => share > 0 && share <= 1);

const ratesOf = (texts: readonly string[]): number[] =>
  texts.map(Number).filter((rate) => Number.isFinite(rate) && rate > 0);

function Plan({ fixed }: { fixed: boolean }) {
  const plan = useStudy((study) => study.plan);
  const draft = useSettings((settings) => settings.draft);
  return (
    <div className={styles.studyPlan}>
      <MultiSelect
        size="xs"
        label="Methods"
        data-testid="study-methods"
        data={OPTIONS}
        value={[...plan.methods]}
        disabled={fixed}
        onChange={(names) => changePlan({ methods: names as MethodName[] })}
      />
      <Select
        size="xs"
        label="Held against"
        data={OPTIONS.filter(({ value }) => plan.methods.includes(value))}
        value={plan.reference}
        disabled={fixed}
        allowDeselect={false}
        onChange={(name) => name && changePlan({ reference: name as MethodName })}
      />
      <MultiSelect
        size="xs"
        label="Scored by"
        data-testid="study-tasks"
        data={STUDY_TASK_NAMES.map((value) => ({ value, label: STUDY_TASKS[value].label }))}
        value={[...plan.tasks]}
        disabled={fixed}
        onChange={(tasks) => changePlan({ tasks: tasks as StudyTask[] })}
      />
      <TagsInput
        size="xs"
        label="Labels, %"
        data-testid="study-shares"
        value={plan.shares.map((share) => String(Number((100 * share).toPrecision(6))))}
        disabled={fixed}
        onChange={(texts) => changePlan({ shares: sharesOf(texts) })}
      />
      <NumberInput
        size="xs"
        label="Seeds"
        data-testid="study-seeds"
        min={1}
        max={20}
        value={plan.seeds}
        disabled={fixed}
        onChange={(value) => typeof value === 'number' && changePlan({ seeds: value })}
      />
      <NumberInput
        size="xs"
        label="Steps"
        data-testid="study-steps"
        min={0}
        value={plan.steps || draft.maxSteps}
        disabled={fixed}
        onChange={(value) => typeof value === 'number' && changePlan({ steps: value })}
      />
      <TagsInput
        size="xs"
        label="Learning rates to try"
        data-testid="study-rates"
        placeholder={plan.rates.length > 0 ? '' : `as set, ${draft.learningRate}`}
        value={plan.rates.map(String)}
        disabled={fixed}
        onChange={(texts) => changePlan({ rates: ratesOf(texts) })}
      />
    </div>
  );
}

function Act() {
  const { state, running, halting } = useStudy();
  const why = useObstacle();
  if (running) {
    return (
      <Button
        data-testid="study-halt"
        size="xs"
        variant="default"
        loading={halting}
        leftSection={<IconPlayerPause size={14} />}
        onClick={haltStudy}
      >
        Halt
      </Button>
    );
  }
  const open = state !== null && !isComplete(state);
  return (
    <>
      {open && (
        <Button
          data-testid="study-continue"
          size="xs"
          leftSection={<IconPlayerPlay size={14} />}
          onClick={() => void continueStudy()}
        >
          Go on
        </Button>
      )}
      {state && (
        <Button
          data-testid="study-drop"
          size="xs"
          variant="default"
          leftSection={<IconTrash size={14} />}
          onClick={() => void dropStudy()}
        >
          New study
        </Button>
      )}
      {!state && (
        <Button
          data-testid="study-start"
          size="xs"
          disabled={why !== null}
          leftSection={<IconPlayerPlay size={14} />}
          onClick={() => void startStudy()}
        >
          Begin
        </Button>
      )}
    </>
  );
}

export function StudyBar() {
  const fixed = useStudy(({ state, running }) => state !== null || running);
  const why = useObstacle();
  return (
    <div className={styles.studyBar}>
      {!fixed && <Plan fixed={fixed} />}
      <div className={styles.studyActs}>
        {!fixed && why && <span className="dim">{why}</span>}
        <span className="spring" />
        <span className={shared.control}>
          <Act />
        </span>
      </div>
    </div>
  );
}
