// Linear evaluation: a sentence on what pretraining bought, the scores of the three encoders as a dot plot and as
// a table, the ROC curves of one finding, and under which protocol all this was measured.

import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { ENCODER_NAMES, ENCODERS, type EncoderName, type ProbeReport } from '../../protocol/probe.ts';
import { probeCsv, probeJson } from '../../store/run/export.ts';
import { selectFinding, useProbe } from '../../store/run/probe.ts';
import { toWire } from '../../util/errors.ts';
import '../charts/curves.css';
import { stepLabel } from '../charts/ticks.ts';
import { fileName, saveText } from '../shell/download.ts';
import { ErrorNotice } from '../shell/ErrorNotice.tsx';
import { encoderColour } from '../shell/theme.ts';
import { DotPlotChart } from './DotPlotChart.tsx';
import { ProbeBar, useObstacle } from './ProbeBar.tsx';
import { ProbeSettings } from './ProbeSettings.tsx';
import { ProbeTable } from './ProbeTable.tsx';
import { percent, verdict } from './probeWords.ts';
import { RocChart } from './RocChart.tsx';

const GLYPH: Record<EncoderName, string> = {
  pretrained: 'M6 1.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9z',
  random: 'M2 2h8v8H2z',
  pixels: 'M6 0.5 10 6 6 11.5 2 6z',
};

/** No line ends between a number and its per cent sign. */
const unbroken = (text: string) => text.replaceAll(' %', '\u00a0%');

/** Without what stands in brackets. */
const shortName = (name: EncoderName) => ENCODERS[name].replace(/ \(.*\)$/, '');

function EncoderKey() {
  return (
    <div className="legend probe-key">
      {ENCODER_NAMES.map((name) => (
        <span key={name} className="legend-run">
          <svg width="12" height="12" aria-hidden="true">
            <path d={GLYPH[name]} fill={encoderColour(name)} />
          </svg>
          {shortName(name)}
        </span>
      ))}
    </div>
  );
}

function save(report: ProbeReport, kind: 'csv' | 'json'): void {
  const name = fileName(`evaluation-step-${report.step}-labels-${percent(report.share)}`);
  if (kind === 'csv') saveText(`${name}.csv`, probeCsv(report), 'text/csv');
  else saveText(`${name}.json`, probeJson(report), 'application/json');
}

function Exports({ report }: { report: ProbeReport }) {
  return (
    <div className="curves-control">
      {(['csv', 'json'] as const).map((kind) => (
        <Button
          key={kind}
          data-testid={`probe-export-${kind}`}
          variant="default"
          size="compact-xs"
          leftSection={<IconDownload size={13} />}
          onClick={() => save(report, kind)}
        >
          {kind.toUpperCase()}
        </Button>
      ))}
    </div>
  );
}

/** Everything a reader needs to repeat the evaluation. */
function Protocol({ report }: { report: ProbeReport }) {
  const { films, labelledFilms, draws, seed, step, seconds, share } = report;
  const drawn = share < 1 ? `, mean of ${draws} label draws` : '';
  return (
    <p className="dim probe-protocol">
      Encoder at step {stepLabel(step)}. Linear layer trained on {Math.round(labelledFilms)} of {films.train}{' '}
      labelled films ({percent(share)} by patient{drawn}), stopped on {films.val}, scored on {films.test}.
      Intervals: 95&nbsp;%, bootstrap over test patients. Seed {seed}; {seconds.toFixed(1)} s.
      {report.protocol.length > 0 && ` ${unbroken(report.protocol.join(' '))}`}
    </p>
  );
}

function Report({ report }: { report: ProbeReport }) {
  const selected = useProbe((state) => state.selected);
  const score = report.findings.find(({ finding }) => finding === selected) ?? report.findings[0];
  return (
    <>
      <div className="probe-head">
        <h2 className="probe-verdict" data-testid="probe-verdict">
          {unbroken(verdict(report))}
        </h2>
        <Exports report={report} />
      </div>
      <div className="probe-plots">
        <section aria-label="AUROC per finding">
          <header className="metric-chart-head">
            <h3 className="chart-title">AUROC with 95 % interval</h3>
            <EncoderKey />
          </header>
          <DotPlotChart report={report} selected={score?.finding ?? null} onSelect={selectFinding} />
        </section>
        {score && (
          <section aria-label={`ROC, ${score.finding}`}>
            <header className="metric-chart-head">
              <h3 className="chart-title">ROC: {score.finding}</h3>
            </header>
            <RocChart score={score} />
          </section>
        )}
      </div>
      <ProbeTable report={report} selected={score?.finding ?? null} onSelect={selectFinding} />
      <Protocol report={report} />
    </>
  );
}

function Empty() {
  const why = useObstacle();
  const running = useProbe((state) => state.running);
  return (
    <div className="probe-empty">
      <h2>What did the encoder learn?</h2>
      <p>
        The encoder is frozen and a single linear layer is trained on its features to tell findings apart; the
        score is the AUROC on films of patients it has never seen.
      </p>
      <p>
        A score means nothing alone, so the same is done with an encoder of the same shape at its random start
        and with raw pixels. What pretraining bought is the distance between them, most of all where labels
        are few.
      </p>
      <p className="probe-next">
        {running ? 'The scores come here.' : (why ?? 'The model is there: press Evaluate.')}
      </p>
    </div>
  );
}

export function EvaluateView() {
  const report = useProbe((state) => state.report);
  const error = useProbe((state) => state.error);
  return (
    <section className="curves" aria-label="Linear evaluation">
      <ProbeBar />
      <ProbeSettings />
      <div className="curves-scroll">
        {error && (
          <ErrorNotice
            error={toWire(error)}
            title="The evaluation did not finish"
            onClose={() => useProbe.setState({ error: null })}
          />
        )}
        {report ? <Report report={report} /> : !error && <Empty />}
      </div>
    </section>
  );
}
