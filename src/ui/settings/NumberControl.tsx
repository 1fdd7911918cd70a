// A number field: typed, or slid where the range is one that a hand can cover. A value that the schema refuses stays
// in the input, marked and explained, and goes when the input is left; the setting keeps the last good one. The slider runs
// from 0 to 1 whatever the range.

import { NumberInput, Slider, Tooltip } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { NumberField } from '../../config/fields.ts';
import { type ConfigKey, type ConfigValue, parseValue } from '../../config/schema.ts';
import { toWire } from '../../util/errors.ts';
import styles from './ConfigFormField.module.css';

export interface ControlProps<F> {
  readonly name: ConfigKey;
  readonly field: F;
  readonly value: ConfigValue;
  readonly disabled: boolean;
  readonly labelId: string;
  readonly onSet: (value: ConfigValue) => void;
}

/** Sliders help where the range is one that a hand can cover. */
const hasSlider = (key: ConfigKey, field: NumberField) => key !== 'seed' && field.max <= 10_000;

export function NumberControl({ name, field, value, disabled, labelId, onSet }: ControlProps<NumberField>) {
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
      if (parsed !== value) onSet(parsed);
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
          className={styles.fieldNumber}
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
          className={styles.fieldSlider}
          size={2}
          thumbSize={12}
          min={0}
          max={1}
          step={0.005}
          label={null}
          thumbProps={{ 'aria-labelledby': labelId }}
          disabled={disabled}
          value={axis.place(Number(value))}
          onChange={(place) => onSet(axis.value(place))}
        />
      )}
    </>
  );
}

/** Wide linear ranges whose usual values crowd at the low end get more room there. */
const CROWDED = 3;

export interface Axis {
  /** Position of a value on the slider, 0..1. */
  place(value: number): number;
  value(place: number): number;
}

/** A log scale starts a little above zero where the range includes zero. */
function logAxis(min: number, max: number): Axis {
  const low = Math.log(min > 0 ? min : max * 1e-7);
  const span = Math.log(max) - low;
  return {
    place: (value) => Math.max(0, (Math.log(value) - low) / span),
    value: (place) => Math.exp(low + place * span),
  };
}

function powerAxis(min: number, max: number, power: number): Axis {
  return {
    place: (value) => ((value - min) / (max - min)) ** (1 / power),
    value: (place) => min + (max - min) * place ** power,
  };
}

export function axisOf({ min, max, scale, integer, default: usual }: NumberField): Axis {
  const crowded = usual > min && usual - min < (max - min) / 20;
  const axis = scale === 'log' ? logAxis(min, max) : powerAxis(min, max, crowded ? CROWDED : 1);
  return {
    place: axis.place,
    value: (place) => {
      if (place <= 0) return min;
      if (place >= 1) return max;
      const exact = axis.value(place);
      const rounded = integer ? Math.round(exact) : Number(exact.toPrecision(2));
      return Math.min(max, Math.max(min, rounded));
    },
  };
}
