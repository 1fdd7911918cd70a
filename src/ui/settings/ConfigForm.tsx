// The method: a preset, what it means, the settings group by group, and what they will need of this GPU.
// Everything is generated from the schema. What an evaluation reads has its controls beside the button that starts
// one (evaluate/EvaluateView.tsx), the seed those of the run.

import { Accordion, Button, Select } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { GROUPS, type GroupName } from '../../config/fields.ts';
import { isPresetName, PRESET_NAMES, PRESETS, presetConfig } from '../../config/presets.ts';
import { CONFIG_KEYS, type ConfigKey, SCHEMA } from '../../config/schema.ts';
import { differingKeys } from '../../config/share.ts';
import { belongsTo } from '../../methods/records.ts';
import { choosePreset, useSettings } from '../../store/page/settings.ts';
import { stop } from '../../store/run/acts.ts';
import { runExists, useSession } from '../../store/session.ts';
import { Section } from '../shell/Section.tsx';
import { BudgetBar } from './BudgetBar.tsx';
import styles from './ConfigForm.module.css';
import fieldStyles from './ConfigFormField.module.css';
import { ConfigFormField } from './ConfigFormField.tsx';

const keysOf = (group: GroupName): ConfigKey[] =>
  CONFIG_KEYS.filter(
    (key) =>
      SCHEMA[key].group === group && SCHEMA[key].when !== 'evaluation' && key !== 'seed' && key !== 'method',
  );

const FORM_GROUPS = (Object.keys(GROUPS) as GroupName[])
  .map((group) => ({ group, keys: keysOf(group) }))
  .filter(({ keys }) => keys.length > 0);

const PRESET_CHOICES = PRESET_NAMES.map((name) => ({ value: name, label: PRESETS[name].label }));

/** Films and `start` settings belong to a run from its preparation to its end. */
export const useLocked = (): boolean =>
  useSession((session) => runExists(session) || session.busy === 'preparing');

function LockHint() {
  const free = useSession(({ status, busy }) => busy === null && status.state !== 'evaluating');
  return (
    <div className={styles.lock} data-testid="lock">
      <IconLock size={15} aria-hidden />
      <span>Fixed for this run. Underlined settings may change.</span>
      <Button
        variant="default"
        size="compact-xs"
        disabled={!free}
        data-testid="new-run"
        onClick={() => void stop()}
      >
        New run
      </Button>
    </div>
  );
}

function PresetChoice({ locked }: { locked: boolean }) {
  const preset = useSettings((settings) => settings.preset);
  return (
    <div>
      <Select
        aria-label="Preset"
        size="xs"
        data-testid="preset"
        allowDeselect={false}
        checkIconPosition="right"
        data={PRESET_CHOICES}
        value={preset}
        disabled={locked}
        renderOption={({ option }) => (
          <div>
            <div>{option.label}</div>
            <div className={fieldStyles.optionNote}>
              {isPresetName(option.value) && PRESETS[option.value].description}
            </div>
          </div>
        )}
        comboboxProps={{ width: 320, position: 'bottom-start' }}
        maxDropdownHeight={420}
        onChange={(name) => name !== null && isPresetName(name) && choosePreset(name)}
      />
      <p className={`dim ${styles.presetNote}`}>{PRESETS[preset].description}</p>
    </div>
  );
}

/** How many of these settings differ from the preset. */
export const useChanged = (keys: readonly ConfigKey[]): number =>
  useSettings(
    ({ draft, preset }) =>
      differingKeys(draft, presetConfig(preset)).filter((key) => keys.includes(key)).length,
  );

function Group({ group, keys, locked }: { group: GroupName; keys: readonly ConfigKey[]; locked: boolean }) {
  const changed = useChanged(keys);
  const method = useSettings(({ draft }) => draft.method);
  const shown = keys.filter((key) => belongsTo(key, method));
  return (
    <Accordion.Item value={group}>
      <Accordion.Control>
        {GROUPS[group]}
        {changed > 0 && <span className={styles.groupChanged}>{changed} changed</span>}
      </Accordion.Control>
      <Accordion.Panel>
        {shown.map((key) => (
          <ConfigFormField key={key} name={key} locked={locked} />
        ))}
      </Accordion.Panel>
    </Accordion.Item>
  );
}

export function ConfigForm() {
  const locked = useLocked();
  return (
    <Section title="Method">
      <div className={styles.configForm} data-testid="config-form" data-locked={locked}>
        <PresetChoice locked={locked} />
        <ConfigFormField name="method" locked={locked} />
        <BudgetBar />
        {locked && <LockHint />}
        <Accordion multiple variant="default" className={styles.groups} chevronSize={14}>
          {FORM_GROUPS.map(({ group, keys }) => (
            <Group key={group} group={group} keys={keys} locked={locked} />
          ))}
        </Accordion>
      </div>
    </Section>
  );
}
