// The ways in: a picked folder, single files, the synthetic set; dropping is everywhere.

import { Button, Tooltip } from '@mantine/core';
import { IconFolderOpen } from '@tabler/icons-react';
import { SYNTHETIC_SOURCE, useDataset } from '../../store/films/dataset.ts';
import { useWhyNotProtected } from '../../store/page/protection.ts';
import { offerSource } from '../../store/run/acts.ts';
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
