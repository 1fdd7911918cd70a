// How the header of an element says its VR and its length (PS3.5 7.1). Where the VR is none of the standard's, both forms that
// it may have are tried, and the one behind which another element follows is taken.

const SHORT = new Set('AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US'.split(' '));
const WIDE = new Set('OB OD OF OL OV OW SQ SV UC UN UR UT UV'.split(' '));

export interface VrReading {
  /** Undefined in implicit VR. */
  readonly vr?: string;
  readonly lengthAt: number;
  /** bytes of the length */
  readonly size: 2 | 4;
  /** What is odd about it, in words that go on after "it has". */
  readonly isOdd?: string;
}

/** @param at of the element's tag */
export function vrAt(bytes: Uint8Array, at: number, isExplicit: boolean, littleEndian: boolean): VrReading {
  const implicit: VrReading = { lengthAt: at + 4, size: 4 };
  if (!isExplicit) return implicit;
  const vr = String.fromCharCode(bytes[at + 4] ?? 0, bytes[at + 5] ?? 0);
  if (SHORT.has(vr)) return { vr, lengthAt: at + 6, size: 2 };
  if (WIDE.has(vr)) return { vr, lengthAt: at + 8, size: 4 };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const leadsOn = ({ lengthAt, size }: VrReading): boolean => {
    if (lengthAt + size > bytes.length) return false;
    const length =
      size === 2 ? view.getUint16(lengthAt, littleEndian) : view.getUint32(lengthAt, littleEndian);
    return elementBegins(
      bytes,
      view,
      lengthAt + size + length,
      littleEndian,
      view.getUint16(at, littleEndian),
    );
  };
  const short: VrReading = { vr, lengthAt: at + 6, size: 2, isOdd: 'values of an unknown VR' };
  if (!/^[A-Z]{2}$/.test(vr)) {
    const odd = { ...implicit, isOdd: 'elements in implicit VR among explicit ones' };
    return leadsOn(odd) || !leadsOn(short) ? odd : short;
  }
  // VRs to come have a length of 32 bits behind two empty bytes (PS3.5 6.2).
  const wide: VrReading = { vr, lengthAt: at + 8, size: 4, isOdd: 'values of an unknown VR' };
  const isEmpty = bytes[at + 6] === 0 && bytes[at + 7] === 0;
  return isEmpty && leadsOn(wide) ? wide : short;
}

/** Whether the data ends at `at`, or goes on with an element of this group or a later one, or with a delimiter. */
function elementBegins(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  littleEndian: boolean,
  group: number,
): boolean {
  if (at === bytes.length) return true;
  if (at + 8 > bytes.length) return false;
  const next = view.getUint16(at, littleEndian);
  if (next === 0xfffe) return true;
  if (next < group) return false;
  const vr = String.fromCharCode(bytes[at + 4]!, bytes[at + 5]!);
  return SHORT.has(vr) || WIDE.has(vr) || view.getUint32(at + 4, littleEndian) <= bytes.length - at - 8;
}
