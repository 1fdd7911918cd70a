// Where films come from: a folder, files, the built-in set, or a folder of an earlier visit.

import { ActionIcon, Button, Tooltip, UnstyledButton } from '@mantine/core';
import { IconFolderOpen, IconHistory, IconX } from '@tabler/icons-react';
import { SYNTHETIC_SOURCE, useDataset } from '../../store/films/dataset.ts';
import { forgetFolder, type RememberedFolder, useFolders } from '../../store/films/kept.ts';
import { useWhyNotProtected } from '../../store/page/protection.ts';
import { offerSource, openAgain } from '../../store/run/acts.ts';
import { formatCount } from '../../util/format.ts';
import styles from './data.module.css';
import { chooseFiles, chooseFolder } from './FileInputs.tsx';

const HIDDEN =
  'The browser hides names with : ? * " < > | from a chosen folder; drop the folder to have them. Links are not followed.';

export function DataPanelSource() {
  const synthetic = useDataset(({ source }) => source?.kind === 'synthetic');
  const closed = useWhyNotProtected();
  return (
    <div className={styles.source}>
      <div className={styles.sourceActs}>
        <Tooltip label={HIDDEN} w={280}>
          <Button
            variant="default"
            leftSection={<IconFolderOpen size={15} aria-hidden />}
            data-testid="choose-folder"
            disabled={closed !== null}
            onClick={() => void chooseFolder()}
          >
            Choose folder
          </Button>
        </Tooltip>
        <Button variant="default" data-testid="choose-files" disabled={closed !== null} onClick={chooseFiles}>
          Files
        </Button>
        {!synthetic && (
          <Button variant="default" data-testid="use-synthetic" onClick={() => offerSource(SYNTHETIC_SOURCE)}>
            Synthetic
          </Button>
        )}
      </div>
      {closed ? (
        <p className={styles.sourceClosed} data-testid="source-closed" role="status">
          {closed} So no film is taken.
        </p>
      ) : (
        <p className="dim">or drop a folder anywhere, with its label CSV</p>
      )}
    </div>
  );
}

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
