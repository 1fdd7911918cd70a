// The films behind a cell of the map of correlations: those that drive its dimensions most, and those that do least or pull the
// other way. They come from the features that the map of films holds, so that map is offered where there is none.

import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Drivers, Part } from '../../diagnostics/correlation.ts';
import { useDataset } from '../../store/films/dataset.ts';
import { openFilm } from '../../store/films/viewer.ts';
import { driversOf, makeMap, useFilmMap } from '../../store/run/filmMap.ts';
import { useSession } from '../../store/session.ts';
import { formatCount } from '../../util/format.ts';
import { FilmRow } from './FilmRow.tsx';
import styles from './map.module.css';

interface Props {
  readonly output: string;
  /** The dimensions of the cell's row and of its column. */
  readonly as: readonly number[];
  readonly bs: readonly number[];
}

function useDrivers({ output, as, bs }: Props): Drivers | null {
  const step = useFilmMap((map) => map.step);
  const held = useFilmMap((map) => map.outputs.includes(output));
  const [found, setFound] = useState<{ key: string; drivers: Drivers | null } | null>(null);
  const key = `${step} ${output} ${as.join()} ${bs.join()}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says all of them
  useEffect(() => {
    if (!held) return;
    let wanted = true;
    void driversOf(output, as, bs).then((drivers) => wanted && setFound({ key, drivers }));
    return () => {
      wanted = false;
    };
  }, [key, held]);
  return found?.key === key ? found.drivers : null;
}

function Row({ title, parts }: { title: string; parts: readonly Part[] }) {
  const films = useFilmMap((map) => map.films);
  const summary = useDataset((state) => state.summary);
  if (!summary) return null;
  const listed = parts.map(({ row, part }) => ({
    film: films[row]!,
    number: part.toFixed(3),
    said: part.toFixed(3),
    onPress: () => void openFilm(films[row]!),
  }));
  return <FilmRow title={title} summary={summary} films={listed} />;
}

/** What is shown of drivers, in words. */
export function driversSentence(
  { dimensions: [a, b], correlation }: Drivers,
  films: number,
  step: number,
): string {
  const of = `of ${formatCount(films)} films at step ${formatCount(step)}, whole and by running statistics`;
  return a === b
    ? `Dimension ${a} ${of}: where films stand in it.`
    : `Dimensions ${a} and ${b}, ${of}: correlation ${correlation.toFixed(2)}; each film's part of it below.`;
}

export function CellFilms(props: Props) {
  const { step, films, progress, outputs } = useFilmMap();
  const drivers = useDrivers(props);
  const prepared = useSession((session) => session.runConfig !== null);
  if (step === null || !outputs.includes(props.output)) {
    return (
      <p className={styles.hint}>
        The films behind this cell are known once all films have passed through the network.{' '}
        <Button variant="default" disabled={!prepared || progress !== null} onClick={() => void makeMap()}>
          Lay out all films
        </Button>
      </p>
    );
  }
  if (!drivers) return <p className={styles.hint}>Looking for its films.</p>;
  return (
    <div className={styles.neighbours} data-testid="cell-films">
      <p className={styles.hint}>{driversSentence(drivers, films.length, step)}</p>
      <Row
        title={drivers.dimensions[0] === drivers.dimensions[1] ? 'Highest' : 'Driving it most'}
        parts={drivers.most}
      />
      <Row
        title={drivers.dimensions[0] === drivers.dimensions[1] ? 'Lowest' : 'Driving it least'}
        parts={drivers.least}
      />
    </div>
  );
}
