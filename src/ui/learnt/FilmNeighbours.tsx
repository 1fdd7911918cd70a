// The film that was chosen on the map: its eight nearest by cosine at the level or head shown, with their findings, and what its
// nearest were at the random start. A neighbour can be chosen in turn; labels are only looked at.

import { Button } from '@mantine/core';
import type { Neighbour } from '../../diagnostics/nearest.ts';
import type { DatasetSummary } from '../../protocol/dataset.ts';
import { openFilm } from '../../store/films/viewer.ts';
import { chooseRow, NEIGHBOURS_SHOWN, useFilmMap } from '../../store/run/filmMap.ts';
import { formatCounted } from '../../util/format.ts';
import { FilmThumb } from '../films/FilmGrid.tsx';
import { FilmRow } from './FilmRow.tsx';
import styles from './map.module.css';
import { filmWords } from './mapGroups.ts';

const rowOf = (list: readonly Neighbour[], films: Uint32Array) =>
  list.map(({ row, cosine }) => ({
    film: films[row]!,
    number: cosine.toFixed(3),
    said: `cosine ${cosine.toFixed(2)}`,
    onPress: () => void chooseRow(row),
  }));

/** How many of each eight share what, in one sentence. */
export function neighbourSentence(
  now: readonly Neighbour[],
  start: readonly Neighbour[],
  has: (row: number) => boolean,
  finding: string,
): string {
  const before = new Set(start.map(({ row }) => row));
  const same = now.filter(({ row }) => before.has(row)).length;
  const share = (list: readonly Neighbour[]) => list.filter(({ row }) => has(row)).length;
  return `${same} of ${formatCounted(now.length, 'neighbour')} ${same === 1 ? 'was' : 'were'} there at the random start. ${finding}: ${share(now)} of ${now.length} now, ${share(start)} of ${start.length} then.`;
}

export function FilmNeighbours({ summary, label }: { summary: DatasetSummary; label: string }) {
  const { chosen, neighbours, films, finding } = useFilmMap();
  const film = chosen === null ? undefined : films[chosen];
  if (film === undefined) {
    return (
      <p className={styles.hint}>
        Click a film, or press Enter on it, for its {NEIGHBOURS_SHOWN} nearest at this level and at the random
        start. Drag around films, or press Space on each, to gather them; G shows them in the gallery. The
        wheel enlarges, Shift and a drag move, 0 shows all.
      </p>
    );
  }
  const column = Math.max(0, summary.findings.indexOf(finding ?? ''));
  const { labels } = summary.filmTable;
  const has = (row: number) => labels[films[row]! * summary.findings.length + column] === 1;
  return (
    <section className={styles.neighbours} aria-label="Neighbours" data-testid="film-neighbours">
      <div className={styles.chosen}>
        <FilmThumb film={film} side={96} />
        <div>
          <b>Film {film + 1}</b>
          <p className="dim">{filmWords(summary, film)}</p>
          <Button mt={6} variant="default" onClick={() => void openFilm(film)}>
            Open
          </Button>
        </div>
      </div>
      {neighbours && (
        <>
          {summary.findings.length > 0 && (
            <p className={styles.hint} aria-live="polite">
              {neighbourSentence(neighbours.now, neighbours.start, has, summary.findings[column]!)}
            </p>
          )}
          <FilmRow
            title={`Nearest now, ${label}`}
            summary={summary}
            films={rowOf(neighbours.now, films)}
            findings
          />
          <FilmRow
            title="At the random start"
            summary={summary}
            films={rowOf(neighbours.start, films)}
            findings
          />
        </>
      )}
    </section>
  );
}
