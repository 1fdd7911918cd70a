// What the next run begins with: weights drawn from the seed, or those of a ResNet-18 from a file.

import { ActionIcon, Button, FileButton, Tooltip } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useWhyNotProtected } from '../../store/page/protection.ts';
import { setWeights, useSettings } from '../../store/page/settings.ts';
import { useSession } from '../../store/session.ts';
import styles from './runs.module.css';

const HELP =
  'A safetensors file of a ResNet-18 under torchvision names, such as the one trained on ImageNet (encoder width 64). Bottlenecks and heads begin at random all the same.';

export function RunPanelStart({ locked }: { locked: boolean }) {
  const weights = useSettings((settings) => settings.weights);
  const closed = useWhyNotProtected() !== null;
  const began = useSession(({ status }) => status.start);
  const words = locked ? began : (weights?.name ?? 'random');
  return (
    <div className={styles.startRow} data-testid="start">
      <span className={styles.startWords} title={words}>
        Start: {words}
      </span>
      {weights && !locked ? (
        <ActionIcon size={22} aria-label="Begin with random weights" onClick={() => setWeights(null)}>
          <IconX size={14} />
        </ActionIcon>
      ) : (
        <FileButton accept=".safetensors" onChange={(file) => file && setWeights(file)}>
          {(props) => (
            <Tooltip label={HELP} w={280} multiline>
              <Button
                {...props}
                variant="subtle"
                flex="none"
                size="compact-xs"
                disabled={locked || closed}
                data-testid="start-from"
              >
                Start from weights…
              </Button>
            </Tooltip>
          )}
        </FileButton>
      )}
    </div>
  );
}
