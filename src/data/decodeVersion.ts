// The version of what decoding yields. Decoded films are kept between visits, so whoever changes a plane, or what is said
// of a film, raises it; films kept under another version are decoded again.

export const DECODE_VERSION = 2;

/** Names the options under which planes were made; planes of equal files and equal options are equal. */
export const decodeOptionsKey = (planeSize: number): string =>
  `version ${DECODE_VERSION}, ${planeSize} px, 8 bit`;
