// Which piece of work of how many the study is at, how far that is, and what the rest will take.

import { Progress } from '@mantine/core';
import { useSession } from '../../store/session.ts';
import { useStudy } from '../../store/study/study.ts';
import { progressOf } from '../../study/queue.ts';
import { formatDuration } from '../../util/format.ts';
import styles from './StudyProgressLine.module.css';

const DOING = { trained: 'training', tried: 'choosing settings', scored: 'scoring' } as const;

export function StudyProgressLine() {
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
