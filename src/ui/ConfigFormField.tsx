// One row of the form, whatever the kind of its field: label with its explanation, control, mark and way back when
// it differs from the preset. Values are checked by the schema; a value it refuses stays in the control, marked.

import { ActionIcon, NumberInput, Select, Slider, Switch, Tooltip } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { useEffect, useId, useState } from 'react';
import type { ChoiceField, Field, NumberField } from '../config/fields.ts';
import { PRESETS, presetConfig } from '../config/presets.ts';
import { type ConfigKey, type ConfigValue, parseValue, SCHEMA } from '../config/schema.ts';
import { changeSetting } from '../store/acts.ts';
import { showError } from '../store/session.ts';
import { useSettings } from '../store/settings.ts';
import { toWire } from '../util/errors.ts';
import { formatFigure } from '../util/format.ts';

interface ControlProps<F> {
  readonly name: ConfigKey;
  readonly field: F;
  readonly value: ConfigValue;
  readonly disabled: boolean;
  readonly labelId: string;
}

const set = (key: ConfigKey, value: ConfigValue) => void changeSetting(key, value).catch(showError);

/** Slider positions run 0..1; a log scale starts a little above zero where the range includes zero. */
function axisOf({ min, max, scale, integer }: NumberField) {
  const low = scale === 'log' ? Math.log(min > 0 ? min : max * 1e-7) : min;
  const high = scale === 'log' ? Math.log(max) : max;
  return {
    place: (value: number) =>
      ((scale === 'log' ? Math.log(Math.max(value, Math.exp(low))) : value) - low) / (high - low),
    value: (place: number) => {
      const raw = low + place * (high - low);
      const exact = place <= 0 ? min : place >= 1 ? max : scale === 'log' ? Math.exp(raw) : raw;
      return integer ? Math.round(exact) : Number(exact.toPrecision(2));
    },
  };
}

/** Sliders help where the range is one that a hand can cover. */
const hasSlider = (key: ConfigKey, field: NumberField) => key !== 'seed' && field.max <= 10_000;

function NumberControl({ name, field, value, disabled, labelId }: ControlProps<NumberField>) {
  const [text, setText] = useState<number | string>(Number(value));
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    setText(Number(value));
    setProblem(null);
  }, [value]);
  const axis = axisOf(field);
  const take = (raw: number | string) => {
    setText(raw);
    try {
      const parsed = parseValue(name, raw);
      setProblem(null);
      if (parsed !== value) set(name, parsed);
    } catch (error) {
      setProblem(toWire(error).message);
    }
  };
  return (
    <>
      <Tooltip
        label={problem}
        disabled={problem === null}
        opened={problem !== null}
        position="top-end"
        w={240}
      >
        <NumberInput
          size="xs"
          className="field-number"
          aria-labelledby={labelId}
          aria-invalid={problem !== null}
          error={problem !== null}
          value={text}
          disabled={disabled}
          hideControls
          allowDecimal={!field.integer}
          decimalScale={8}
          onChange={take}
          onBlur={() => problem !== null && take(Number(value))}
        />
      </Tooltip>
      {hasSlider(name, field) && (
        <Slider
          className="field-slider"
          size={2}
          thumbSize={12}
          min={0}
          max={1}
          step={0.005}
          label={null}
          thumbProps={{ 'aria-labelledby': labelId }}
          disabled={disabled}
          value={axis.place(Number(value))}
          onChange={(place) => set(name, axis.value(place))}
        />
      )}
    </>
  );
}

function ChoiceControl({ name, field, value, disabled, labelId }: ControlProps<ChoiceField>) {
  return (
    <Select
      size="xs"
      className="field-choice"
      aria-labelledby={labelId}
      allowDeselect={false}
      checkIconPosition="right"
      data={Object.entries(field.choices).map(([key, label]) => ({ value: key, label }))}
      value={String(value)}
      disabled={disabled}
      onChange={(choice) => choice !== null && set(name, choice as ConfigValue)}
    />
  );
}

function Explanation({ field }: { field: Field }) {
  const range = field.kind === 'number' && `${formatFigure(field.min)} to ${formatFigure(field.max)}. `;
  return (
    <div className="explanation">
      <p>{field.help}</p>
      {field.when === 'live' && <p>May be changed while a run is going.</p>}
      <p className="explanation-source">
        {range}
        {field.kind === 'number' && field.unit ? `Unit: ${field.unit}. ` : ''}
        Source: {field.source}
        {field.quirk && `. Quirk ${field.quirk} of the published code`}.
      </p>
    </div>
  );
}

function Control(props: ControlProps<Field>) {
  const { field, name, value, disabled, labelId } = props;
  switch (field.kind) {
    case 'number':
      return <NumberControl {...props} field={field} />;
    case 'choice':
      return <ChoiceControl {...props} field={field} />;
    case 'toggle':
      return (
        <Switch
          size="xs"
          className="field-toggle"
          aria-labelledby={labelId}
          checked={value === true}
          disabled={disabled}
          onChange={(event) => set(name, event.currentTarget.checked)}
        />
      );
    default:
      return field satisfies never;
  }
}

export function ConfigFormField({ name, locked }: { name: ConfigKey; locked: boolean }) {
  const value = useSettings((settings) => settings.draft[name]);
  const preset = useSettings((settings) => settings.preset);
  const labelId = useId();
  const field: Field = SCHEMA[name];
  const standard = presetConfig(preset)[name];
  const changed = value !== standard;
  const disabled = locked && field.when === 'start';
  return (
    <div className="field" data-changed={changed} data-testid={`field-${name}`} data-locked={disabled}>
      <Tooltip label={<Explanation field={field} />} w={280} position="right-start">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the explanation must be reachable by keyboard */}
        <span className="field-label" id={labelId} tabIndex={0}>
          {field.label}
          {field.kind === 'number' && field.unit && <span className="field-unit"> {field.unit}</span>}
        </span>
      </Tooltip>
      {changed && !disabled && name !== 'seed' && (
        <Tooltip label={`Back to ${String(standard)}, as in ${PRESETS[preset].label}`}>
          <ActionIcon
            size={20}
            className="field-reset"
            aria-label={`Reset ${field.label}`}
            onClick={() => set(name, standard)}
          >
            <IconArrowBackUp size={13} />
          </ActionIcon>
        </Tooltip>
      )}
      <Control name={name} field={field} value={value} disabled={disabled} labelId={labelId} />
    </div>
  );
}
