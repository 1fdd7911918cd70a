// The two file inputs behind the buttons of the data panel. They are always in the page, whatever is folded away,
// so that browsers without the folder picker, screen readers and scripts have a way in as well.

import type { ChangeEvent } from 'react';
import { folderSource, inputSource } from '../../store/films/files.ts';
import { useWhyNotProtected } from '../../store/page/protection.ts';
import { offerSource } from '../../store/run/acts.ts';
import { showError } from '../../store/session.ts';

const ACCEPT = '.png,.jpg,.jpeg,.dcm,.dicom,.npz,.pgm,.csv,.tsv,.txt,image/png,image/jpeg,application/dicom';
const FOLDER = 'folder-input';
const FILES = 'files-input';

function takeInput(event: ChangeEvent<HTMLInputElement>): void {
  const files = [...(event.currentTarget.files ?? [])];
  event.currentTarget.value = '';
  if (files.length > 0) offerSource(inputSource(files));
}

const press = (id: string) => document.getElementById(id)?.click();

export const chooseFiles = (): void => press(FILES);

/** The browser's folder picker, which can hand over 100,000 files lazily; where it is missing, the input. */
export async function chooseFolder(): Promise<void> {
  if (!window.showDirectoryPicker) return press(FOLDER);
  try {
    offerSource(folderSource(await window.showDirectoryPicker({ id: 'films', mode: 'read' })));
  } catch (error) {
    // Closing the picker is an answer too.
    if (!(error instanceof DOMException && error.name === 'AbortError')) showError(error);
  }
}

export function FileInputs() {
  const disabled = useWhyNotProtected() !== null;
  const common = {
    type: 'file',
    className: 'visually-hidden',
    tabIndex: -1,
    multiple: true,
    disabled,
  } as const;
  return (
    <div className="visually-hidden">
      <input
        {...common}
        {...{ webkitdirectory: '' }}
        id={FOLDER}
        data-testid={FOLDER}
        aria-label="Folder of films"
        onChange={takeInput}
      />
      <input
        {...common}
        id={FILES}
        data-testid={FILES}
        accept={ACCEPT}
        aria-label="Films and label files"
        onChange={takeInput}
      />
    </div>
  );
}
