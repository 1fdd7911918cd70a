// Masks that lie beside their films, in folders named so (masks, Lung Segmentation, ground-truths, and small copies in thumbs)
// or under names such as film_mask.png. They are no films, and bear the names of films. Told by names alone: a folder of masks
// is one only where films of the same names, or a folder of images, lie beside it.

/** Names of pictures; DICOM files often have no extension. */
const PICTURE = /(\.(png|jpe?g|pgm|dcm|dicom|dic|ima)|^[^.]+|(^|\/)\d+(\.\d+)+)$/i;
const MASK_WORDS =
  /^(masks?|lungmasks?|maskimages?|segs?|segmentations?|groundtruths?|truths?|gts?|annots?|annotations?|overlays?|heatmaps?|contours?|labelmaps?|labels?|thumbs?|thumbnails?|previews?)$/;
/** Words that need no film of the same name, only a folder of images beside them. */
const SURE_WORDS = /^(masks?|lungmasks?|segs?|segmentations?|groundtruths?|truths?)$/;
const IMAGE_WORDS =
  /^(images?|imgs?|films?|cxrs?|xrays?|rays?|radiographs?|scans?|originals?|inputs?|pictures?|dicoms?|pngs?|jpe?gs?)$/;
/** What the name of a mask has before or behind that of its film. */
const MASK_MARK =
  /^(masks?|seg|gt)[\s_.-]+|[\s_.-]+(?:(?:lung|left|right|heart|infection)[\s_.-]*)?(masks?|segs?|segmentations?|lungmask|gt|ground[\s_-]?truth|annotations?|overlays?|labels?|labelmap)([\s_.-]+\d+)?$/i;

export interface Mask {
  /** Why it is no film, in words that end a sentence. */
  readonly why: string;
  /** Path of the folder that is named after masks; null where the file is. */
  readonly folder: string | null;
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
const wordsOf = (name: string) =>
  name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/);
const isMaskFolder = (name: string) => wordsOf(name).some((word) => MASK_WORDS.test(word));
const isImageFolder = (name: string) => wordsOf(name).some((word) => IMAGE_WORDS.test(word));

export interface MaskOfFilm {
  /** Of the mask. */
  readonly path: string;
  /** Path of the film that it lies on. */
  readonly film: string;
  /** What it is drawn around as its folder says it, e.g. Infection; empty for a folder that is called masks and no more. */
  readonly finding: string;
}

interface Picture {
  readonly path: string;
  readonly folders: readonly string[];
  /** Name without extension, lower case. */
  readonly stem: string;
  /** Place of the outermost folder that is named after masks; -1 for none. */
  readonly maskAt: number;
}

function pictureOf(path: string): Picture {
  const folders = path.split('/');
  const file = folders.pop()!;
  const stem = file.replace(/\.[a-z]{2,5}$/i, '').toLowerCase();
  return { path, folders, stem, maskAt: folders.findIndex(isMaskFolder) };
}

/** @returns by path, the pictures that are masks and no films; empty where there is none */
export function masksAmong(paths: readonly string[]): Map<string, Mask> {
  const pictures = paths.filter((path) => PICTURE.test(nameOf(path))).map(pictureOf);
  const films = pictures.filter(({ maskAt }) => maskAt < 0);
  const found = new Map<string, Mask>();
  for (const { path, folder } of inMaskFolders(pictures, films)) {
    found.set(path, { why: `it lies in a folder "${nameOf(folder)}" beside the films`, folder });
  }
  const stems = new Set(films.map(({ folders, stem }) => [...folders, stem].join('/')));
  for (const { path, folders, stem } of films) {
    const partner = stem.replace(MASK_MARK, '');
    if (partner !== stem && stems.has([...folders, partner].join('/'))) {
      found.set(path, { why: 'it is named as the mask of a film beside it', folder: null });
    }
  }
  return found;
}

/** Pictures below a folder named after masks, where that folder has films beside it. */
function inMaskFolders(pictures: readonly Picture[], films: readonly Picture[]) {
  const stems = new Set(films.map(({ stem }) => stem));
  const imagesBeside = new Set(
    films.flatMap(({ folders }) =>
      folders.flatMap((name, i) => (isImageFolder(name) ? [folders.slice(0, i).join('/')] : [])),
    ),
  );
  const groups = new Map<string, Picture[]>();
  for (const picture of pictures) {
    if (picture.maskAt < 0) continue;
    const folder = picture.folders.slice(0, picture.maskAt + 1).join('/');
    const group = groups.get(folder);
    if (group) group.push(picture);
    else groups.set(folder, [picture]);
  }
  return [...groups].flatMap(([folder, members]) => {
    const parent = folder.slice(0, Math.max(0, folder.lastIndexOf('/')));
    const paired = members.filter(
      ({ stem }) => stems.has(stem) || stems.has(stem.replace(MASK_MARK, '')),
    ).length;
    const isSure = imagesBeside.has(parent) && wordsOf(nameOf(folder)).some((word) => SURE_WORDS.test(word));
    return isSure || 2 * paired >= members.length ? members.map(({ path }) => ({ path, folder })) : [];
  });
}

/**
 * The film that each mask lies on: the one of its name below the folder beside which the mask's own stands, or else the only one
 * of its name at all. Masks without such a film are left away.
 * @param masks as masksAmong found them
 */
export function pairMasks(masks: ReadonlyMap<string, Mask>, films: readonly string[]): MaskOfFilm[] {
  const byStem = new Map<string, string[]>();
  for (const { path, stem } of films.map(pictureOf)) byStem.set(stem, [...(byStem.get(stem) ?? []), path]);
  return [...masks].flatMap(([path, { folder }]) => {
    const { folders, stem } = pictureOf(path);
    const around = folder === null ? folders : folder.split('/').slice(0, -1);
    const prefix = around.map((name) => `${name}/`).join('');
    const named = byStem.get(stem) ?? byStem.get(stem.replace(MASK_MARK, '')) ?? [];
    const near = named.filter((film) => film.startsWith(prefix));
    const [film, ...others] = near.length > 0 ? near : named;
    return film && others.length === 0 ? [{ path, film, finding: findingIn(folder) }] : [];
  });
}

/** Words of a folder's name that are none of masks, as a heading. */
function findingIn(folder: string | null): string {
  const words = wordsOf(nameOf(folder ?? '')).filter(
    (word) => word && !MASK_WORDS.test(word) && word !== 'manual',
  );
  const text = words.join(' ');
  return text && text[0]!.toUpperCase() + text.slice(1);
}
