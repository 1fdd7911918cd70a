// The part "Map of films": every film of the set laid out by what the network makes of it, with what it is coloured by, what is
// gathered, and a sentence, a table and files of it. Where films lie comes from store/run/filmMap.ts; the drawing is
// FilmMapCanvas.tsx.

import { Button, Progress, SegmentedControl, Select } from '@mantine/core';
import { useMemo, useState } from 'react';
import { LAYOUTS, type LayoutName } from '../../diagnostics/filmMap.ts';
import { type DatasetSummary, SPLITS } from '../../protocol/dataset.ts';
import { isAtWork } from '../../protocol/engine.ts';
import { useDataset } from '../../store/films/dataset.ts';
import { showGallery } from '../../store/films/viewer.ts';
import {
  COLOURINGS,
  type Colouring,
  chooseRow,
  colourBy,
  type FilmMapState,
  gatherRows,
  layOut,
  makeMap,
  stopMap,
  toggleRow,
  useFilmMap,
} from '../../store/run/filmMap.ts';
import { useSession } from '../../store/session.ts';
import { formatCount, formatCounted } from '../../util/format.ts';
import { paperSvg } from '../charts/paper.ts';
import { FilmThumb } from '../films/FilmGrid.tsx';
import { lightPaint, paperFont, savePaper } from '../shell/download.ts';
import { ErrorNotice } from '../shell/ErrorNotice.tsx';
import shared from '../shell/shared.module.css';
import { Card } from './FigureCard.tsx';
import { FilmMapCanvas, MAP_HEIGHT, type MapPoints } from './FilmMapCanvas.tsx';
import { FilmNeighbours } from './FilmNeighbours.tsx';
import styles from './map.module.css';
import { filmWords, type MapGroups, mapGroups } from './mapGroups.ts';
import { fitted, type Point, pixelOf } from './mapView.ts';

const TEST = SPLITS.indexOf('test');
const NO_ROWS: readonly number[] = [];

/** What the map shows, in words. */
export function mapSentence(
  { films, layout, shares, step }: Pick<FilmMapState, 'films' | 'layout' | 'shares' | 'step'>,
  summary: DatasetSummary,
  groups: MapGroups,
  label: string,
): string {
  const all = summary.filmTable.length;
  const count =
    films.length < all
      ? `${formatCount(films.length)} of ${formatCount(all)} films`
      : formatCounted(all, 'film');
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  const axes = shares ? `, which hold ${percent(shares[0])} and ${percent(shares[1])} of the variance` : '';
  const kinds = groups.groups
    .filter((group) => group.films > 0)
    .map((group) => `${group.label} ${formatCount(group.films)}`);
  return `${count} at step ${formatCount(step ?? 0)}, ${label}, by ${LAYOUTS[layout].words}${axes}. ${groups.title}: ${kinds.join(', ')}. Films of the test part are hollow.`;
}

function usePoints(summary: DatasetSummary): MapPoints | null {
  const { films, places, colouring, finding, clusters, gathered, chosen, neighbours } = useFilmMap();
  const groups = useMemo(
    () => mapGroups(summary, films, { colouring, finding, clusters }),
    [summary, films, colouring, finding, clusters],
  );
  const hollow = useMemo(
    () => Uint8Array.from(films, (film) => (summary.filmTable.splits[film] === TEST ? 1 : 0)),
    [summary, films],
  );
  const near = useMemo(() => neighbours?.now.map(({ row }) => row) ?? NO_ROWS, [neighbours]);
  return places && { places, groups, hollow, gathered, chosen, neighbours: near };
}

const PAPER = { width: 520, height: 520 };

/** The map for a paper: a point for every film, in the colours of its groups. */
async function saveMap(
  { places, groups, hollow }: MapPoints,
  title: string,
  note: string,
  kind: 'svg' | 'png',
) {
  const light = lightPaint(groups.groups.map(({ colour }) => colour));
  const paint = (colour: string) => light.get(colour) ?? colour;
  const view = fitted(places, PAPER.width, PAPER.height);
  const body = Array.from({ length: places.length / 2 }, (_, row) => {
    const [x, y] = pixelOf(view, places, row);
    const colour = paint(groups.groups[groups.of[row]!]!.colour);
    const look = hollow[row] ? `fill="none" stroke="${colour}"` : `fill="${colour}"`;
    return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="2" ${look}/>`;
  }).join('');
  const legend = groups.groups
    .filter(({ films }) => films > 0)
    .map(({ label, colour }) => ({ label, colour, mark: 'point' as const }));
  const axis = { label: '', ticks: [] };
  const figure = { title, ...PAPER, legend, body, x: axis, y: axis, notes: [note] };
  await savePaper(paperSvg(figure, paint, await paperFont()), title, kind);
}

const TIP = { width: 262, height: 84, away: 14 };
/** Beside the pointer, and within the map. */
const placeOfTip = ([x, y]: Point) => ({
  left: `min(${x + TIP.away}px, calc(100% - ${TIP.width}px))`,
  top: Math.min(y + TIP.away, MAP_HEIGHT - TIP.height),
});

function Tip({ row, at, summary }: { row: number; at: Point; summary: DatasetSummary }) {
  const film = useFilmMap((map) => map.films[row]);
  if (film === undefined) return null;
  return (
    <div className={styles.tip} style={placeOfTip(at)} data-testid="film-tip">
      <FilmThumb film={film} side={72} />
      <span>
        <b>Film {film + 1}</b>
        <br />
        {filmWords(summary, film)}
      </span>
    </div>
  );
}

function Keys({ groups }: { groups: MapGroups }) {
  const gather = (group: number) =>
    gatherRows([...groups.of.keys()].filter((row) => groups.of[row] === group));
  return (
    <ul className={styles.keys} aria-label={`Colours: ${groups.title}`}>
      {groups.groups.map(({ label, colour, films }, group) =>
        films > 0 ? (
          <li key={label}>
            <button type="button" title="Gather these films" onClick={() => gather(group)}>
              <svg width="10" height="10" aria-hidden>
                <circle cx="5" cy="5" r="4" fill={colour} />
              </svg>
              {label} <span className="num">{formatCount(films)}</span>
            </button>
          </li>
        ) : null,
      )}
    </ul>
  );
}

function Gathered() {
  const { gathered, films } = useFilmMap();
  return (
    <div className={styles.acts}>
      <span className="num" aria-live="polite">
        {gathered.size > 0 ? `${formatCounted(gathered.size, 'film')} gathered` : 'No film gathered'}
      </span>
      <Button
        variant="default"
        data-testid="map-gallery"
        disabled={gathered.size === 0}
        onClick={() => showGathered(gathered, films)}
      >
        Show in the gallery
      </Button>
      <Button variant="default" disabled={gathered.size === 0} onClick={() => gatherRows([])}>
        Let go
      </Button>
    </div>
  );
}

const showGathered = (gathered: ReadonlySet<number>, films: Uint32Array) => {
  if (gathered.size > 0)
    showGallery(
      null,
      [...gathered].sort((a, b) => a - b).map((row) => films[row]!),
    );
};

function MapCard({ summary, points, label }: { summary: DatasetSummary; points: MapPoints; label: string }) {
  const map = useFilmMap();
  const { films, layout, gathered } = map;
  const [cursor, setCursor] = useState<{ row: number | null; at: Point | null }>({ row: null, at: null });
  const { places, groups } = points;
  const sentence = mapSentence(map, summary, groups, label);
  const title = `Map of films, ${label}, ${LAYOUTS[layout].label}`;
  const table = useMemo(
    () => ({
      columns: ['film', 'part', groups.title, 'x', 'y'],
      rows: Array.from(films, (film, row) => [
        film + 1,
        SPLITS[summary.filmTable.splits[film]!] ?? 'left out',
        groups.groups[groups.of[row]!]!.label,
        places[2 * row]!,
        places[2 * row + 1]!,
      ]),
    }),
    [films, places, groups, summary],
  );
  const under = cursor.row === null ? undefined : films[cursor.row];
  return (
    <Card
      title={title}
      sentence={sentence}
      table={table}
      array={{ shape: [films.length, 2], data: Float64Array.from(places) }}
      testId="map-card"
      onSave={(kind) => void saveMap(points, title, sentence.split('. ')[0]!, kind)}
      legend={<Keys groups={groups} />}
    >
      <div className={styles.holder}>
        <FilmMapCanvas
          {...points}
          label={`${title}. ${sentence} Arrow keys go from film to film, Enter shows neighbours, Space gathers.`}
          cursor={cursor.row}
          onCursor={(row, at) => setCursor({ row, at })}
          onChoose={(row) => void chooseRow(row)}
          onGather={gatherRows}
          onToggle={toggleRow}
          onShowGathered={() => showGathered(gathered, films)}
        />
        {cursor.row !== null && cursor.at && <Tip row={cursor.row} at={cursor.at} summary={summary} />}
      </div>
      <p className="visually-hidden" aria-live="polite" data-testid="film-cursor">
        {under === undefined ? '' : `Film ${under + 1}: ${filmWords(summary, under)}`}
      </p>
      <Gathered />
    </Card>
  );
}

function ColourSelect({ findings }: { findings: readonly string[] }) {
  const { colouring, finding } = useFilmMap();
  const { finding: _, ...others } = COLOURINGS;
  const rest = Object.entries(others).map(([value, label]) => ({ value, label }));
  const data = [
    { group: 'Findings', items: findings.map((name) => ({ value: `finding:${name}`, label: name })) },
    { group: 'Other', items: rest },
  ];
  return (
    <Select
      size="xs"
      w={170}
      aria-label="Colour by"
      data={data}
      value={colouring === 'finding' ? `finding:${finding ?? findings[0] ?? ''}` : colouring}
      allowDeselect={false}
      onChange={(value) => {
        if (value?.startsWith('finding:')) colourBy('finding', value.slice('finding:'.length));
        else if (value) colourBy(value as Colouring, finding);
      }}
    />
  );
}

function Working() {
  const progress = useFilmMap((map) => map.progress);
  if (!progress) return null;
  const { stage, done, total } = progress;
  return (
    <div className={shared.control} data-testid="map-progress">
      <Progress w={90} size="sm" value={(100 * done) / Math.max(1, total)} aria-label={stage} />
      <span className="num dim">{stage}</span>
      <Button variant="default" onClick={() => void stopMap()}>
        Cancel
      </Button>
    </div>
  );
}

const LAYOUT_CHOICES = Object.entries(LAYOUTS).map(([value, { label }]) => ({ value, label }));

/** What stands in the bar beside the choice of the level. */
export function MapControls() {
  const summary = useDataset((state) => state.summary);
  const { step, layout, progress } = useFilmMap();
  const prepared = useSession((session) => session.runConfig !== null);
  const state = useSession((session) => session.status.state);
  const busy = progress !== null || (isAtWork(state) && state !== 'running');
  return (
    <>
      <Button
        data-testid="map-make"
        variant={step === null ? 'filled' : 'default'}
        disabled={!prepared || !summary || busy}
        onClick={() => void makeMap()}
      >
        {step === null ? 'Lay out all films' : 'Lay out anew'}
      </Button>
      <SegmentedControl
        size="xs"
        aria-label="How films are laid out"
        data={LAYOUT_CHOICES}
        value={layout}
        onChange={(value) => void layOut(value as LayoutName)}
      />
      {summary && <ColourSelect findings={summary.findings} />}
      <Working />
    </>
  );
}

export function FilmMap({ label }: { label: string }) {
  const summary = useDataset((state) => state.summary);
  const problem = useFilmMap((map) => map.problem);
  if (!summary) return <p className={styles.hint}>The map needs films.</p>;
  return (
    <>
      {problem && <ErrorNotice error={problem} />}
      <MapOf summary={summary} label={label} />
    </>
  );
}

function MapOf({ summary, label }: { summary: DatasetSummary; label: string }) {
  const points = usePoints(summary);
  const prepared = useSession((session) => session.runConfig !== null);
  if (!points) {
    return (
      <div className={shared.empty}>
        <h2>Every film as the network sees it</h2>
        <p>
          All films pass through the network once and are laid out on a plane: films that it makes the same of
          lie together. A run that trains is halted for it and goes on by itself. Labels only give colours;
          nothing learns from them.
        </p>
        <p>
          {prepared ? 'Press "Lay out all films".' : 'It can be made once a run is prepared: press play.'}
        </p>
      </div>
    );
  }
  return (
    <div className={styles.columns}>
      <MapCard summary={summary} points={points} label={label} />
      <FilmNeighbours summary={summary} label={label} />
    </div>
  );
}
