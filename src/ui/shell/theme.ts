// The visual language as tokens: a term is a hue, a head is a line style, a level is a lightness.
// Colours themselves live in theme.css as variables, one set per scheme; code names variables, never colours,
// so charts and controls change scheme without being told. Accent is ink: hue is left to the data.

import { createTheme, type MantineColorsTuple, rem } from '@mantine/core';
import type { Head, Hue } from '../../methods/record/method.ts';
import type { Level } from '../../methods/record/statistics.ts';
import type { EncoderName } from '../../tasks/compared/record.ts';

/** Line colour of a term of this hue; also legal in SVG attributes. */
export const termColour = (hue: Hue): string => `var(--term-${hue})`;
/** The same hue, dark or light enough to be read as text. */
export const termInk = (hue: Hue): string => `var(--term-${hue}-ink)`;
/** Levels run from light (stem) to full (stage 4). */
export const levelColour = (hue: Hue, level: Level): string => `var(--term-${hue}-${level})`;
export const encoderColour = (encoder: EncoderName): string => `var(--encoder-${encoder})`;
/** Colour of the n-th run in a comparison, counted from 0 and repeated after eight. */
export const runColour = (index: number): string => `var(--run-${(index % 8) + 1})`;

/** SVG dash pattern of a head. */
export const headDash = ({ line }: Head): string | undefined => (line === 'dashed' ? '5 3' : undefined);

/** Type at the axes and lines of a chart; legal in SVG attributes. */
export const MARK_SIZE = 'var(--mark-size)';

/** Pixels that scripts need, because no stylesheet can tell them. */
export const TOKENS = {
  setupWidth: 304,
  inspectWidth: 320,
  /** Below this width the side columns fold into drawers. */
  foldBelow: 1100,
} as const;

/** A scale of the component library, light to dark; its colours are variables like all others. */
const scale = (name: string) =>
  Array.from({ length: 10 }, (_, i) => `var(--${name}-${i})`) as unknown as MantineColorsTuple;

export const theme = createTheme({
  colors: { ink: scale('ink'), dark: scale('dark'), gray: scale('gray') },
  primaryColor: 'ink',
  primaryShade: { light: 8, dark: 1 },
  autoContrast: true,
  black: 'var(--library-black)',
  fontFamily: "'Inter Variable', ui-sans-serif, system-ui, 'Segoe UI', Roboto, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', 'Roboto Mono', monospace",
  fontSizes: { xs: rem(12), sm: rem(13), md: rem(13), lg: rem(15), xl: rem(18) },
  lineHeights: { xs: '1.35', sm: '1.45', md: '1.45', lg: '1.4', xl: '1.3' },
  spacing: { xs: rem(4), sm: rem(8), md: rem(12), lg: rem(16), xl: rem(24) },
  radius: { xs: rem(2), sm: rem(4), md: rem(6), lg: rem(8), xl: rem(12) },
  defaultRadius: 'sm',
  headings: { fontWeight: '600', sizes: { h2: { fontSize: rem(15) }, h3: { fontSize: rem(13) } } },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Tooltip: {
      defaultProps: {
        openDelay: 350,
        withArrow: true,
        multiline: true,
        transitionProps: { duration: 80 },
        events: { hover: true, focus: true, touch: true },
      },
    },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray', size: 28 } },
    Button: {
      defaultProps: { size: 'xs' },
      // The library picks the text colour for the light scheme only; ink turns over between schemes.
      vars: (_theme: unknown, props: { variant?: string; color?: string }) => ({
        root:
          (props.variant ?? 'filled') === 'filled' && !props.color
            ? { '--button-color': 'var(--surface)' }
            : {},
      }),
    },
    Modal: {
      defaultProps: {
        transitionProps: { duration: 120 },
        overlayProps: { backgroundOpacity: 0.45 },
        closeButtonProps: { 'aria-label': 'Close' },
      },
    },
    // Below dialogs (200), which are opened from what a drawer holds.
    Drawer: {
      defaultProps: {
        zIndex: 190,
        transitionProps: { duration: 120 },
        overlayProps: { backgroundOpacity: 0.35 },
        closeButtonProps: { 'aria-label': 'Close' },
      },
    },
    Accordion: { defaultProps: { transitionDuration: 120 } },
    Collapse: { defaultProps: { transitionDuration: 120 } },
  },
});
