// Numbers as people read them: bytes, counts, durations, figures of four significant digits. Always the same width
// class for the same quantity, so that nothing jumps while it grows. English only.

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** 187_000_000 → "187 MB", 2_140_000_000 → "2.14 GB"; decimal units. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${BYTE_UNITS[unit]}`;
}

/** 12345 → "12,345" */
export const formatCount = (value: number): string => Math.round(value).toLocaleString('en');

/** 1 film, 2 films; 1 box, 2 boxes */
export const formatCounted = (value: number, one: string, many = `${one}s`): string =>
  `${formatCount(value)} ${value === 1 ? one : many}`;

/** 11_176_512 → "11.2 M" */
export function formatShort(value: number): string {
  if (value < 1000) return String(Math.round(value));
  const [scaled, unit] = value < 999_500 ? [value / 1e3, 'k'] : [value / 1e6, 'M'];
  return `${Number(scaled.toPrecision(3))} ${unit}`;
}

/** Seconds as "12 s", "4 min", "1 h 20 min", "3 d 4 h": as exact as one plans with. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 90) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Four significant digits, without trailing zeros; small and large values as powers of ten. */
export function formatFigure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2).replace('e+', 'e');
  return String(Number(value.toPrecision(4)));
}

/** 0.4137 → "41 %" */
export const formatShare = (share: number): string => `${Math.round(100 * share)} %`;

/**
 * A measured value whose digits must not jump while it changes: four significant ones with their zeros, three where a power
 * of ten is needed: 12.35, 4.21e-4, 2.40e-8; a dash where there is no number.
 */
export function formatMeasured(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const text =
    size < 1e-3 || size >= 1e7
      ? value.toExponential(digits - 2).replace('+', '')
      : size >= 1e4
        ? formatCount(value)
        : value.toPrecision(digits);
  return text.replace(/^-/, '−');
}

/** No line ends between a number and its per cent sign. */
export const unbroken = (text: string): string => text.replaceAll(' %', '\u00a0%');
