// The part "Two runs": the pictures of the run at hand beside those of another that is kept in this browser, at the step shown and
// the look nearest to it; one measure along both; and how alike the outputs of the two networks are, as small matrices.

import { Button, Select } from '@mantine/core';
import { useState } from 'react';
import type { Likeness } from '../../diagnostics/filmMap.ts';
import { MEASURE_NAMES, MEASURES, type MeasureName } from '../../diagnostics/measures.ts';
import { type OutputName, outputsOf, type Snapshot } from '../../diagnostics/snapshot.ts';
import { METHODS, methodOf } from '../../methods/records.ts';
import { shownSnapshot, useSnapshots } from '../../store/curves/snapshots.ts';
import { type Run, useRuns } from '../../store/run/runs.ts';
import { chooseOther, compareNetworks, useTwoRuns } from '../../store/run/twoRuns.ts';
import { useSession } from '../../store/session.ts';
import { formatCount } from '../../util/format.ts';
import { paperSvg } from '../charts/paper.ts';
import { viridis } from '../films/viridis.ts';
import { paperFont, savePaper } from '../shell/download.ts';
import { ErrorNotice } from '../shell/ErrorNotice.tsx';
import shared from '../shell/shared.module.css';
import { CorrelationMap } from './CorrelationMap.tsx';
import { Card, FigureCard } from './FigureCard.tsx';
import { deviationFigure, type Figure, neighbourFigure, pathFigure, spectrumFigure } from './figures.ts';
import {
  bothFigure,
  comparisonWarning,
  type Labels,
  labelsOf,
  likenessSentence,
  likenessTable,
  onSharedAxes,
} from './likenessFigure.ts';
import styles from './runs.module.css';

/** Runs beside the live one that have something to show. */
function useOthers(): readonly Run[] {
  const { runs, liveId } = useRuns();
  return runs.filter(({ id, kept }) => id !== liveId && kept !== undefined);
}

export function RunsControls() {
  const others = useOthers();
  const { otherId, working } = useTwoRuns();
  const prepared = useSession((session) => session.runConfig !== null);
  return (
    <>
      <Select
        size="xs"
        w={220}
        aria-label="The other run"
        placeholder={others.length > 0 ? 'Choose a run' : 'No other run is kept'}
        disabled={others.length === 0}
        data={others.map(({ id, name }) => ({ value: id, label: name }))}
        value={otherId}
        onChange={(id) => void chooseOther(id)}
      />
      <Button
        data-testid="compare-networks"
        disabled={!prepared || working}
        onClick={() => void compareNetworks()}
      >
        {working ? 'Comparing …' : otherId === null ? 'Compare the levels' : 'Compare the networks'}
      </Button>
    </>
  );
}

const CELL = 34;

/** The matrix for a paper: a square for every pair, its number in it. */
async function saveMatrix(
  { rows, columns, values }: Likeness,
  title: string,
  labels: Labels,
  others: Labels,
  kind: 'svg' | 'png',
) {
  const [width, height] = [columns.length * CELL, rows.length * CELL];
  const body = rows
    .flatMap((_, i) =>
      columns.map((__, j) => {
        const value = values[i * columns.length + j]!;
        const [x, y] = [j * CELL, i * CELL];
        const ink = value > 0.6 ? 'black' : 'white';
        return `<rect x="${x}" y="${y}" width="${CELL}" height="${CELL}" fill="rgb(${viridis(value).join(' ')})"/><text x="${x + CELL / 2}" y="${y + CELL / 2 + 4}" text-anchor="middle" font-size="11" fill="${ink}">${value.toFixed(2)}</text>`;
      }),
    )
    .join('');
  const ticks = (names: readonly string[], known: Labels) =>
    names.map((name, i) => ({ at: (i + 0.5) * CELL, text: known.get(name) ?? name }));
  const figure = {
    title,
    width,
    height,
    legend: [],
    body,
    x: { label: '', ticks: ticks(columns, others) },
    y: { label: '', ticks: ticks(rows, labels) },
    notes: [],
  };
  await savePaper(
    paperSvg(figure, (colour) => colour, await paperFont()),
    title,
    kind,
  );
}

interface MatrixProps {
  readonly likeness: Likeness;
  readonly title: string;
  readonly labels: Labels;
  readonly others: Labels;
  readonly testId: string;
}

function Matrix({ likeness, title, labels, others, testId }: MatrixProps) {
  const { rows, columns, values } = likeness;
  const table = likenessTable(likeness, labels, others);
  return (
    <Card
      title={title}
      sentence={likenessSentence(likeness, labels, others)}
      table={table}
      array={{ shape: [rows.length, columns.length], data: values }}
      testId={testId}
      onSave={(kind) => void saveMatrix(likeness, title, labels, others, kind)}
    >
      <div className={styles.scroll}>
        <table className={styles.matrix} aria-label={title}>
          <thead>
            <tr>
              {table.columns.map((label) => (
                <th key={label} scope="col">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => (
              <tr key={row}>
                <th scope="row">{table.rows[i]![0]}</th>
                {columns.map((column, j) => {
                  const value = values[i * columns.length + j]!;
                  const style = {
                    background: `rgb(${viridis(value).join(' ')})`,
                    color: value > 0.6 ? 'black' : 'white',
                  };
                  return (
                    <td key={column} className="num" style={style}>
                      {Number.isFinite(value) ? value.toFixed(2) : '–'}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

interface Side {
  readonly name: string;
  readonly list: readonly Snapshot[];
  readonly shown: Snapshot | null;
}

interface OneProps extends Side {
  /** The run whose network is at hand, so that films can pass through it. */
  readonly atHand: boolean;
  readonly output: OutputName;
  readonly figures: readonly Figure[];
}

const TEST_IDS = ['run-spectrum', 'run-deviations', 'run-path', 'run-neighbours'] as const;

/** The pictures of a run at the look that is shown; none where it has no look at this output. */
function figuresOf({ list, shown }: Side, output: OutputName): readonly Figure[] {
  const picture = shown?.outputs.find(({ name }) => name === output.name);
  if (!shown || !picture) return [];
  const upTo = list.filter(({ step }) => step <= shown.step);
  const neighbours = neighbourFigure(upTo);
  return [
    spectrumFigure(picture, output.label, shown.step),
    deviationFigure(picture, output.label, shown.step),
    pathFigure(upTo, output.name, output.label, shown.step),
    ...(neighbours ? [neighbours] : []),
  ];
}

function OneRun({ name, shown, output, figures, atHand }: OneProps) {
  const picture = shown?.outputs.find((one) => one.name === output.name);
  if (!shown || !picture) {
    return (
      <section aria-label={name}>
        <h2>{name}</h2>
        <p className="dim">No look at {output.label} is kept of it.</p>
      </section>
    );
  }
  return (
    <section aria-label={name} data-testid="one-run">
      <h2>
        {name} <span className="dim num">step {formatCount(shown.step)}</span>
      </h2>
      {figures.map((figure, i) => (
        <FigureCard key={TEST_IDS[i]} testId={TEST_IDS[i]!} figure={figure} />
      ))}
      <CorrelationMap picture={picture} label={output.label} step={shown.step} withFilms={atHand} />
    </section>
  );
}

/** Both runs, each picture on the axes of its counterpart. */
function SideBySide({ sides, output }: { sides: readonly [Side, Side]; output: OutputName }) {
  const [own, other] = sides.map((side) => figuresOf(side, output)) as [readonly Figure[], readonly Figure[]];
  const pairs = own.map((figure, i) =>
    other[i] ? onSharedAxes(figure, other[i]) : ([figure, figure] as const),
  );
  return (
    <div className={styles.columns}>
      <OneRun {...sides[0]} atHand output={output} figures={pairs.map(([figure]) => figure)} />
      <OneRun
        {...sides[1]}
        atHand={false}
        output={output}
        figures={other.map((figure, i) => pairs[i]?.[1] ?? figure)}
      />
    </div>
  );
}

/** The look nearest to a step. */
export const nearestLook = (list: readonly Snapshot[], step: number): Snapshot | null =>
  list.reduce<Snapshot | null>(
    (best, one) => (best && Math.abs(best.step - step) <= Math.abs(one.step - step) ? best : one),
    null,
  );

interface AlikeProps {
  readonly labels: Labels;
  readonly others: Labels;
  /** Of the run at hand, and of the other where there is one. */
  readonly names: readonly [own: string, other: string | null];
}

function Alike({ labels, others, names }: AlikeProps) {
  const likeness = useTwoRuns((state) => state.likeness);
  if (!likeness) {
    return (
      <p className="dim">
        "Compare" passes up to 512 films through the network at hand and, where another run is chosen, through
        that of its newest checkpoint, and says which levels are alike.
      </p>
    );
  }
  const { films, steps, within, across } = likeness;
  const other = across && names[1] ? `, ${names[1]} at step ${formatCount(steps[1] ?? 0)}` : '';
  return (
    <>
      <p className="dim num">
        {formatCount(films)} films, {names[0]} at step {formatCount(steps[0])}
        {other}.
      </p>
      <div className={styles.columns}>
        <Matrix
          testId="cka-within"
          title={`CKA between levels, ${names[0]}`}
          likeness={within}
          labels={labels}
          others={labels}
        />
        {across && (
          <Matrix
            testId="cka-across"
            title={`CKA, ${names[0]} by ${names[1]}`}
            likeness={across}
            labels={labels}
            others={others}
          />
        )}
      </div>
    </>
  );
}

export function TwoRuns({ output, outputs }: { output: OutputName; outputs: readonly OutputName[] }) {
  const list = useSnapshots((state) => state.list);
  const shown = useSnapshots(shownSnapshot);
  const { otherId, list: otherList, problem } = useTwoRuns();
  const other = useOthers().find(({ id }) => id === otherId);
  const own = useRuns(({ runs, liveId }) => runs.find(({ id }) => id === liveId));
  const config = useSession((session) => session.runConfig);
  const [measure, setMeasure] = useState<MeasureName>('rankme');
  if (!other || !own || !config) {
    const labels = labelsOf(outputs);
    return (
      <>
        {problem && <ErrorNotice error={problem} />}
        <div className={shared.empty}>
          <h2>Two runs side by side</h2>
          <p>
            Choose a run that is kept in this browser beside the one at hand. Their pictures stand side by
            side at the same step, and which of their levels are alike can be measured; without another run,
            which levels of this one.
          </p>
        </div>
        {own && <Alike labels={labels} others={labels} names={[own.name, null]} />}
      </>
    );
  }
  const beside = nearestLook(otherList, shown?.step ?? Number.POSITIVE_INFINITY);
  const method = methodOf(other.config);
  const names = [own.name, other.name] as const;
  const warning = comparisonWarning(
    [METHODS[config.method].label, method.label],
    [shown?.films ?? 0, beside?.films ?? shown?.films ?? 0],
  );
  return (
    <>
      {problem && <ErrorNotice error={problem} />}
      {warning && (
        <p className={styles.warning} role="note">
          {warning}
        </p>
      )}
      <Select
        size="xs"
        w={180}
        aria-label="Measure along both runs"
        data={MEASURE_NAMES.map((name) => ({ value: name, label: MEASURES[name].label }))}
        value={measure}
        allowDeselect={false}
        onChange={(name) => name && setMeasure(name as MeasureName)}
      />
      <FigureCard testId="both-runs" figure={bothFigure([list, otherList], names, output, measure)} />
      <Alike labels={labelsOf(outputs)} others={labelsOf(outputsOf(method))} names={names} />
      <SideBySide
        sides={[
          { name: own.name, list, shown },
          { name: other.name, list: otherList, shown: beside },
        ]}
        output={output}
      />
    </>
  );
}
