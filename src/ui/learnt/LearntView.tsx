// "What is learnt", in parts. Along the run: what looks at it have measured, of one output of the network at one step, scrubbed, and
// of all outputs over it; pictures are figures.ts and CorrelationMap.tsx, what was measured comes from store/curves/snapshots.ts.
// The map of films is FilmMap.tsx, a step looked at again StepAgain.tsx, two runs side
// by side TwoRuns.tsx.

import { Button, SegmentedControl, Select, Slider } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { MEASURE_NAMES, MEASURES, type MeasureName } from '../../diagnostics/measures.ts';
import { type OutputName, outputsOf, type Snapshot } from '../../diagnostics/snapshot.ts';
import { METHODS } from '../../methods/records.ts';
import { chooseSnapshot, shownSnapshot, snapshotBytes, useSnapshots } from '../../store/curves/snapshots.ts';
import {
  chooseOutput,
  LEARNT_PART_NAMES,
  LEARNT_PARTS,
  type LearntPart,
  showPart,
  useLearnt,
} from '../../store/page/learnt.ts';
import { useSession } from '../../store/session.ts';
import { formatBytes, formatCount } from '../../util/format.ts';
import { isEntry } from '../../words/words.ts';
import { useShownMethod } from '../charts/shown.ts';
import shared from '../shell/shared.module.css';
import { CorrelationMap } from './CorrelationMap.tsx';
import { FigureCard } from './FigureCard.tsx';
import { FilmMap, MapControls } from './FilmMap.tsx';
import { deviationFigure, measureFigure, neighbourFigure, pathFigure, spectrumFigure } from './figures.ts';
import styles from './learnt.module.css';
import { StepAgainPart, StepControls } from './StepAgain.tsx';
import { RunsControls, TwoRuns } from './TwoRuns.tsx';

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

/** What looks have measured of one output, and of all of them over the run. */
function Looks({ output, outputs }: { output: OutputName; outputs: readonly OutputName[] }) {
  const list = useSnapshots((state) => state.list);
  const shown = useSnapshots(shownSnapshot);
  const [measure, setMeasure] = useState<MeasureName>('rankme');
  const nothing = useNothing();
  const picture = shown?.outputs.find(({ name }) => name === output.name);
  if (!shown || !picture) return <p className={styles.nothing}>{nothing}</p>;
  const upTo = list.filter(({ step }) => step <= shown.step);
  const neighbours = neighbourFigure(list);
  return (
    <>
      <div className={styles.grid}>
        <FigureCard
          testId="spectrum"
          term="spectrum"
          figure={spectrumFigure(picture, output.label, shown.step)}
        />
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
          <FigureCard
            testId="measure"
            term={isEntry(measure) ? measure : undefined}
            figure={measureFigure(list, outputs, measure)}
          />
        </div>
        {neighbours && <FigureCard testId="neighbours" term="neighbours" figure={neighbours} />}
      </div>
      <Cost shown={shown} />
    </>
  );
}

function LooksControls() {
  const list = useSnapshots((state) => state.list);
  const shown = useSnapshots(shownSnapshot);
  return shown && <Scrubber list={list} shown={shown} />;
}

const TwoRunsControls = () => (
  <>
    <RunsControls />
    <LooksControls />
  </>
);

interface PartProps {
  readonly output: OutputName;
  readonly outputs: readonly OutputName[];
}

interface Part {
  /** It is about one level or head, which is chosen for all parts at once. */
  readonly ofOutput: boolean;
  readonly Controls: () => ReactNode;
  readonly Body: (props: PartProps) => ReactNode;
}

const PARTS: Record<LearntPart, Part> = {
  looks: { ofOutput: true, Controls: LooksControls, Body: Looks },
  map: { ofOutput: true, Controls: MapControls, Body: ({ output }) => <FilmMap label={output.label} /> },
  step: { ofOutput: false, Controls: StepControls, Body: () => <StepAgainPart /> },
  runs: { ofOutput: true, Controls: TwoRunsControls, Body: TwoRuns },
};

export function LearntView() {
  const { part, output: chosen } = useLearnt();
  const outputs = outputsOf(METHODS[useShownMethod()]);
  const output = outputs.find(({ name }) => name === chosen) ?? outputs.at(-1)!;
  const { ofOutput, Controls, Body } = PARTS[part];
  return (
    <section className={shared.view} aria-label="What is learnt">
      <div className={shared.bar}>
        <SegmentedControl
          size="xs"
          aria-label="Part"
          data={LEARNT_PART_NAMES.map((name) => ({ value: name, label: LEARNT_PARTS[name] }))}
          value={part}
          onChange={(name) => showPart(name as LearntPart)}
        />
        {ofOutput && (
          <Select
            size="xs"
            w={130}
            aria-label="Level or head"
            data={outputs.map(({ name, label }) => ({ value: name, label }))}
            value={output.name}
            allowDeselect={false}
            onChange={(name) => name && chooseOutput(name)}
          />
        )}
        <Controls />
      </div>
      <div className={shared.scroll}>
        <Body output={output} outputs={outputs} />
      </div>
    </section>
  );
}
