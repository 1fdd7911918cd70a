// One row of the form, whatever the kind of its field: label with its explanation and, where there is one, its entry of the
// glossary, control, mark and way back when it differs from the preset. Values are checked by the schema.

import { ActionIcon, Popover, Select, Switch, Tooltip, UnstyledButton } from '@mantine/core';
import { IconArrowBackUp, IconInfoCircle } from '@tabler/icons-react';
import { useId, useState } from 'react';
import type { ChoiceField, Field } from '../../config/fields.ts';
import { PRESETS, presetConfig } from '../../config/presets.ts';
import { type ConfigKey, type ConfigValue, SCHEMA } from '../../config/schema.ts';
import { entryOfSetting } from '../../store/lessons/glossary.ts';
import { useSettings } from '../../store/page/settings.ts';
import { changeSetting } from '../../store/run/acts.ts';
import { showError } from '../../store/session.ts';
import { formatFigure } from '../../util/format.ts';
import { EntryCard, WordPopover } from '../lessons/Entry.tsx';
import styles from './ConfigFormField.module.css';
import { type ControlProps, NumberControl } from './NumberControl.tsx';

function ChoiceControl({ field, value, disabled, labelId, onSet }: ControlProps<ChoiceField>) {
  return (
    <Select
      size="xs"
      className={styles.fieldChoice}
      aria-labelledby={labelId}
      allowDeselect={false}
      checkIconPosition="right"
      renderOption={({ option }) => (
        <div>
          <div>{option.label}</div>
          {field.notes && <div className={styles.optionNote}>{field.notes[option.value]}</div>}
        </div>
      )}
      {...(field.notes && {
        comboboxProps: { width: 320, position: 'bottom-start' as const },
        maxDropdownHeight: 420,
      })}
      data={Object.entries(field.choices).map(([key, label]) => ({ value: key, label }))}
      value={String(value)}
      disabled={disabled}
      onChange={(choice) => choice !== null && onSet(choice as ConfigValue)}
    />
  );
}

function Explanation({ field, value }: { field: Field; value: ConfigValue }) {
  const note = field.kind === 'choice' && field.notes?.[String(value)];
  const range = field.kind === 'number' && `${formatFigure(field.min)} to ${formatFigure(field.max)}. `;
  return (
    <div className={styles.explanation}>
      <p>{field.help}</p>
      {note && (
        <p>
          {field.choices[String(value)]}. {note}
        </p>
      )}
      {field.when === 'live' && <p>May be changed while a run is going.</p>}
      <p className={styles.explanationSource}>
        {range}
        {field.kind === 'number' && field.unit ? `Unit: ${field.unit}. ` : ''}
        Source: {field.source}
        {field.quirk && `. Quirk ${field.quirk} of the published code`}.
      </p>
    </div>
  );
}

function Control(props: ControlProps<Field>) {
  const { field, value, disabled, labelId, onSet } = props;
  switch (field.kind) {
    case 'number':
      return <NumberControl {...props} field={field} />;
    case 'choice':
      return <ChoiceControl {...props} field={field} />;
    case 'toggle':
      return (
        <Switch
          size="xs"
          className={styles.fieldToggle}
          aria-labelledby={labelId}
          checked={value === true}
          disabled={disabled}
          onChange={(event) => onSet(event.currentTarget.checked)}
        />
      );
    default:
      return field satisfies never;
  }
}

/** Beside the label, unless the label says it already. */
function unitOf(field: Field): string | null {
  if (field.kind !== 'number' || !field.unit) return null;
  return field.label.toLowerCase().includes(field.unit) ? null : field.unit;
}

interface FieldNameProps {
  readonly name: ConfigKey;
  readonly field: Field;
  readonly value: ConfigValue;
  readonly labelId: string;
}

/** Under the pointer or with the focus it says what the setting does; a press opens what the word means. */
function FieldName({ name, field, value, labelId }: FieldNameProps) {
  const entry = entryOfSetting(name);
  const [opened, setOpened] = useState(false);
  const unit = unitOf(field);
  const words = (
    <span id={labelId}>
      {field.label}
      {unit && <span className={styles.fieldUnit}> {unit}</span>}
    </span>
  );
  const explained = {
    label: <Explanation field={field} value={value} />,
    w: 280,
    position: 'right-start',
    offset: field.kind === 'choice' ? 136 : 104,
    withArrow: false,
    disabled: opened,
  } as const;
  if (entry === null)
    return (
      <Tooltip {...explained}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the explanation must be reachable by keyboard */}
        <span className={styles.fieldLabel} tabIndex={0}>
          {words}
        </span>
      </Tooltip>
    );
  return (
    <WordPopover says={<EntryCard id={entry} />} onChange={setOpened}>
      <Tooltip {...explained}>
        <Popover.Target>
          <UnstyledButton className={styles.fieldLabel} data-testid={`term-${name}`}>
            {words}
            <IconInfoCircle size={13} stroke={1.6} className={styles.fieldEntry} aria-hidden="true" />
          </UnstyledButton>
        </Popover.Target>
      </Tooltip>
    </WordPopover>
  );
}

export function ConfigFormField({ name, locked }: { name: ConfigKey; locked: boolean }) {
  const value = useSettings((settings) => settings.draft[name]);
  const preset = useSettings((settings) => settings.preset);
  const labelId = useId();
  const field: Field = SCHEMA[name];
  const standard = presetConfig(preset)[name];
  const changed = value !== standard;
  const disabled = locked && field.when === 'start';
  const set = (wanted: ConfigValue) => void changeSetting(name, wanted).catch(showError);
  return (
    <div
      className={styles.field}
      data-changed={changed}
      data-testid={`field-${name}`}
      data-locked={disabled}
      data-free={locked && !disabled}
    >
      <FieldName name={name} field={field} value={value} labelId={labelId} />
      {changed && !disabled && name !== 'seed' && (
        <Tooltip label={`Back to ${String(standard)}, as in ${PRESETS[preset].label}`}>
          <ActionIcon
            size={20}
            className={styles.fieldReset}
            aria-label={`Reset ${field.label}`}
            onClick={() => set(standard)}
          >
            <IconArrowBackUp size={13} />
          </ActionIcon>
        </Tooltip>
      )}
      <Control name={name} field={field} value={value} disabled={disabled} labelId={labelId} onSet={set} />
    </div>
  );
}
