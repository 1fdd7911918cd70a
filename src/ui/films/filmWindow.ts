// A film's levels to the grey of the screen: the table the file asks for, or a linear window the reader has chosen
// (PS3.3 C.11.2.1.3.2), inverted for MONOCHROME1 after it.

import type { FilmView } from '../../protocol/film.ts';
import type { ChosenWindow } from '../../store/films/viewer.ts';
import { applyWindow } from '../../util/dicomWindow.ts';

/** Grey of each level. */
export function greyTable(
  view: Pick<FilmView, 'modality' | 'padding' | 'table' | 'inverted'>,
  window: ChosenWindow | null,
): Uint8Array {
  if (!window) return view.table;
  return Uint8Array.from(view.modality, (value, level) => {
    if (view.padding[level]) return 0;
    const share = applyWindow({ ...window, shape: 'linear-exact' }, value);
    return Math.round(255 * (view.inverted ? 1 - share : share));
  });
}

/** Opaque grey pixels of an image as large as the film. */
export function paint(levels: Uint16Array, table: Uint8Array, image: ImageData): void {
  const colours = Uint32Array.from(table, (grey) => (0xff000000 | (grey * 0x010101)) >>> 0);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = colours[levels[i]!]!;
}

/** The window after a drag over the film: right widens, down darkens, as reading stations do. */
export function draggedWindow(
  start: ChosenWindow,
  range: number,
  across: number,
  down: number,
): ChosenWindow {
  const perPixel = range / 512;
  return {
    center: start.center + down * perPixel,
    width: Math.max(start.width + across * perPixel, range / 4096),
  };
}
