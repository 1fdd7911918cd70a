// The ways in: a picked folder, single files, the synthetic set; dropping is everywhere.

import { Button } from '@mantine/core';
import { IconFolderOpen } from '@tabler/icons-react';
import { offerSource } from '../store/acts.ts';
import { SYNTHETIC_SOURCE, useDataset } from '../store/dataset.ts';
import { chooseFiles, chooseFolder } from './FileInputs.tsx';

export function DataPanelSource() {
  const synthetic = useDataset(({ source }) => source?.kind === 'synthetic');
  return (
    <div className="source">
      <div className="source-acts">
        <Button
          variant="default"
          leftSection={<IconFolderOpen size={15} aria-hidden />}
          data-testid="choose-folder"
          onClick={() => void chooseFolder()}
        >
          Choose folder
        </Button>
        <Button variant="default" data-testid="choose-files" onClick={chooseFiles}>
          Files
        </Button>
        {!synthetic && (
          <Button variant="default" data-testid="use-synthetic" onClick={() => offerSource(SYNTHETIC_SOURCE)}>
            Synthetic
          </Button>
        )}
      </div>
      <p className="dim">or drop a folder anywhere, with its label CSV</p>
    </div>
  );
}
