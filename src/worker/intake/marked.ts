// What is drawn on the films of a folder: boxes and masks of its label files, and pictures of masks beside films. For the viewer a
// film at a time, for an evaluation of masks many at once at the side that it asks for. The built-in set knows its own
// (synthetic.ts).

import type { Film } from '../../data/dataset.ts';
import { marksOf } from '../../data/marks.ts';
import type { ListedFile } from '../../data/sources.ts';
import { insideOf, maskOfPng } from '../../data/truth.ts';
import type { DrawnMasks, MasksWanted } from '../../protocol/dataset.ts';
import type { FilmMarks, FilmMask } from '../../protocol/film.ts';
import type { SetOrigin } from './arrange.ts';

/** What a mask is of where neither its folder nor the labels say. */
const UNNAMED = 'Mask';

export const placesOf = (films: readonly ListedFile[]): Map<string, number> =>
  new Map(films.map(({ path }, at) => [path, at]));

type Drawn = Pick<SetOrigin, 'assignment' | 'labelled' | 'maskFiles'>;

/** A folder of masks says what of, or else the only finding of the labels is meant. */
function nameOf(finding: string, { assignment }: Drawn): string {
  const findings = assignment?.findings ?? [];
  const known = findings.find((name) => name.toLowerCase() === finding.toLowerCase());
  return known ?? (finding || (findings.length === 1 ? findings[0]! : UNNAMED));
}

/** Findings that are drawn on at least one of these films, in alphabetical order; undefined for none. */
export function markedFindings(origin: Drawn, paths: readonly string[]): string[] | undefined {
  const found = new Set<string>();
  const placeOf = placesOf(origin.labelled.films);
  for (const path of paths) {
    for (const { finding } of origin.assignment?.marks.get(placeOf.get(path)!) ?? []) found.add(finding);
    for (const { finding } of origin.maskFiles?.get(path) ?? []) found.add(nameOf(finding, origin));
  }
  return found.size > 0 ? [...found].sort() : undefined;
}

type Sized = Pick<Film, 'path' | 'originalWidth' | 'originalHeight'>;

/**
 * Boxes and masks of a film; null where it has none. @throws AppError labels-unreadable for run lengths that are none,
 * image-corrupt and others of pictures
 */
async function marksAt(
  origin: Drawn,
  placeOf: ReadonlyMap<string, number>,
  { path, originalWidth, originalHeight }: Sized,
): Promise<FilmMarks | null> {
  const raw = origin.assignment?.marks.get(placeOf.get(path)!) ?? [];
  const files = origin.maskFiles?.get(path) ?? [];
  if (raw.length + files.length === 0) return null;
  const drawn = marksOf(raw, originalWidth, originalHeight);
  const pictures = await Promise.all(
    files.map(async ({ file, finding }): Promise<FilmMask> => {
      const bytes = new Uint8Array(await (await file.open()).arrayBuffer());
      return maskOfPng(bytes, nameOf(finding, origin));
    }),
  );
  return { boxes: drawn.boxes, masks: joined([...drawn.masks, ...pictures]) };
}

/** One mask a finding, where their sizes are the same: left and right lung may lie in two files. */
function joined(masks: readonly FilmMask[]): FilmMask[] {
  const found: FilmMask[] = [];
  for (const mask of masks) {
    const at = found.findIndex(
      ({ finding, width, height }) =>
        finding === mask.finding && width === mask.width && height === mask.height,
    );
    if (at < 0) found.push(mask);
    else found[at] = { ...mask, bytes: mask.bytes.map((inside, i) => inside | found[at]!.bytes[i]!) };
  }
  return found;
}

/** The same of one film. */
export const marksOfFilm = (origin: SetOrigin | null, film: Sized | undefined): Promise<FilmMarks | null> =>
  origin && film ? marksAt(origin, placesOf(origin.labelled.films), film) : Promise.resolve(null);

/** Where the findings asked for lie on the films asked for. A film whose masks cannot be read is named and is not the end of it. */
export async function drawnMasks(
  origin: SetOrigin | null,
  films: readonly Sized[],
  { films: wanted, findings, side }: MasksWanted,
): Promise<DrawnMasks> {
  const placeOf = placesOf(origin?.labelled.films ?? []);
  const inside: (Uint8Array | null)[] = [];
  const marked: Uint8Array[] = [];
  const failed: { film: number; reason: string }[] = [];
  for (const film of wanted) {
    const marks = await (origin ? marksAt(origin, placeOf, films[film]!) : null)?.catch((error: unknown) => {
      failed.push({ film, reason: error instanceof Error ? error.message : String(error) });
      return null;
    });
    inside.push(marks ? insideOf(marks, findings, side) : null);
    const drawn = new Set([...(marks?.boxes ?? []), ...(marks?.masks ?? [])].map(({ finding }) => finding));
    marked.push(Uint8Array.from(findings, (finding) => Number(drawn.has(finding))));
  }
  return { inside, marked, failed };
}
