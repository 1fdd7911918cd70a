// The one scale for what is signed: from orange over nothing to blue, even steps of lightness and colourfulness in OKLCH
// (Ottosson, 2020), so that equal magnitudes look equally strong; nothing is the page's own ground, light or dark.

const CHROMA = 0.14;
const HUES = { negative: 50, positive: 250 } as const;
/** Lightness of nothing and of full magnitude. */
const LIGHTNESS = { light: [0.97, 0.5], dark: [0.21, 0.74] } as const;

const gamma = (linear: number): number =>
  linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;

/** Red, green and blue, 0..255 each. */
function fromOklch(lightness: number, chroma: number, degrees: number): [number, number, number] {
  const angle = (degrees * Math.PI) / 180;
  const [a, b] = [chroma * Math.cos(angle), chroma * Math.sin(angle)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const rgb = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return rgb.map((value) => Math.round(255 * Math.max(0, Math.min(1, gamma(value))))) as [
    number,
    number,
    number,
  ];
}

/** Of a value in -1..1. */
export function diverging(value: number, scheme: 'light' | 'dark'): [number, number, number] {
  const size = Math.min(1, Math.abs(value));
  const [nothing, full] = LIGHTNESS[scheme];
  return fromOklch(
    nothing + size * (full - nothing),
    size * CHROMA,
    value < 0 ? HUES.negative : HUES.positive,
  );
}

/** For the key beside a map. */
export const divergingGradient = (scheme: 'light' | 'dark'): string =>
  `linear-gradient(90deg, ${[-1, -0.5, 0, 0.5, 1].map((value) => `rgb(${diverging(value, scheme).join(' ')})`).join(', ')})`;
