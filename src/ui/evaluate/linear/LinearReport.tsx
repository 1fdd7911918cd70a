// The report of a linear evaluation: the scores of the three encoders as a dot plot and as a table, the ROC curves of one
// finding, and under which protocol all this was measured.

import { selectFinding, useEvaluation } from '../../../store/run/evaluation.ts';
import {
  ENCODER_NAMES,
  ENCODERS,
  type EncoderName,
  type LinearReport,
} from '../../../tasks/linear/report.ts';
import { percent, scoreText, spreadOf } from '../../../tasks/linear/words.ts';
import { formatCount, unbroken } from '../../../util/format.ts';
import chartStyles from '../../charts/charts.module.css';
import { encoderColour } from '../../shell/theme.ts';
import { DotPlotChart } from './DotPlotChart.tsx';
import styles from './LinearReport.module.css';
import { RocChart } from './RocChart.tsx';
import { ScoreTable } from './ScoreTable.tsx';

const GLYPH: Record<EncoderName, string> = {
  pretrained: 'M6 1.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9z',
  random: 'M2 2h8v8H2z',
  pixels: 'M6 0.5 10 6 6 11.5 2 6z',
};

/** Without what stands in brackets. */
const shortName = (name: EncoderName) => ENCODERS[name].replace(/ \(.*\)$/, '');

function EncoderKey() {
  return (
    <div className={`${chartStyles.legend} ${styles.probeKey}`}>
      {ENCODER_NAMES.map((name) => (
        <span key={name} className={chartStyles.legendRun}>
          <svg width="12" height="12" aria-hidden="true">
            <path d={GLYPH[name]} fill={encoderColour(name)} />
          </svg>
          {shortName(name)}
        </span>
      ))}
    </div>
  );
}

/** What a single random encoder would have said. */
function RandomEncoders({ scores }: { scores: LinearReport['randomEncoders'] }) {
  const spread = spreadOf(scores);
  if (!scores || spread === null) return null;
  return (
    <p className={`num ${styles.probeProtocol}`} data-testid="probe-random">
      Mean AUROC of the {scores.length} random encoders: {scores.map((score) => scoreText(score)).join(', ')},
      with a standard deviation of {scoreText(spread)}. The gain is against their mean.
    </p>
  );
}

/** Everything a reader needs to repeat the evaluation. */
function Protocol({ report }: { report: LinearReport }) {
  const { films, labelledFilms, draws, seed, step, seconds, share } = report;
  const drawn = share < 1 ? `, mean of ${draws} label draws` : '';
  return (
    <p className={`dim ${styles.probeProtocol}`}>
      Encoder at step {formatCount(step)}. Linear layer trained on {Math.round(labelledFilms)} of{' '}
      {films.train} labelled films ({percent(share)} by patient{drawn}), stopped on {films.val}, scored on{' '}
      {films.test}. Intervals: 95&nbsp;%, bootstrap over test patients. Seed {seed}; {seconds.toFixed(1)} s.
      {report.protocol.length > 0 && ` ${unbroken(report.protocol.join(' '))}`}
    </p>
  );
}

export function LinearReportView({ report }: { report: LinearReport }) {
  const selected = useEvaluation((state) => state.selected);
  const score = report.findings.find(({ finding }) => finding === selected) ?? report.findings[0];
  return (
    <>
      <div className={styles.probePlots}>
        <section aria-label="AUROC per finding">
          <header className={chartStyles.metricChartHead}>
            <h3 className={chartStyles.chartTitle}>AUROC with 95 % interval</h3>
            <EncoderKey />
          </header>
          <DotPlotChart report={report} selected={score?.finding ?? null} onSelect={selectFinding} />
        </section>
        {score && (
          <section aria-label={`ROC, ${score.finding}`}>
            <header className={chartStyles.metricChartHead}>
              <h3 className={chartStyles.chartTitle}>ROC: {score.finding}</h3>
            </header>
            <RocChart score={score} />
          </section>
        )}
      </div>
      <ScoreTable report={report} selected={score?.finding ?? null} onSelect={selectFinding} />
      <RandomEncoders scores={report.randomEncoders} />
      <Protocol report={report} />
    </>
  );
}

/** What it is, for who has not run it yet. */
export function LinearIntroduction() {
  return (
    <>
      <p>
        The encoder is frozen and a single linear layer is trained on its features to tell findings apart; the
        score is the AUROC on films of patients it has never seen.
      </p>
      <p>
        A score means nothing alone, so the same is done with encoders of the same shape at random starts and
        with raw pixels. What pretraining bought is the distance between them, most of all where labels are
        few.
      </p>
    </>
  );
}
