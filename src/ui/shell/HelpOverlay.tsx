// Every shortcut, drawn from the registry.

import { Modal } from '@mantine/core';
import { COMMAND_GROUPS, COMMANDS, keyName } from '../../store/commands.ts';
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
