// Which film is under the lens, with the buttons that turn it and open it in the viewer.

import { ActionIcon, Tooltip } from '@mantine/core';
import { IconArrowsMaximize, IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { commandOf } from '../../store/commands.ts';
import { useDataset } from '../../store/films/dataset.ts';
import { useInspect } from '../../store/films/inspect.ts';
import { formatCount } from '../../util/format.ts';
import styles from './FilmTurner.module.css';

export function FilmTurner() {
  const film = useInspect((inspect) => inspect.film);
  const films = useDataset(({ summary }) => summary?.filmTable.length ?? 0);
  return (
    <span className={styles.turner}>
      <Tooltip label="Previous film">
        <ActionIcon
          size={22}
          aria-label="Previous film"
          disabled={films === 0}
          onClick={() => commandOf('previousFilm').run()}
        >
          <IconChevronLeft size={15} />
        </ActionIcon>
      </Tooltip>
      <span className={`num ${styles.turnerNumber}`}>
        {films > 0 && `film ${formatCount(film + 1)} of ${formatCount(films)}`}
      </span>
      <Tooltip label="Next film">
        <ActionIcon
          size={22}
          aria-label="Next film"
          disabled={films === 0}
          data-testid="next-film"
          onClick={() => commandOf('nextFilm').run()}
        >
          <IconChevronRight size={15} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Open this film (V)">
        <ActionIcon
          size={22}
          aria-label="Open this film"
          disabled={films === 0}
          data-testid="open-film"
          onClick={() => commandOf('openFilm').run()}
        >
          <IconArrowsMaximize size={14} />
        </ActionIcon>
      </Tooltip>
    </span>
  );
}
