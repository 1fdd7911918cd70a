// The evaluation of the encoder at hand: the bar that starts one, every setting that the chosen task reads, generated from its
// record and folded away below the bar (two visitors of three never need them; they may change at any time, a run or none), and what
// the newest of the chosen task found, drawn by the view of that task.

import { Button, Checkbox, Collapse, UnstyledButton } from '@mantine/core';
import { IconChevronRight, IconDownload } from '@tabler/icons-react';
import { useId, useState } from 'react';
import { PRESETS } from '../../config/presets.ts';
import { predictionsCsv } from '../../export/predictions.ts';
import { useSettings } from '../../store/page/settings.ts';
import { settingsOf, useEvaluation } from '../../store/run/evaluation.ts';
import { evaluationCsv, evaluationJson } from '../../store/run/export.ts';
import { type Evaluation, TASKS, taskOf } from '../../tasks/records.ts';
import { toWire } from '../../util/errors.ts';
import { unbroken } from '../../util/format.ts';
import { useChanged } from '../settings/ConfigForm.tsx';
import { ConfigFormField } from '../settings/ConfigFormField.tsx';
import { fileName, saveText } from '../shell/download.ts';
import { ErrorNotice } from '../shell/ErrorNotice.tsx';
import shared from '../shell/shared.module.css';
import { EvaluateBar, EvaluationKept, EvaluationMemory, useObstacle } from './EvaluateBar.tsx';
import { EvaluateFilms } from './EvaluateFilms.tsx';
import styles from './EvaluateView.module.css';
import { viewOf } from './views.tsx';

export function EvaluateSettings() {
  const [open, setOpen] = useState(false);
  const body = useId();
  const keys = settingsOf(useEvaluation((state) => state.task));
  const changed = useChanged(keys);
  const preset = useSettings((settings) => settings.preset);
  return (
    <section className={styles.probeSettings} aria-label="Settings of the evaluation">
      <UnstyledButton
        className={`${shared.fold} ${styles.probeSettingsFold}`}
        aria-expanded={open}
        aria-controls={body}
        data-testid="probe-settings"
        onClick={() => setOpen(!open)}
      >
        <IconChevronRight size={14} aria-hidden className={styles.probeSettingsChevron} data-open={open} />
        Settings
        <span className="dim">{changed > 0 ? `${changed} changed` : `as in ${PRESETS[preset].label}`}</span>
      </UnstyledButton>
      <Collapse expanded={open} id={body}>
        <div className={styles.probeFields}>
          {keys.map((key) => (
            <ConfigFormField key={key} name={key} locked={false} />
          ))}
        </div>
      </Collapse>
    </section>
  );
}

function nameOf(evaluation: Evaluation): string {
  const { condition, step } = taskOf(evaluation).headline(evaluation.report);
  return fileName(`${evaluation.task}-evaluation-step-${step}-labels-${condition}`);
}

function save(evaluation: Evaluation, kind: 'csv' | 'json'): void {
  const name = nameOf(evaluation);
  if (kind === 'csv') saveText(`${name}.csv`, evaluationCsv(evaluation), 'text/csv');
  else saveText(`${name}.json`, evaluationJson(evaluation), 'application/json');
}

/** The scores of every test film, while they are at hand: they are not kept with the run. */
function FilmScores({ evaluation }: { evaluation: Evaluation }) {
  const predictions = useEvaluation((state) => state.predictions[evaluation.task]);
  const [names, setNames] = useState(false);
  if (!predictions) return null;
  return (
    <>
      <Button
        data-testid="probe-export-films"
        variant="default"
        size="compact-xs"
        leftSection={<IconDownload size={13} />}
        onClick={() =>
          saveText(
            `${nameOf(evaluation)}-films.csv`,
            predictionsCsv(predictions, names ? predictions.paths : null),
            'text/csv',
          )
        }
      >
        Scores per film
      </Button>
      <Checkbox
        size="xs"
        label="with file names"
        data-testid="probe-export-names"
        checked={names}
        onChange={({ currentTarget }) => setNames(currentTarget.checked)}
      />
    </>
  );
}

function Exports({ evaluation }: { evaluation: Evaluation }) {
  return (
    <div className={`${shared.control} ${styles.probeExports}`}>
      {(['csv', 'json'] as const).map((kind) => (
        <Button
          key={kind}
          data-testid={`probe-export-${kind}`}
          variant="default"
          size="compact-xs"
          leftSection={<IconDownload size={13} />}
          onClick={() => save(evaluation, kind)}
        >
          {kind.toUpperCase()}
        </Button>
      ))}
      <FilmScores evaluation={evaluation} />
    </div>
  );
}

function Report({ evaluation }: { evaluation: Evaluation }) {
  const { Report: Drawn } = viewOf(evaluation.task);
  return (
    <>
      <div className={styles.probeHead}>
        <h2 className={styles.probeVerdict} data-testid="probe-verdict">
          {unbroken(taskOf(evaluation).verdict(evaluation.report))}
        </h2>
        <Exports evaluation={evaluation} />
      </div>
      <Drawn report={evaluation.report} />
    </>
  );
}

function Empty() {
  const why = useObstacle();
  const { running, task } = useEvaluation();
  const { Introduction } = viewOf(task);
  return (
    <div className={shared.empty}>
      <h2>What did the encoder learn?</h2>
      <Introduction />
      <p className={styles.probeNext}>
        {running ? 'The scores come here.' : (why ?? 'The model is there: press Evaluate.')}
      </p>
    </div>
  );
}

export function EvaluateView() {
  const task = useEvaluation((state) => state.task);
  const newest = useEvaluation((state) => state.newest[state.task]);
  const running = useEvaluation((state) => state.running);
  const error = useEvaluation((state) => state.error);
  const { Live } = viewOf(task);
  return (
    <section className={shared.view} aria-label={TASKS[task].label}>
      <EvaluateBar />
      <EvaluateFilms />
      <EvaluateSettings />
      <EvaluationMemory />
      <EvaluationKept />
      <div className={shared.scroll}>
        {error && (
          <ErrorNotice
            error={toWire(error)}
            title="The evaluation did not finish"
            onClose={() => useEvaluation.setState({ error: null })}
          />
        )}
        {running && Live && <Live />}
        {newest ? <Report evaluation={newest} /> : !error && <Empty />}
      </div>
    </section>
  );
}
