// Where a value lies on its slider and what value a place stands for. The slider runs from 0 to 1 whatever the
// field's scale; both ends give the ends of the range exactly.

import type { NumberField } from '../../config/fields.ts';

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
