// The button that takes the run at hand along as a folder of Python files: what it is for, whether films go into its table of
// parts by name, and the download.

import { Button, Checkbox, Popover } from '@mantine/core';
import { IconBrandPython } from '@tabler/icons-react';
import { useState } from 'react';
import { useDataset } from '../../store/films/dataset.ts';
import { makeBundle } from '../../store/run/bundle.ts';
import { useSession } from '../../store/session.ts';
import { saveBlob } from '../shell/download.ts';
import styles from './runs.module.css';

export function ContinueWithPyTorch({ disabled }: { readonly disabled: boolean }) {
  const [open, setOpen] = useState(false);
  const [names, setNames] = useState(false);
  const hasFilms = useDataset(({ summary }) => summary !== null && !summary.synthetic);
  const download = async () => {
    setOpen(false);
    const bytes = await makeBundle(names && hasFilms);
    const { step } = useSession.getState().status;
    if (bytes) saveBlob(`pytorch-step-${step}.zip`, new Blob([bytes], { type: 'application/zip' }));
  };
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" width="target" trapFocus>
      <Popover.Target>
        <Button
          variant="default"
          fullWidth
          data-testid="continue-pytorch"
          disabled={disabled}
          leftSection={<IconBrandPython size={15} aria-hidden />}
          onClick={() => setOpen(!open)}
        >
          Continue with PyTorch
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={styles.runPanel}>
          <p className={styles.bundleWords}>
            A zip that goes on with this run on one GPU or on many, with PyTorch alone; what it writes opens
            here again. Films stay here.
          </p>
          {hasFilms && (
            <Checkbox
              size="xs"
              checked={names}
              label="Names of films in the table of parts"
              description="Without them a film is known by a hash of its path."
              onChange={(event) => setNames(event.currentTarget.checked)}
            />
          )}
          <Button data-testid="save-bundle" onClick={() => void download()}>
            Download
          </Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
