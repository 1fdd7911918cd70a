// Enhanced images keep what may differ between frames in functional groups (PS3.3 C.7.6.16): window, rescale and spacing
// lie in macros, of each frame or shared by all. Gives the places where such an attribute may lie, nearest first.

import type { Tags } from './dicom.ts';

const PER_FRAME = 'x52009230';
const SHARED = 'x52009229';

export const MACRO = {
  pixelMeasures: 'x00289110',
  frameVoiLut: 'x00289132',
  pixelValueTransformation: 'x00289145',
  frameAnatomy: 'x00209071',
} as const;

/** The top level, as every other image has it; then the macro of the first frame, then the one shared by all. */
export function placesOf(tags: Tags, macro: (typeof MACRO)[keyof typeof MACRO]): Tags[] {
  const groups = [PER_FRAME, SHARED].map((group) => tags.firstItem(group)?.firstItem(macro));
  return [tags, ...groups.filter((place) => place !== undefined)];
}
