// The report of the evaluation of masks: every score under its own name with what it counts, beside the random encoders, then films
// where the decoder does best, middling and worst with both outlines, and under which protocol all this was measured.

import { Button, Table, UnstyledButton } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useEffect, useMemo, useState } from 'react';
import { useDataset } from '../../../store/films/dataset.ts';
import { masksFile, useMasks } from '../../../store/films/drawnMasks.ts';
import { thumbnailOf, useThumbnails, wantThumbnail } from '../../../store/films/thumbnails.ts';
import { openFilm } from '../../../store/films/viewer.ts';
import { gainText, intervalText, percent, scoreText } from '../../../tasks/compared/record.ts';
import type { Interval } from '../../../tasks/record.ts';
import {
  MASK_SCORE_LABELS,
  MASK_SCORE_MEANINGS,
  MASK_SCORE_ORDER,
  type MaskExample,
  PLACES,
  type SegmentationReport,
} from '../../../tasks/segmentation/record.ts';
import { insideOfRuns } from '../../../util/bits.ts';
import { formatCount, unbroken } from '../../../util/format.ts';
import chartStyles from '../../charts/charts.module.css';
import { FilmCanvas } from '../../films/FilmCanvas.tsx';
import { MaskKey, MaskLayer, MaskOpacity } from '../../films/MaskLayer.tsx';
import { fileName, saveBlob } from '../../shell/download.ts';
import shared from '../../shell/shared.module.css';
import styles from './SegmentationView.module.css';

function Score({ score, signed = false }: { score: Interval; signed?: boolean }) {
  const { value, low, high } = score;
  const known = low !== null && high !== null;
  const reach = signed ? (known ? `${gainText(low)} to ${gainText(high)}` : '') : intervalText(score);
  return (
    <Table.Td className="num" ta="right">
      {signed ? gainText(value) : scoreText(value)} <span className={`dim ${styles.interval}`}>{reach}</span>
    </Table.Td>
  );
}

function Scores({ report }: { report: SegmentationReport }) {
  const { scores, emptyFilms, randomEncoders } = report;
  const several =
    randomEncoders.length > 1 ? `Mean of ${randomEncoders.length} random encoders` : 'Random encoder';
  return (
    <Table data-testid="mask-scores" verticalSpacing={4} horizontalSpacing="sm" className={shared.table}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Score</Table.Th>
          <Table.Th ta="right">Pretrained</Table.Th>
          <Table.Th ta="right">{several}</Table.Th>
          <Table.Th ta="right">Gain</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {MASK_SCORE_ORDER.map((name) => (
          <Table.Tr key={name} title={MASK_SCORE_MEANINGS[name]}>
            <Table.Td>
              {MASK_SCORE_LABELS[name]}
              <div className={`dim ${styles.meaning}`}>{MASK_SCORE_MEANINGS[name]}</div>
            </Table.Td>
            <Score score={scores[name].pretrained} />
            <Score score={scores[name].random} />
            <Score score={scores[name].gain} signed />
          </Table.Tr>
        ))}
        <Table.Tr>
          <Table.Td>Films without a mask</Table.Td>
          <Table.Td className="num" ta="right" colSpan={3}>
            {scoreText(emptyFilms.value)}{' '}
            <span className={`dim ${styles.interval}`}>{intervalText(emptyFilms)} of the test films</span>
          </Table.Td>
        </Table.Tr>
      </Table.Tbody>
    </Table>
  );
}

interface ExampleProps {
  readonly example: MaskExample;
  readonly side: number;
  /** The film is one of those at hand. */
  readonly here: boolean;
}

function Example({ example, side, here }: ExampleProps) {
  const { film, dice, truth, drawn } = example;
  const { opacity } = useMasks();
  useThumbnails();
  useEffect(() => {
    if (here) wantThumbnail(film);
  }, [film, here]);
  const masks = useMemo(
    () => ({ truth: insideOfRuns(truth, side ** 2), drawn: insideOfRuns(drawn, side ** 2) }),
    [truth, drawn, side],
  );
  const picture = here ? thumbnailOf(film) : null;
  const words = `Film ${film + 1}: Dice ${scoreText(dice, 2)}`;
  return (
    <figure className={styles.example}>
      <UnstyledButton
        className={styles.exampleFilm}
        aria-label={`Open film ${film + 1}`}
        disabled={!here}
        onClick={() => void openFilm(film)}
      >
        <span
          className={styles.exampleFit}
          style={picture ? { aspectRatio: picture.width / picture.height } : {}}
        >
          {picture && <FilmCanvas picture={picture} label="" className={styles.examplePicture} />}
          <MaskLayer side={side} {...masks} opacity={opacity} label={`${words}, both outlines`} />
        </span>
      </UnstyledButton>
      <figcaption className="num">
        {scoreText(dice, 2)} <span className="dim">film {formatCount(film + 1)}</span>
      </figcaption>
    </figure>
  );
}

/** Of the newest evaluation alone: the engine holds no older ones. */
function SaveMasks() {
  const [missing, setMissing] = useState(false);
  const save = async () => {
    const bytes = await masksFile();
    setMissing(bytes === null);
    if (bytes) saveBlob(fileName('masks.npz'), new Blob([bytes]));
  };
  return (
    <>
      <Button
        variant="default"
        size="compact-xs"
        leftSection={<IconDownload size={13} />}
        data-testid="mask-save"
        title="Masks of all test films, drawn and true, as NumPy arrays; films by their place in the set"
        onClick={() => void save()}
      >
        NPZ
      </Button>
      {missing && <span className="dim">The engine holds no masks of these films: evaluate again.</span>}
    </>
  );
}

function Examples({ report }: { report: SegmentationReport }) {
  const here = useDataset(({ summary }) => summary?.fingerprint === report.fingerprint);
  if (report.examples.length === 0) return null;
  return (
    <section aria-label="Films by Dice" data-testid="mask-examples">
      <header className={styles.examplesHead}>
        <h3 className={chartStyles.chartTitle}>Test films with a mask, by Dice</h3>
        <MaskKey />
        <MaskOpacity />
        {here && <SaveMasks />}
      </header>
      {!here && <p className="dim">These are films of another set: their outlines alone are shown.</p>}
      {(Object.keys(PLACES) as (keyof typeof PLACES)[]).map((place) => {
        const films = report.examples.filter((example) => example.place === place);
        if (films.length === 0) return null;
        return (
          <div key={place} className={styles.row}>
            <h4>{PLACES[place]}</h4>
            {films.map((example) => (
              <Example key={example.film} example={example} side={report.side} here={here} />
            ))}
          </div>
        );
      })}
    </section>
  );
}

/** Everything a reader needs to repeat the evaluation. */
function Protocol({ report }: { report: SegmentationReport }) {
  const { step, seed, seconds, films, labelledFilms, share, draws, leftOut, bestEpochs } = report;
  const drawn = share < 1 ? `, mean of ${draws} draws` : '';
  const out = leftOut.unknown + leftOut.unreadable;
  return (
    <p className={`dim ${styles.protocol}`}>
      Encoder at step {formatCount(step)}. Decoder trained on {Math.round(labelledFilms)} films (
      {percent(share)} of the patients{drawn}), scored on {films.test.withMask} test films with a mask and{' '}
      {films.test.without} without. Best epochs: {bestEpochs.pretrained.join(', ')} on the pretrained encoder,{' '}
      {bestEpochs.random.join(', ')} on random ones.
      {out > 0 &&
        ` Left out: ${leftOut.unknown} films of which it is not known where the findings lie, ${leftOut.unreadable} whose masks could not be read.`}{' '}
      Seed {seed}; {seconds.toFixed(1)} s. {unbroken(report.protocol.join(' '))}
    </p>
  );
}

export function SegmentationReportView({ report }: { report: SegmentationReport }) {
  return (
    <>
      <Scores report={report} />
      <Examples report={report} />
      <Protocol report={report} />
    </>
  );
}

/** What it is, for who has not run it yet. */
export function SegmentationIntroduction() {
  return (
    <>
      <p>
        A small decoder is trained to draw where findings lie, from the five levels of the encoder, and is
        asked for the masks of films of patients that it has never seen. Masks come with the films: run
        lengths, boxes, or PNG files of the same names.
      </p>
      <p>
        The same is done on encoders at random starts. Films without a mask are told apart from those with
        one, since a decoder that draws nothing is right on every empty film.
      </p>
    </>
  );
}
