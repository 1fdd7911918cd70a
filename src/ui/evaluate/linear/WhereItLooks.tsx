// The class map of the chosen finding over the film under the lens, with the sentence on what such maps do not prove. The
// film is turned here and is the one that the Train view shows as well.

import { Button, SegmentedControl } from '@mantine/core';
import { IconDownload, IconRefresh, IconTarget } from '@tabler/icons-react';
import { useEffect } from 'react';
import { LEVELS } from '../../../methods/record/statistics.ts';
import { LABEL_NEGATIVE, LABEL_POSITIVE, SPLITS } from '../../../protocol/dataset.ts';
import { type ClassMap, LOOK_KINDS, LOOK_NAMES, type LookKind, NO_PROOF } from '../../../protocol/looks.ts';
import { useDataset } from '../../../store/films/dataset.ts';
import {
  askClassMap,
  inspectFilm,
  setLook,
  setMapOpacity,
  useClassMap,
  useInspect,
} from '../../../store/films/inspect.ts';
import { forgetPointing, hasPlaces, pointAtAll, usePointing } from '../../../store/films/pointing.ts';
import { thumbnailOf, useThumbnails, wantThumbnail } from '../../../store/films/thumbnails.ts';
import { type LinearReport, type PointedFinding, pointedInWords } from '../../../tasks/linear/record.ts';
import { unbroken } from '../../../util/format.ts';
import { npyBytes } from '../../../util/npy.ts';
import { greyPng } from '../../../util/png.ts';
import chartStyles from '../../charts/charts.module.css';
import { FilmCanvas } from '../../films/FilmCanvas.tsx';
import { FilmTurner } from '../../films/FilmTurner.tsx';
import { OpacitySlider } from '../../films/OpacitySlider.tsx';
import { VIRIDIS_GRADIENT } from '../../films/viridis.ts';
import { Term } from '../../lessons/Entry.tsx';
import { fileName, saveBlob } from '../../shell/download.ts';
import styles from './WhereItLooks.module.css';

const TEST = SPLITS.indexOf('test');

/** Whether the labels say the finding of the film. */
function labelWords(film: number, finding: string): string {
  const { summary } = useDataset.getState();
  if (!summary) return '';
  const { findings, filmTable } = summary;
  const label = filmTable.labels[film * findings.length + findings.indexOf(finding)];
  return label === LABEL_POSITIVE ? 'has it' : label === LABEL_NEGATIVE ? 'does not have it' : 'is not known';
}

/** Turns to the next test film that has the finding. */
function nextWith(finding: string): void {
  const { summary } = useDataset.getState();
  if (!summary) return;
  const { findings, filmTable } = summary;
  const column = findings.indexOf(finding);
  const from = useInspect.getState().film;
  const after = Array.from({ length: filmTable.length }, (_, by) => (from + by + 1) % filmTable.length);
  const found = after.find(
    (film) =>
      filmTable.splits[film] === TEST && filmTable.labels[film * findings.length + column] === LABEL_POSITIVE,
  );
  if (found !== undefined) inspectFilm(found);
}

/** Gates are shares; all else is drawn up to its largest value on the film. */
const mostOf = ({ look, map }: ClassMap): number =>
  LOOK_KINDS[look.kind].ofFinding ? map.reduce((a, b) => Math.max(a, b), 0) : 1;

/** The encoder's last map of very small images is a single place, which says nothing of where. */
const isOnePlace = ({ places: [height, width] }: ClassMap) => height * width === 1;

/** In which way is looked: at the finding's class map, or at a level. */
function Ways() {
  const { kind, level } = useClassMap((state) => state.look);
  return (
    <div className={styles.looksWays}>
      <SegmentedControl
        size="xs"
        aria-label="What is laid over the film"
        data-testid="look-kind"
        data={LOOK_NAMES.map((value) => ({ value, label: LOOK_KINDS[value].label }))}
        value={kind}
        onChange={(value) => setLook({ kind: value as LookKind })}
      />
      {LOOK_KINDS[kind].levels && (
        <SegmentedControl
          size="xs"
          aria-label="Level of the encoder"
          data-testid="look-level"
          data={LEVELS.map((_, at) => String(at + 1))}
          value={String(level)}
          onChange={(value) => setLook({ level: Number(value) })}
        />
      )}
    </div>
  );
}

/** The map by itself at the size that the encoder sees: its values for NumPy, or as grey from 0 to the end of the scale. No name is in it. */
function saveMap(map: ClassMap, film: number, kind: 'npy' | 'png'): void {
  const { size, look, finding, map: data } = map;
  const level = LOOK_KINDS[look.kind].levels ? `-level-${look.level}` : '';
  const name = fileName(`${LOOK_KINDS[look.kind].label}${level}-${finding}-film-${film + 1}`);
  const most = Math.max(mostOf(map), 1e-12);
  const bytes =
    kind === 'npy'
      ? npyBytes({ shape: [size, size], data })
      : greyPng(
          Uint8Array.from(data, (value) => Math.round((255 * Math.max(0, value)) / most)),
          size,
          size,
        );
  saveBlob(`${name}.${kind}`, new Blob([bytes]));
}

/** What is known of the map, in words. */
function mapWords(map: ClassMap, film: number, finding: string): string {
  const said = `By the labels this film ${labelWords(film, finding)}; the layer gives it ${(1 / (1 + Math.exp(-map.logit))).toFixed(2)}.`;
  if (isOnePlace(map)) {
    return `${said} At this size of images this map of the encoder is a single place, so it cannot be said where (raise Image size, or look at a lower level).`;
  }
  return `${said} The map has ${map.places[0]} × ${map.places[1]} places and is enlarged.`;
}

function Picture({ film, finding }: { film: number; finding: string }) {
  const { map, opacity } = useClassMap();
  useThumbnails();
  useEffect(() => wantThumbnail(film), [film]);
  const picture = thumbnailOf(film);
  if (!picture) return <span className="dim">The film has not been read yet.</span>;
  const most = map ? mostOf(map) : 0;
  const overlay = map &&
    !isOnePlace(map) && { side: map.size, gate: map.map, range: [0, most] as const, opacity };
  return (
    <FilmCanvas
      picture={picture}
      overlay={overlay || null}
      label={`Film ${film + 1}${overlay ? ` with the ${LOOK_KINDS[map!.look.kind].label.toLowerCase()} of ${finding}` : ''}`}
    />
  );
}

interface WhereItLooksProps {
  readonly finding: string;
  /** The report whose layer is asked. */
  readonly report: LinearReport;
  /** How often its class maps point at what is drawn. */
  readonly pointed: PointedFinding | undefined;
}

/** How often the map points at what is drawn on the test films, on request: each film is a pass of the encoder. */
function Pointing({ finding }: { finding: string }) {
  const { progress, pointed, problem } = usePointing();
  const share = (value: number) => `${Math.round(100 * value)} %`;
  return (
    <>
      <Button
        variant="default"
        size="compact-xs"
        loading={progress !== null}
        leftSection={<IconTarget size={13} />}
        data-testid="class-map-point"
        onClick={() => void pointAtAll(finding)}
      >
        Point at all test films with it
      </Button>
      <p className={styles.looksPointed} role="status" data-testid="class-map-pointed">
        {progress && `Film ${progress.done + 1} of ${progress.total}`}
        {problem}
        {pointed &&
          unbroken(
            `On ${pointed.films} test film${pointed.films === 1 ? '' : 's'} where its place is known, the map is largest inside it on ${share(pointed.peak)}; the middle of the film lies inside on ${share(pointed.centre)}. ${share(pointed.energy)} of the map lies inside, and ${share(pointed.area)} of the film does.`,
          )}
      </p>
    </>
  );
}

export function WhereItLooks({ finding, report, pointed }: WhereItLooksProps) {
  const film = useInspect((inspect) => inspect.film);
  const { map, problem, opacity, look } = useClassMap();
  const marked = useDataset(hasPlaces);
  const isKnown = useDataset(({ summary }) => summary?.findings.includes(finding) === true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another report is of another layer
  useEffect(forgetPointing, [finding, report, look]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another report is of another layer
  useEffect(() => void (isKnown && askClassMap(film, finding)), [film, finding, report, isKnown, look]);
  // A finding of other films than those that can be looked at here.
  if (!isKnown) return null;
  return (
    <section
      className={styles.looksSection}
      aria-label={`Where the layer looks, ${finding}`}
      data-testid="class-map"
    >
      <header className={chartStyles.metricChartHead}>
        <h3 className={chartStyles.chartTitle}>
          <Term id="class-map">Where it looks</Term>: {finding}
        </h3>
        <FilmTurner />
      </header>
      <div className={styles.looks}>
        <div className={styles.looksFilm}>
          <Picture film={film} finding={finding} />
        </div>
        <div className={styles.looksWords}>
          <Ways />
          <p>{map ? mapWords(map, film, finding) : (problem ?? 'The map comes here.')}</p>
          <div className={styles.looksScale}>
            <span>0</span>
            <span className={styles.looksRamp} style={{ background: VIRIDIS_GRADIENT }} aria-hidden />
            <span>{LOOK_KINDS[look.kind].ofFinding ? 'most on this film' : '1'}</span>
            <OpacitySlider
              of="the class map"
              value={opacity}
              onChange={setMapOpacity}
              className={styles.looksOpacity}
            />
          </div>
          <Button
            variant="default"
            size="compact-xs"
            leftSection={<IconRefresh size={13} />}
            data-testid="class-map-next"
            onClick={() => nextWith(finding)}
          >
            Next test film with it
          </Button>{' '}
          {map &&
            (['png', 'npy'] as const).map((kind) => (
              <Button
                key={kind}
                variant="default"
                size="compact-xs"
                mr={4}
                leftSection={<IconDownload size={13} />}
                aria-label={`Save the map as ${kind.toUpperCase()}`}
                data-testid={`class-map-${kind}`}
                onClick={() => saveMap(map, film, kind)}
              >
                {kind.toUpperCase()}
              </Button>
            ))}
          {pointed && (
            <p className={styles.looksPointed} data-testid="class-map-pointing">
              Class maps of {unbroken(pointedInWords(pointed))}
            </p>
          )}
          {marked && map && !isOnePlace(map) && <Pointing finding={finding} />}
          <p className={`dim ${styles.looksCaution}`}>
            {LOOK_KINDS[look.kind].shows} {LOOK_KINDS[look.kind].ofFinding && NO_PROOF}
          </p>
        </div>
      </div>
    </section>
  );
}
