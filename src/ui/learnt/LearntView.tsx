// "What is learnt": what looks at the run have measured, of one output of the network at one step, scrubbed along the run, and
// of all outputs over it. Pictures are figures.ts and CorrelationMap.tsx; what was measured comes from store/curves/snapshots.ts.

import { Button, Select, Slider } from '@mantine/core';
import { useState } from 'react';
import { MEASURE_NAMES, MEASURES, type MeasureName } from '../../diagnostics/measures.ts';
import { outputsOf, type Snapshot } from '../../diagnostics/snapshot.ts';
import { METHODS } from '../../methods/records.ts';
import { chooseSnapshot, shownSnapshot, snapshotBytes, useSnapshots } from '../../store/curves/snapshots.ts';
import { useSession } from '../../store/session.ts';
import { formatBytes, formatCount } from '../../util/format.ts';
import { useShownMethod } from '../charts/shown.ts';
import shared from '../shell/shared.module.css';
import { CorrelationMap } from './CorrelationMap.tsx';
import { FigureCard } from './FigureCard.tsx';
import { deviationFigure, measureFigure, neighbourFigure, pathFigure, spectrumFigure } from './figures.ts';
import styles from './learnt.module.css';

function Scrubber({ list, shown }: { list: readonly Snapshot[]; shown: Snapshot }) {
  const following = useSnapshots((state) => state.chosen === null);
  const place = list.findIndex(({ step }) => step === shown.step);
  return (
    <>
      <span className="num">step {formatCount(shown.step)}</span>
      <Slider
        className={styles.slider}
        size="sm"
        thumbLabel="Step of the pictures"
        min={0}
        max={Math.max(1, list.length - 1)}
        disabled={list.length < 2}
        value={Math.max(0, place)}
        label={(at) => `step ${formatCount(list[at]?.step ?? 0)}`}
        onChange={(at) => chooseSnapshot(at >= list.length - 1 ? null : list[at]!.step)}
      />
      <Button variant="default" disabled={following} onClick={() => chooseSnapshot(null)}>
        Newest
      </Button>
    </>
  );
}

/** What looking costs and keeps. */
function Cost({ shown }: { shown: Snapshot }) {
  const { spent } = useSnapshots();
  const bytes = useSnapshots(snapshotBytes);
  const kept = useSnapshots((state) => state.list.length);
  const active = useSession((session) => session.status.activeSeconds);
  const every = useSession((session) => session.runConfig?.diagnoseEvery ?? 0);
  const share = active > 0 ? `, ${((100 * spent.seconds) / active).toFixed(1)} % of the time at most` : '';
  return (
    <p className={`dim num ${styles.cost}`} data-testid="looks">
      Looked at {formatCount(shown.films)} films of the training and validation part every{' '}
      {formatCount(every)} steps, {formatCount(spent.looks)} times so far{share}. {formatCount(kept)} looks
      are kept, {formatBytes(bytes)}. The run is not touched by it. Compare runs of one method, with as many
      films.
    </p>
  );
}

function useNothing(): string {
  const config = useSession((session) => session.runConfig);
  if (!config) return 'Pictures come with the first steps of a run.';
  return config.diagnoseEvery === 0
    ? 'This run is not looked at: "Measure what is learnt every" is 0 in its settings.'
    : 'The first look comes with the first step.';
}

export function LearntView() {
  const list = useSnapshots((state) => state.list);
  const shown = useSnapshots(shownSnapshot);
  const outputs = outputsOf(METHODS[useShownMethod()]);
  const [chosen, setChosen] = useState('global');
  const [measure, setMeasure] = useState<MeasureName>('rankme');
  const nothing = useNothing();
  const picture = shown?.outputs.find(({ name }) => name === chosen) ?? shown?.outputs.at(-1);
  const output = outputs.find(({ name }) => name === picture?.name);
  if (!shown || !picture || !output) {
    return (
      <section className={shared.view} aria-label="What is learnt">
        <p className={styles.nothing}>{nothing}</p>
      </section>
    );
  }
  const upTo = list.filter(({ step }) => step <= shown.step);
  const neighbours = neighbourFigure(list);
  return (
    <section className={shared.view} aria-label="What is learnt">
      <div className={shared.bar}>
        <Select
          size="xs"
          w={130}
          aria-label="Level or head"
          data={outputs.map(({ name, label }) => ({ value: name, label }))}
          value={picture.name}
          allowDeselect={false}
          onChange={(name) => name && setChosen(name)}
        />
        <Scrubber list={list} shown={shown} />
      </div>
      <div className={shared.scroll}>
        <div className={styles.grid}>
          <FigureCard testId="spectrum" figure={spectrumFigure(picture, output.label, shown.step)} />
          <FigureCard testId="deviations" figure={deviationFigure(picture, output.label, shown.step)} />
          <CorrelationMap picture={picture} label={output.label} step={shown.step} />
          <FigureCard testId="path" figure={pathFigure(upTo, picture.name, output.label, shown.step)} />
          <div>
            <Select
              size="xs"
              w={180}
              aria-label="Measure over the run"
              data={MEASURE_NAMES.map((name) => ({ value: name, label: MEASURES[name].label }))}
              value={measure}
              allowDeselect={false}
              onChange={(name) => name && setMeasure(name as MeasureName)}
            />
            <FigureCard testId="measure" figure={measureFigure(list, outputs, measure)} />
          </div>
          {neighbours && <FigureCard testId="neighbours" figure={neighbours} />}
        </div>
        <Cost shown={shown} />
      </div>
    </section>
  );
}
