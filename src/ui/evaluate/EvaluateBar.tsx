// What to evaluate and the button that does it: the usual shares of the labels, findings, progress. Every setting, the
// share among them, stands below in EvaluateSettings; an evaluation takes the values of the moment.

import { Button, MultiSelect, Progress, SegmentedControl, Select, Tooltip } from '@mantine/core';
import { IconTargetArrow } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { isAtWork, isTraining } from '../../protocol/engine.ts';
import { setDraft, useSettings } from '../../store/page/settings.ts';
import { ready } from '../../store/run/acts.ts';
import {
  cancelEvaluation,
  evaluationConfig,
  findingsFor,
  findKept,
  setFindings,
  setTask,
  startEvaluation,
  useEvaluatedFilms,
  useEvaluation,
} from '../../store/run/evaluation.ts';
import { planEvaluation, useEvaluationBudget } from '../../store/run/evaluationBudget.ts';
import { useRuns } from '../../store/run/runs.ts';
import { type SessionState, useSession } from '../../store/session.ts';
import { percent } from '../../tasks/compared/record.ts';
import { TASK_NAMES, TASKS, type TaskName, taskOf } from '../../tasks/records.ts';
import { formatBytes } from '../../util/format.ts';
import shared from '../shell/shared.module.css';
import styles from './EvaluateBar.module.css';

/** Why an evaluation is not possible now, or null when it is. */
function obstacle(
  { runConfig, status, busy, facts }: SessionState,
  task: TaskName,
  findings: readonly string[],
  given: boolean,
): string | null {
  if (!facts && !busy) return 'There is no model: training one needs a graphics adapter.';
  if (!runConfig && !given)
    return 'There is no model yet: press Play on the Train view first, or choose weights to start from.';
  if (isTraining(status.state)) return 'Pause or end the run first.';
  if (isAtWork(status.state) || busy) return 'The engine is busy.';
  if (status.state === 'failed' || status.state === 'closed') return 'The run failed; reset it first.';
  if (findings.length === 0) {
    return taskOf({ task }).fromMasks
      ? 'Nothing is drawn on these films: drop masks, run lengths or boxes beside them.'
      : 'These films have no labels.';
  }
  return null;
}

/** Findings that the chosen task can learn. */
function useFindings(): readonly string[] {
  const task = useEvaluation((state) => state.task);
  return findingsFor(task, useEvaluatedFilms());
}

export function useObstacle(): string | null {
  const session = useSession();
  const task = useEvaluation((state) => state.task);
  const given = useSettings((settings) => settings.weights !== null);
  return obstacle(session, task, useFindings(), given);
}

/** An encoder that is given from a file is evaluated as it is, as the start of a run that the form describes. */
async function evaluate(): Promise<void> {
  if (!useSession.getState().runConfig && !(await ready())) return;
  const { runConfig } = useSession.getState();
  if (!runConfig) return;
  void startEvaluation(evaluationConfig(runConfig, useSettings.getState().draft), useRuns.getState().liveId);
}

/** Where there is more than one. */
function Task() {
  const task = useEvaluation((state) => state.task);
  if (TASK_NAMES.length < 2) return null;
  return (
    <Select
      size="xs"
      aria-label="Evaluation"
      data-testid="probe-task"
      data={TASK_NAMES.map((name) => ({ value: name, label: TASKS[name].label }))}
      value={task}
      allowDeselect={false}
      onChange={(name) => name && setTask(name)}
    />
  );
}

/** Label shares offered here; the form takes any other. */
const SHARES = [0.01, 0.05, 0.1, 1] as const;

function Share() {
  const share = useSettings((state) => state.draft.labelShare);
  const offered: readonly number[] = SHARES;
  const shares = offered.includes(share) ? offered : [...offered, share].sort((a, b) => a - b);
  return (
    <div className={shared.control}>
      <span id="share-label">Labels</span>
      <SegmentedControl
        size="xs"
        aria-labelledby="share-label"
        data-testid="probe-share"
        data={shares.map((value) => ({ value: String(value), label: percent(value) }))}
        value={String(share)}
        onChange={(value) => setDraft('labelShare', Number(value))}
      />
    </div>
  );
}

export function EvaluateBar() {
  const running = useEvaluation((state) => state.running);
  const chosen = useEvaluation((state) => state.findings);
  const findings = useFindings();
  const why = useObstacle();
  return (
    <div className={shared.bar}>
      <Task />
      <Share />
      <MultiSelect
        size="xs"
        className={styles.probeFindings}
        aria-label="Findings"
        data-testid="probe-findings"
        data={[...findings]}
        value={chosen.filter((finding) => findings.includes(finding))}
        onChange={setFindings}
        placeholder={chosen.length ? '' : 'All findings'}
        clearable
        searchable
      />
      <span className="spring" />
      {running && <EvaluationProgress />}
      <Tooltip label={why} disabled={why === null || running}>
        <Button
          data-testid="probe-run"
          data-disabled={why !== null || undefined}
          aria-disabled={why !== null}
          loading={running}
          leftSection={<IconTargetArrow size={15} />}
          onClick={() => why === null && void evaluate()}
        >
          Evaluate
        </Button>
      </Tooltip>
    </div>
  );
}

/** What a step of a task that trains the network needs of the GPU, said before it is begun. */
export function EvaluationMemory() {
  const task = useEvaluation((state) => state.task);
  const run = useSession((state) => state.runConfig);
  const draft = useSettings((state) => state.draft);
  const { budget } = useEvaluationBudget();
  const { batch } = taskOf({ task });
  const planned = batch && run ? evaluationConfig(run, draft) : null;
  const question = planned && JSON.stringify(planned);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the question is the configuration in words
  useEffect(() => void planEvaluation(task, planned), [task, question]);
  if (!budget || !planned) return null;
  return (
    <p className={`num dim ${styles.probeMemory}`} role="note" data-testid="probe-memory">
      {budget.fits
        ? `A step of ${planned[batch as keyof typeof planned]} films needs ${formatBytes(budget.totalBytes)} of GPU memory; the largest single buffer, for ${budget.largestBufferName}, ${formatBytes(budget.largestBufferBytes)}.`
        : `It does not fit this GPU: ${budget.reason}`}
    </p>
  );
}

/** What was cut, by a closed tab or because it was called off: the same again goes on there. */
export function EvaluationKept() {
  const { running, kept, task } = useEvaluation();
  const runId = useRuns((state) => state.liveId);
  useEffect(() => {
    if (runId !== null) void findKept(runId);
  }, [runId]);
  if (running || kept?.task !== task) return null;
  return (
    <p className={`num dim ${styles.probeMemory}`} role="note" data-testid="probe-kept">
      One that was cut is kept up to here: {kept.words}. With the same settings and films it goes on there.
    </p>
  );
}

function EvaluationProgress() {
  const progress = useEvaluation((state) => state.progress);
  const kept = useEvaluation((state) => state.kept);
  // It stands while one evaluation runs: what was kept before is of another.
  const [before] = useState(kept);
  const share = progress && progress.total > 0 ? (progress.done / progress.total) * 100 : 0;
  return (
    <div className={styles.probeProgress} role="status">
      <span
        className="num dim"
        title={kept && kept !== before ? `Kept up to here: ${kept.words}` : undefined}
      >
        {progress ? `${progress.stage} ${progress.done} / ${progress.total}` : 'Starting'}
      </span>
      <Progress value={share} size={4} aria-label="Progress of the evaluation" transitionDuration={0} />
      <Button size="compact-xs" variant="default" data-testid="probe-cancel" onClick={cancelEvaluation}>
        Cancel
      </Button>
    </div>
  );
}
