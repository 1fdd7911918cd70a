// Ways for films into the page besides the folder picker: file inputs behind the buttons that choose films, and dropping
// anywhere. The inputs are always in the page, whatever is folded away, so that browsers without the picker, screen readers and
// scripts have a way in as well. Loading asks first when it would end a run.

import { type ChangeEvent, useEffect, useState } from 'react';
import type { Source } from '../../store/films/dataset.ts';
import { dropSource, folderSource, inputSource } from '../../store/films/files.ts';
import { chooseOther } from '../../store/films/other.ts';
import { useWhyNotProtected } from '../../store/page/protection.ts';
import { offerSource } from '../../store/run/acts.ts';
import { showError, useSession } from '../../store/session.ts';
import styles from '../shell/shell.module.css';

const ACCEPT = '.png,.jpg,.jpeg,.dcm,.dicom,.npz,.pgm,.csv,.tsv,.txt,image/png,image/jpeg,application/dicom';
const FOLDER = 'folder-input';
const FILES = 'files-input';
export const OTHER_FOLDER = 'other-folder-input';

const taking = (take: (source: Source) => void) => (event: ChangeEvent<HTMLInputElement>) => {
  const files = [...(event.currentTarget.files ?? [])];
  event.currentTarget.value = '';
  if (files.length > 0) take(inputSource(files));
};

/** Films to evaluate on beside those of the run; without a run they are those to train on. */
export function offerOther(source: Source): void {
  const { runConfig } = useSession.getState();
  if (runConfig) void chooseOther(source, runConfig.planeSize);
  else offerSource(source);
}

const press = (id: string) => document.getElementById(id)?.click();

export const chooseFiles = (): void => press(FILES);

/** The browser's folder picker, which can hand over 100,000 files lazily; where it is missing, the input. */
export async function chooseFolder(take = offerSource, input = FOLDER): Promise<void> {
  if (!window.showDirectoryPicker) return press(input);
  try {
    take(folderSource(await window.showDirectoryPicker({ id: 'films', mode: 'read' })));
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
        onChange={taking(offerSource)}
      />
      <input
        {...common}
        {...{ webkitdirectory: '' }}
        id={OTHER_FOLDER}
        data-testid={OTHER_FOLDER}
        aria-label="Other folder to evaluate on"
        onChange={taking(offerOther)}
      />
      <input
        {...common}
        id={FILES}
        data-testid={FILES}
        accept={ACCEPT}
        aria-label="Films and label files"
        onChange={taking(offerSource)}
      />
    </div>
  );
}

const bringsFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;

export function DropLayer() {
  const [over, setOver] = useState(false);
  const closed = useWhyNotProtected();
  useEffect(() => {
    let depth = 0;
    const show = (by: number) => {
      depth = Math.max(0, depth + by);
      setOver(depth > 0);
    };
    const listeners = {
      dragenter: (event: DragEvent) => bringsFiles(event) && show(1),
      dragleave: (event: DragEvent) => bringsFiles(event) && show(-1),
      dragover: (event: DragEvent) => bringsFiles(event) && event.preventDefault(),
      drop: (event: DragEvent) => {
        if (!bringsFiles(event) || !event.dataTransfer) return;
        event.preventDefault();
        show(-depth);
        const dropped = dropSource(event.dataTransfer);
        if (dropped) offerSource(dropped);
      },
    };
    const entries = Object.entries(listeners) as [keyof typeof listeners, (event: DragEvent) => void][];
    for (const [type, listener] of entries) window.addEventListener(type, listener);
    return () => {
      for (const [type, listener] of entries) window.removeEventListener(type, listener);
    };
  }, []);
  if (!over) return null;
  return (
    <div className={styles.dropVeil} data-testid="drop-veil">
      <p>{closed ? 'No film is taken now' : 'Drop to read these films'}</p>
      <p className="dim">
        {closed ?? 'PNG, JPEG and DICOM, with a CSV of labels if there is one. They stay on this machine.'}
      </p>
    </div>
  );
}
