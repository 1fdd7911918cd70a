// Thumbnails in rows, of which only the visible ones exist: a hundred thousand films scroll as easily as ten.
// A thumbnail that has not come yet is an empty place; names are shown only when asked for.

import { useElementSize } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { flagBit, QUALITY, QUALITY_FLAGS } from '../../protocol/arrangement.ts';
import { type FilmTable, filmAt, type ImageRow } from '../../protocol/dataset.ts';
import { inspectFilm, useInspect } from '../../store/films/inspect.ts';
import { thumbnailOf, useThumbnails, wantThumbnail } from '../../store/films/thumbnails.ts';
import { openFilm } from '../../store/films/viewer.ts';
import { useSettings } from '../../store/page/settings.ts';
import { FilmCanvas } from './FilmCanvas.tsx';
import styles from './FilmGrid.module.css';

interface Props {
  /** Indices of the films to show, in order. */
  readonly films: readonly number[];
  readonly images: FilmTable | null;
  readonly cell: number;
  readonly height: number;
  readonly captions?: boolean;
  /** A click opens the film instead of inspecting it; a double click opens it in any case. */
  readonly opens?: boolean;
}

const GAP = 4;
const CAPTION = 34;

interface CellProps {
  readonly film: number;
  readonly row: ImageRow | undefined;
  readonly caption: boolean;
  readonly opens: boolean;
}

/** One film's thumbnail, brought when it is first shown; an empty place until it has come. `side` in pixels, or as large as there is room. */
export function FilmThumb({ film, side }: { film: number; side?: number }) {
  const arrived = useThumbnails((thumbnails) => thumbnails.arrived);
  const thumbnail = thumbnailOf(film);
  // biome-ignore lint/correctness/useExhaustiveDependencies: an arrival may have pushed this one out
  useEffect(() => wantThumbnail(film), [film, arrived]);
  const size = side === undefined ? undefined : { width: side, height: side, flex: 'none' };
  return (
    <span className={styles.filmFrame} style={size}>
      {thumbnail && <FilmCanvas picture={thumbnail} label="" />}
    </span>
  );
}

function Cell({ film, row, caption, opens }: CellProps) {
  const named = useSettings((settings) => settings.namesShown);
  const chosen = useInspect((inspect) => inspect.film === film);
  const label = named && row ? row.path : `Film ${film + 1}`;
  return (
    <button
      type="button"
      className={styles.filmCell}
      aria-label={`${opens ? 'Open' : 'Inspect'} ${label}`}
      aria-pressed={chosen}
      onClick={() => (opens ? void openFilm(film) : inspectFilm(film))}
      onDoubleClick={() => void openFilm(film)}
    >
      <FilmThumb film={film} />
      {caption && (
        <span className={styles.filmCaption} data-testid="film-caption">
          <span>{label}</span>
          <span className="dim">{row && facts(row)}</span>
        </span>
      )}
    </button>
  );
}

/** Where a film stands, and what is wrong with it or, where nothing is, its size. */
function facts({ split, flags = 0, width, height }: ImageRow): string {
  const wrong = QUALITY_FLAGS.filter((flag) => (flags & flagBit(flag)) !== 0).map((flag) =>
    QUALITY[flag].name.toLowerCase(),
  );
  const place = split === 'out' ? 'left out' : split;
  return `${place} · ${wrong.length > 0 ? wrong.join(', ') : `${width} × ${height}`}`;
}

export function FilmGrid({ films, images, cell, height, captions = false, opens = false }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const { ref: measured, width } = useElementSize();
  const columns = Math.max(1, Math.floor((width + GAP) / (cell + GAP)));
  const side = Math.floor((width + GAP) / columns) - GAP;
  const rowHeight = Math.max(1, side) + GAP + (captions ? CAPTION : 0);
  const rows = useVirtualizer({
    count: Math.ceil(films.length / columns),
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 3,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the virtualizer is one object for good; sizes changed
  useEffect(() => rows.measure(), [rowHeight]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section ref={scroller} className={styles.filmGrid} style={{ height }} tabIndex={0} aria-label="Films">
      <div ref={measured} style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {width > 0 &&
          rows.getVirtualItems().map(({ index, key, start }) => (
            <div
              key={key}
              className={styles.filmRow}
              style={{
                transform: `translateY(${start}px)`,
                gridTemplateColumns: `repeat(${columns}, 1fr)`,
                height: rowHeight - GAP,
              }}
            >
              {films.slice(index * columns, (index + 1) * columns).map((film) => (
                <Cell
                  key={film}
                  film={film}
                  row={images ? filmAt(images, film) : undefined}
                  caption={captions}
                  opens={opens}
                />
              ))}
            </div>
          ))}
      </div>
    </section>
  );
}
