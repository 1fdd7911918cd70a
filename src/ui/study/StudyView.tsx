// The study: what is compared, how far it is, and what it found: sentence, warnings, table and dots, filled while it runs. Runs
// are trained by the engine of the page, one after another; the view only shows the state of the study.

import { useEffect } from 'react';
import { recallStudy, useStudy } from '../../store/study/study.ts';
import type { StudyState } from '../../study/state.ts';
import { studyTable } from '../../study/table.ts';
import { verdictParts } from '../../study/verdict.ts';
import { leftOut, warningsOf } from '../../study/warnings.ts';
import { unbroken } from '../../util/format.ts';
import { ErrorNotice } from '../shell/ErrorNotice.tsx';
import shared from '../shell/shared.module.css';
import { StudyBar } from './StudyBar.tsx';
import { StudyPlot } from './StudyPlot.tsx';
import { StudyProgressLine } from './StudyProgressLine.tsx';
import { StudyExports, StudyTable } from './StudyTable.tsx';
import styles from './StudyView.module.css';

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
      <StudyPlot rows={rows} />
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
        learning rate chosen on validation films alone. A linear layer on each frozen encoder is then scored
        on the test films, beside random encoders and raw pixels.
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
