// The study: what is compared, how far it is and what the rest will take, and what it found: sentence, warnings, table, and dots in
// the geometry of the report (study/report/plot.ts), filled while it runs. Runs are trained by the engine of the page, one after
// another; the view only shows the state of the study.

import { Progress } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useEffect } from 'react';
import { STUDY_TASKS, type StudyTask } from '../../protocol/study.ts';
import { useSession } from '../../store/session.ts';
import { recallStudy, useStudy } from '../../store/study/study.ts';
import { progressOf } from '../../study/queue.ts';
import { dotPlot } from '../../study/report/plot.ts';
import type { StudyState } from '../../study/state.ts';
import { ofTask, type StudyRow, studyTable } from '../../study/table.ts';
import { verdictParts } from '../../study/verdict.ts';
import { leftOut, warningsOf } from '../../study/warnings.ts';
import { percent } from '../../tasks/compared/record.ts';
import { formatDuration, unbroken } from '../../util/format.ts';
import { ErrorNotice } from '../shell/ErrorNotice.tsx';
import shared from '../shell/shared.module.css';
import { StudyBar } from './StudyBar.tsx';
import { StudyExports, StudyTable } from './StudyTable.tsx';
import styles from './StudyView.module.css';

const DOING = { trained: 'training', tried: 'choosing settings', scored: 'scoring' } as const;

function StudyProgressLine() {
  const state = useStudy((study) => study.state);
  const job = useStudy((study) => study.job);
  const step = useSession((session) => session.status.step);
  const total = useSession((session) => session.status.totalSteps);
  if (!state || !job) return null;
  const share = job.part === 'trained' && total > 0 ? step / total : 0;
  const { done, total: pieces, secondsLeft } = progressOf(state, share);
  const steps = job.part === 'trained' && total > 0 ? `, step ${step} of ${total}` : '';
  const left = secondsLeft === null ? '' : `, ${formatDuration(secondsLeft)} left`;
  return (
    <div className={styles.studyProgress} data-testid="study-progress" data-done={done} data-total={pieces}>
      <span className="num dim">
        {done + 1} of {pieces}: {DOING[job.part]} {job.words}
        {steps}
        {left}
      </span>
      <Progress
        value={(100 * (done + share)) / pieces}
        size={4}
        aria-label="Progress of the study"
        transitionDuration={0}
      />
    </div>
  );
}

const LABELS = 220;
const RADIUS = 4;
const AXIS = 40;

interface PlotProps {
  /** Where there are several. */
  readonly title: string | null;
  readonly task: StudyTask;
  readonly rows: readonly StudyRow[];
}

function StudyPlot({ title, task, rows }: PlotProps) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const { height, panels, ticks, panelWidth } = dotPlot(rows, Math.max(360, width), LABELS);
  const bottom = height - AXIS;
  return (
    <div ref={ref} className={styles.studyPlot}>
      {title && <h3>{title}</h3>}
      {width > 0 && (
        <svg
          width={Math.max(360, width)}
          height={height}
          role="img"
          aria-label={`Mean ${STUDY_TASKS[task].measure} of each row${title ? `, ${title.toLowerCase()}` : ''}`}
        >
          {rows.map(({ id, label }, r) => (
            <text key={id} x={LABELS - 12} y={panels[0]!.dots[r]!.y + 4} textAnchor="end">
              {label}
            </text>
          ))}
          {panels.map(({ share, left, dots }) => (
            <g key={share} transform={`translate(${left} 0)`}>
              <text x={panelWidth / 2} y={14} textAnchor="middle">
                {percent(share)}
              </text>
              {ticks.map(({ value, x }) => (
                <g key={value}>
                  <line className={styles.grid} x1={x} x2={x} y1={26} y2={bottom} />
                  <text className={styles.tick} x={x} y={bottom + 14} textAnchor="middle">
                    {value}
                  </text>
                </g>
              ))}
              {dots.map(({ row, x, from, to, y }, r) =>
                x === null ? null : (
                  <g key={row} className={rows[r]!.method === null ? styles.baseline : styles.method}>
                    {from !== null && to !== null && <line x1={from} x2={to} y1={y} y2={y} />}
                    <circle cx={x} cy={y} r={RADIUS} />
                  </g>
                ),
              )}
            </g>
          ))}
        </svg>
      )}
    </div>
  );
}

function Lines({ title, lines }: { title: string; lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <section className={styles.studyLines} aria-label={title}>
      <h3>{title}</h3>
      <ul>
        {lines.map((line) => (
          <li key={line}>{unbroken(line)}</li>
        ))}
      </ul>
    </section>
  );
}

function Found({ state }: { state: StudyState }) {
  const rows = studyTable(state);
  const { claim, beside } = verdictParts(state, rows);
  const left = leftOut(state).map(({ what, why }) => `${what}: ${why}`);
  return (
    <>
      <div className={styles.studyHead}>
        <h2 className={styles.studyVerdict} data-testid="study-verdict">
          {unbroken(claim)}
        </h2>
        <StudyExports state={state} />
      </div>
      {beside && <p className={`dim ${styles.studyBeside}`}>{unbroken(beside)}</p>}
      <StudyTable state={state} rows={rows} />
      {state.spec.tasks.map((task) => (
        <StudyPlot
          key={task}
          task={task}
          title={state.spec.tasks.length > 1 ? STUDY_TASKS[task].label : null}
          rows={ofTask(rows, task)}
        />
      ))}
      <Lines title="Read with care" lines={warningsOf(state)} />
      <Lines title="Left out" lines={left} />
    </>
  );
}

function Introduction() {
  return (
    <div className={shared.empty}>
      <h2>Which method learns more from these films?</h2>
      <p>
        Every method gets the same films, parts, order, views, start of the encoder and steps at a seed, and a
        learning rate chosen on validation films alone. A linear layer on each frozen encoder, its nearest
        neighbours, all of it fine-tuned, a decoder of masks, or several of these are then scored on the test
        films, beside random encoders and, but for masks, raw pixels.
      </p>
      <p>
        The answer is a table with intervals, and a sentence that claims no more than they allow. A study goes
        on after a reload or a lost device; runs that are finished stay.
      </p>
    </div>
  );
}

export function StudyView() {
  const state = useStudy((study) => study.state);
  const error = useStudy((study) => study.error);
  useEffect(() => void recallStudy(), []);
  return (
    <section className={shared.view} aria-label="Study">
      <StudyBar />
      <StudyProgressLine />
      <div className={shared.scroll}>
        {error && (
          <ErrorNotice
            error={error}
            title="The study stands still"
            onClose={() => useStudy.setState({ error: null })}
          />
        )}
        {state ? <Found state={state} /> : <Introduction />}
      </div>
    </section>
  );
}
