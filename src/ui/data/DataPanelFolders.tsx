// Folders opened before, one click away: the browser asks once more, then the films come from the cache.

import { ActionIcon, Tooltip, UnstyledButton } from '@mantine/core';
import { IconHistory, IconX } from '@tabler/icons-react';
import { useDataset } from '../../store/films/dataset.ts';
import { forgetFolder, type RememberedFolder, useFolders } from '../../store/films/folders.ts';
import { openAgain } from '../../store/run/acts.ts';
import { formatCount } from '../../util/format.ts';
import styles from './data.module.css';

const DAY = 24 * 3600 * 1000;

function ago(openedAt: number): string {
  const days = Math.floor((Date.now() - openedAt) / DAY);
  if (days < 1) return 'today';
  return days === 1 ? 'yesterday' : `${days} days ago`;
}

function Card({ folder }: { folder: RememberedFolder }) {
  const { name, films, openedAt, handle } = folder;
  return (
    <li className={styles.folderCard}>
      <UnstyledButton
        className={styles.folderOpen}
        data-testid="open-again"
        onClick={() => void openAgain(folder)}
      >
        <IconHistory size={15} aria-hidden />
        <span>
          <strong>Open {name} again</strong>
          <span className="dim num">
            {formatCount(films)} films, {ago(openedAt)}
          </span>
        </span>
      </UnstyledButton>
      <Tooltip label="Forget this folder">
        <ActionIcon size={22} aria-label={`Forget ${name}`} onClick={() => void forgetFolder(handle)}>
          <IconX size={13} />
        </ActionIcon>
      </Tooltip>
    </li>
  );
}

/** Nothing while the folder is at hand already. */
export function DataPanelFolders() {
  const folders = useFolders((state) => state.folders);
  const phase = useDataset((state) => state.phase);
  const source = useDataset((state) => state.source);
  const shown = folders.filter(
    ({ name }) => name !== source?.name || phase === 'empty' || phase === 'failed',
  );
  if (shown.length === 0) return null;
  return (
    <ul className={styles.folderCards} data-testid="folders">
      {shown.map((folder) => (
        <Card key={`${folder.name} ${folder.openedAt}`} folder={folder} />
      ))}
    </ul>
  );
}
