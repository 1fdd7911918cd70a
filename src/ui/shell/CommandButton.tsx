// The commands of the registry on the page: a button for one of them, and the overlay that lists all with their keys.

import { ActionIcon, Modal, Tooltip } from '@mantine/core';
import { type ReactNode, useSyncExternalStore } from 'react';
import {
  COMMAND_GROUPS,
  COMMANDS,
  type CommandId,
  commandOf,
  followCommands,
  keyName,
} from '../../store/commands.ts';
import { useSettings } from '../../store/page/settings.ts';
import styles from './shell.module.css';

export function HelpOverlay() {
  const opened = useSettings((settings) => settings.helpOpen);
  return (
    <Modal
      opened={opened}
      onClose={() => useSettings.setState({ helpOpen: false })}
      title="Keyboard"
      size="lg"
      data-testid="help"
    >
      <div className={styles.help}>
        {Object.entries(COMMAND_GROUPS).map(([group, title]) => (
          <section key={group}>
            <h3>{title}</h3>
            <dl>
              {COMMANDS.filter((command) => command.group === group).map(({ id, label, keys }) => (
                <div key={id}>
                  <dt>{label}</dt>
                  <dd>
                    {keys.map((key) => (
                      <kbd key={key}>{keyName(key)}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}

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
