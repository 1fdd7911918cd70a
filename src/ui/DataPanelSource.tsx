// The ways in: a picked folder, single files, the synthetic set. Both inputs are always in the page, so that
// browsers without the folder picker, screen readers and scripts have a way in as well.

import { Button } from '@mantine/core';
import { IconFolderOpen } from '@tabler/icons-react';
import { type ChangeEvent, useRef } from 'react';
import { offerSource } from '../store/acts.ts';
import { type Source, SYNTHETIC_SOURCE, useDataset } from '../store/dataset.ts';
import { listFolder, listInput } from '../store/files.ts';
import { showError } from '../store/session.ts';

const ACCEPT = '.png,.jpg,.jpeg,.dcm,.dicom,.csv,.tsv,.txt,image/png,image/jpeg,application/dicom';

function sourceOfInput(files: readonly File[]): Source {
  const folder = files[0]?.webkitRelativePath.split('/')[0];
  const name = folder || (files.length === 1 ? 'one file' : `${files.length} files`);
  return { kind: 'files', name, list: (onListing, signal) => listInput(files, onListing, signal) };
}

function takeInput(event: ChangeEvent<HTMLInputElement>): void {
  const files = [...(event.currentTarget.files ?? [])];
  event.currentTarget.value = '';
  if (files.length > 0) offerSource(sourceOfInput(files));
}

async function pickFolder(fallback: () => void): Promise<void> {
  if (!window.showDirectoryPicker) return fallback();
  try {
    const folder = await window.showDirectoryPicker({ id: 'films', mode: 'read' });
    offerSource({
      kind: 'files',
      name: folder.name,
      list: (onListing, signal) => listFolder(folder, onListing, signal),
    });
  } catch (error) {
    // Closing the picker is an answer too.
    if (!(error instanceof DOMException && error.name === 'AbortError')) showError(error);
  }
}

export function DataPanelSource() {
  const folder = useRef<HTMLInputElement>(null);
  const files = useRef<HTMLInputElement>(null);
  const synthetic = useDataset(({ source }) => source?.kind === 'synthetic');
  return (
    <div className="source">
      <div className="source-acts">
        <Button
          variant="default"
          leftSection={<IconFolderOpen size={15} aria-hidden />}
          data-testid="choose-folder"
          onClick={() => void pickFolder(() => folder.current?.click())}
        >
          Choose folder
        </Button>
        <Button variant="default" data-testid="choose-files" onClick={() => files.current?.click()}>
          Files
        </Button>
        {!synthetic && (
          <Button variant="default" data-testid="use-synthetic" onClick={() => offerSource(SYNTHETIC_SOURCE)}>
            Synthetic
          </Button>
        )}
      </div>
      <p className="dim">or drop a folder anywhere, with its label CSV</p>
      <input
        ref={folder}
        type="file"
        className="visually-hidden"
        tabIndex={-1}
        multiple
        {...{ webkitdirectory: '' }}
        aria-label="Folder of films"
        data-testid="folder-input"
        onChange={takeInput}
      />
      <input
        ref={files}
        type="file"
        className="visually-hidden"
        tabIndex={-1}
        multiple
        accept={ACCEPT}
        aria-label="Films and label files"
        data-testid="files-input"
        onChange={takeInput}
      />
    </div>
  );
}
