// How strongly something is laid over a film: one thin slider for gates, class maps, marks of readers and drawn masks. What it
// belongs to, and where its value is kept, is the caller's.

import { Slider } from '@mantine/core';

interface OpacitySliderProps {
  /** What is laid over the film, for screen readers. */
  readonly of: string;
  /** 0..1. */
  readonly value: number;
  readonly onChange: (value: number) => void;
  /** Below it what is laid over could not be found again. */
  readonly min?: number;
  readonly className?: string | undefined;
}

export function OpacitySlider({ of, value, onChange, min = 0, className }: OpacitySliderProps) {
  return (
    <Slider
      size={2}
      thumbSize={12}
      min={min}
      max={1}
      step={0.05}
      label={null}
      value={value}
      onChange={onChange}
      thumbLabel={`Opacity of ${of}`}
      className={className}
    />
  );
}
