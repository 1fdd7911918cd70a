// The report of an evaluation that scores findings by AUROC: the three encoders as a dot plot and as a table (AUROC with interval
// per finding, the gain over the random encoder, average precision), the ROC curves of one finding, and under which protocol all
// this was measured. Findings left out stand below with their reason. What was done with the films stands in `how`, the task's.

import { Table, UnstyledButton } from '@mantine/core';
import type { ReactNode } from 'react';
import { selectFinding, useEvaluation } from '../../../store/run/evaluation.ts';
import {
  ENCODER_NAMES,
  ENCODERS,
  type EncoderName,
  intervalText,
  percent,
  type ScoredReport,
  scoreText,
  spreadOf,
} from '../../../tasks/compared/record.ts';
import type { Interval } from '../../../tasks/record.ts';
import { formatCount, unbroken } from '../../../util/format.ts';
import chartStyles from '../../charts/charts.module.css';
import { Term } from '../../lessons/Entry.tsx';
import shared from '../../shell/shared.module.css';
import { encoderColour } from '../../shell/theme.ts';
import { DotPlotChart } from './DotPlotChart.tsx';
import { RocChart } from './RocChart.tsx';
import styles from './ScoresView.module.css';

function Score({ score }: { score: Interval }) {
  return (
    <Table.Td className="num" ta="right">
      {scoreText(score.value)} <span className={`dim ${styles.probeInterval}`}>{intervalText(score)}</span>
    </Table.Td>
  );
}

function Gain({ scores }: { scores: Record<EncoderName, Interval> }) {
  const { pretrained, random } = scores;
  const gain = pretrained.value === null || random.value === null ? null : pretrained.value - random.value;
  const sign = gain !== null && gain >= 0 ? '+' : '−';
  return (
    <Table.Td className="num" ta="right">
      {gain === null ? '–' : `${sign}${Math.abs(gain).toFixed(3)}`}
    </Table.Td>
  );
}

interface ScoreTableProps {
  readonly report: ScoredReport;
  readonly selected: string | null;
  readonly onSelect: (finding: string) => void;
}

export function ScoreTable({ report, selected, onSelect }: ScoreTableProps) {
  return (
    <Table data-testid="probe-table" verticalSpacing={4} horizontalSpacing="sm" className={shared.table}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Finding</Table.Th>
          <Table.Th ta="right">With / without</Table.Th>
          {ENCODER_NAMES.map((name) => (
            <Table.Th key={name} ta="right">
              {ENCODERS[name]}
            </Table.Th>
          ))}
          <Table.Th ta="right">Gain</Table.Th>
          <Table.Th ta="right">Average precision</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        <Table.Tr className={styles.probeMean}>
          <Table.Td>Mean</Table.Td>
          <Table.Td />
          {ENCODER_NAMES.map((name) => (
            <Score key={name} score={report.mean[name]} />
          ))}
          <Gain scores={report.mean} />
          <Table.Td />
        </Table.Tr>
        {report.findings.map(({ finding, positives, negatives, auroc, averagePrecision }) => (
          <Table.Tr key={finding} data-selected={finding === selected || undefined}>
            <Table.Td>
              <UnstyledButton
                className={styles.probeFinding}
                aria-pressed={finding === selected}
                onClick={() => onSelect(finding)}
              >
                {finding}
              </UnstyledButton>
            </Table.Td>
            <Table.Td className="num" ta="right">
              {positives} / {negatives}
            </Table.Td>
            {ENCODER_NAMES.map((name) => (
              <Score key={name} score={auroc[name]} />
            ))}
            <Gain scores={auroc} />
            <Table.Td className="num" ta="right">
              {scoreText(averagePrecision.pretrained)}
            </Table.Td>
          </Table.Tr>
        ))}
        {report.leftOut.map(({ finding, reason }) => (
          <Table.Tr key={finding} className="dim">
            <Table.Td>{finding}</Table.Td>
            <Table.Td colSpan={ENCODER_NAMES.length + 3}>left out: {reason}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

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
function RandomEncoders({ scores }: { scores: ScoredReport['randomEncoders'] }) {
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
function Protocol({ report, how }: { report: ScoredReport; how: string }) {
  const { seed, step, seconds } = report;
  return (
    <p className={`dim ${styles.probeProtocol}`}>
      Encoder at step {formatCount(step)}. {how} Intervals: 95&nbsp;%, bootstrap over test patients. Seed{' '}
      {seed}; {seconds.toFixed(1)} s.
      {report.protocol.length > 0 && ` ${unbroken(report.protocol.join(' '))}`}
    </p>
  );
}

/** How many labels of which films were used, as a part of a sentence. */
export function labelWords({ films, labelledFilms, draws, share }: ScoredReport): string {
  const drawn = share < 1 ? `, mean of ${draws} label draws` : '';
  return `${Math.round(labelledFilms)} of ${films.train} labelled films (${percent(share)} by patient${drawn})`;
}

interface ScoresViewProps {
  readonly report: ScoredReport;
  /** What was done with which films. */
  readonly how: string;
  /** Shown below the table, of the finding that is shown closely. */
  readonly closer?: (finding: string) => ReactNode;
}

export function ScoresView({ report, how, closer }: ScoresViewProps) {
  const selected = useEvaluation((state) => state.selected);
  const score = report.findings.find(({ finding }) => finding === selected) ?? report.findings[0];
  return (
    <>
      <div className={styles.probePlots}>
        <section aria-label="AUROC per finding">
          <header className={chartStyles.metricChartHead}>
            <h3 className={chartStyles.chartTitle}>
              <Term id="auroc">AUROC</Term> with 95 % interval
            </h3>
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
      {score && closer?.(score.finding)}
      <RandomEncoders scores={report.randomEncoders} />
      <Protocol report={report} how={how} />
    </>
  );
}
