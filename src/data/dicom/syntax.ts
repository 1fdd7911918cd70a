// The transfer syntaxes of DICOM in one table: how each packs its pixels, and which codec here unpacks them.
// A row without a codec is refused by its name. A new codec is one changed row and one in coded.ts.

import { AppError } from '../../util/errors.ts';

/**
 * `jpeg` takes JPEG-LS and lossless JPEG too, `jpeg-2000` HTJ2K: the streams say which they are. `encapsulated` is uncompressed
 * pixels in fragments.
 */
export type PixelCodec = 'native' | 'encapsulated' | 'rle' | 'jpeg' | 'jpeg-2000';

export interface TransferSyntax {
  readonly uid: string;
  readonly name: string;
  /** null: known, but not read here. */
  readonly codec: PixelCodec | null;
  /** The whole data set behind the file meta group is a raw deflate stream. */
  readonly deflated?: true;
}

const row = (uid: string, name: string, codec: PixelCodec | null): TransferSyntax => ({ uid, name, codec });

const ROWS: readonly TransferSyntax[] = [
  row('1.2.840.10008.1.2', 'implicit little endian', 'native'),
  row('1.2.840.10008.1.2.1', 'explicit little endian', 'native'),
  { ...row('1.2.840.10008.1.2.1.99', 'deflated explicit little endian', 'native'), deflated: true },
  row('1.2.840.10008.1.2.1.98', 'encapsulated uncompressed', 'encapsulated'),
  row('1.2.840.10008.1.2.2', 'explicit big endian', 'native'),
  row('1.2.840.10008.1.2.5', 'RLE lossless', 'rle'),
  row('1.2.840.10008.1.2.4.50', 'JPEG baseline', 'jpeg'),
  row('1.2.840.10008.1.2.4.51', 'JPEG extended', 'jpeg'),
  row('1.2.840.10008.1.2.4.53', 'JPEG spectral selection', 'jpeg'),
  row('1.2.840.10008.1.2.4.55', 'JPEG progressive', 'jpeg'),
  row('1.2.840.10008.1.2.4.57', 'JPEG lossless', 'jpeg'),
  row('1.2.840.10008.1.2.4.70', 'JPEG lossless, first order', 'jpeg'),
  row('1.2.840.10008.1.2.4.80', 'JPEG-LS lossless', 'jpeg'),
  row('1.2.840.10008.1.2.4.81', 'JPEG-LS near-lossless', 'jpeg'),
  row('1.2.840.10008.1.2.4.90', 'JPEG 2000 lossless', 'jpeg-2000'),
  row('1.2.840.10008.1.2.4.91', 'JPEG 2000', 'jpeg-2000'),
  row('1.2.840.10008.1.2.4.100', 'MPEG-2 video', null),
  row('1.2.840.10008.1.2.4.101', 'MPEG-2 video', null),
  row('1.2.840.10008.1.2.4.102', 'MPEG-4 video', null),
  row('1.2.840.10008.1.2.4.103', 'MPEG-4 video', null),
  row('1.2.840.10008.1.2.4.107', 'HEVC video', null),
  row('1.2.840.10008.1.2.4.108', 'HEVC video', null),
  row('1.2.840.10008.1.2.4.110', 'JPEG XL lossless', null),
  row('1.2.840.10008.1.2.4.111', 'JPEG XL', null),
  row('1.2.840.10008.1.2.4.112', 'JPEG XL', null),
  row('1.2.840.10008.1.2.4.92', 'JPEG 2000 part 2 lossless', null),
  row('1.2.840.10008.1.2.4.93', 'JPEG 2000 part 2', null),
  row('1.2.840.10008.1.2.4.201', 'high-throughput JPEG 2000 lossless', 'jpeg-2000'),
  row('1.2.840.10008.1.2.4.202', 'high-throughput JPEG 2000 lossless', 'jpeg-2000'),
  row('1.2.840.10008.1.2.4.203', 'high-throughput JPEG 2000', 'jpeg-2000'),
];

const BY_UID = new Map(ROWS.map((syntax) => [syntax.uid, syntax]));

export const IMPLICIT_LITTLE_ENDIAN = ROWS[0]!;

/** @throws AppError `dicom-unsupported` for a UID that no row names */
export function transferSyntaxOf(uid: string): TransferSyntax {
  const syntax = BY_UID.get(uid);
  if (!syntax) throw new AppError('dicom-unsupported', `transfer syntax ${uid.slice(0, 64)} is not known.`);
  return syntax;
}

/** @throws AppError `dicom-unsupported` naming the compression */
export function codecOf(syntax: TransferSyntax): PixelCodec {
  if (!syntax.codec)
    throw new AppError('dicom-unsupported', `its pixels are ${syntax.name} (${syntax.uid}).`);
  return syntax.codec;
}
