// Films in a row under a heading, each a button with its number and what is known of it: nearest neighbours, and the films behind a
// correlation. What a press does is the caller's.

import type { DatasetSummary } from '../../protocol/dataset.ts';
import { FilmThumb } from '../films/FilmGrid.tsx';
import styles from './map.module.css';
import { filmWords } from './mapGroups.ts';

/** CSS pixels. */
const THUMB = 68;

interface FilmRowProps {
  readonly title: string;
  readonly summary: DatasetSummary;
  readonly films: readonly {
    /** In the set. */
    readonly film: number;
    /** As it is shown, and as it is said. */
    readonly number: string;
    readonly said: string;
    readonly onPress: () => void;
  }[];
  /** Findings stand below, for eyes that do not point. */
  readonly findings?: boolean;
}

export function FilmRow({ title, summary, films, findings = false }: FilmRowProps) {
  return (
    <>
      <h3>{title}</h3>
      <ol className={styles.eight} aria-label={title}>
        {films.map(({ film, number, said, onPress }) => {
          const words = filmWords(summary, film);
          return (
            <li key={film}>
              <button
                type="button"
                title={words}
                aria-label={`Film ${film + 1}, ${said}: ${words}`}
                onClick={onPress}
              >
                <FilmThumb film={film} side={THUMB} />
                <span className="num">{number}</span>
                {findings && <span>{words.split('; ')[1]}</span>}
              </button>
            </li>
          );
        })}
      </ol>
    </>
  );
}
