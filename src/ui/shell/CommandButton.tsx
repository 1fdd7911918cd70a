// A button for a command of the registry: label, shortcut and possibility come from there.

import { ActionIcon, Tooltip } from '@mantine/core';
import { type ReactNode, useSyncExternalStore } from 'react';
import { type CommandId, commandOf, followCommands, keyName } from '../../store/commands.ts';
import styles from './shell.module.css';

/** True while the command can run. */
export const useEnabled = (id: CommandId): boolean =>
  useSyncExternalStore(followCommands, () => commandOf(id).enabled());

export function CommandLabel({ id, label }: { id: CommandId; label?: string }) {
  const { label: own, keys } = commandOf(id);
  return (
    <span className={styles.commandLabel}>
      {label ?? own}
      {keys[0] && <kbd>{keyName(keys[0])}</kbd>}
    </span>
  );
}

export function CommandButton({ id, icon, label }: { id: CommandId; icon: ReactNode; label?: string }) {
  const enabled = useEnabled(id);
  const command = commandOf(id);
  return (
    <Tooltip label={<CommandLabel id={id} label={label} />}>
      <ActionIcon
        aria-label={label ?? command.label}
        aria-keyshortcuts={command.keys[0] === ' ' ? 'Space' : command.keys[0]}
        data-testid={`command-${id}`}
        disabled={!enabled}
        onClick={() => command.run()}
      >
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
