// Round numbers for axes and the house form of figures: four significant digits, a thin grouping of steps.
// Pure arithmetic; recharts is told its ticks instead of finding them.

const GROUPED = new Intl.NumberFormat('en-US');
const STEPS = [1, 2, 2.5, 5, 10];

/** About `count` round values inside [low, high]; whole numbers only, if asked. */
export function linearTicks(low: number, high: number, count: number, whole = false): number[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [low];
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = power * (STEPS.find((candidate) => candidate * power >= rough) ?? 10);
  if (whole) step = Math.max(1, Math.ceil(step));
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}

/** Powers of ten inside [low, high]; with 2 and 5 between them where a window spans less than two decades. */
export function logTicks(low: number, high: number, count: number): number[] {
  if (!(low > 0) || !(high > low)) return [low];
  const decades = Math.log10(high / low);
  if (decades < 0.5) return linearTicks(low, high, count);
  const factors = decades < 2.5 ? (decades < 1.2 ? [1, 2, 3, 5] : [1, 3]) : [1];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const factor of factors) {
      const tick = Number(`${factor}e${power}`);
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  const every = Math.ceil(ticks.length / (count + 1));
  return every > 1 ? ticks.filter((_, i) => i % every === 0) : ticks;
}

/** Four significant digits, three where a power of ten is needed: 12.35, 4.21e-4, 2.40e-8; a dash where there is no number. */
export function figure(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const text =
    size < 1e-3 || size >= 1e7
      ? value.toExponential(digits - 2).replace('+', '')
      : size >= 1e4
        ? GROUPED.format(Math.round(value))
        : value.toPrecision(digits);
  return text.replace(/^-/, '−');
}

/** A tick label: as short as the value allows. */
export function tickLabel(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(4))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(4))}k`;
  if (size < 1e-3) return Number(value.toPrecision(3)).toExponential();
  return String(Number(value.toPrecision(4)));
}

/** Steps with grouping: 12,400. */
export const stepLabel = (step: number): string => GROUPED.format(step);
