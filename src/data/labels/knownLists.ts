// Which published parts of NIH ChestX-ray14 the labels hold. The lists are known by their digests alone; none is shipped. A
// part is recognised by the names that tables and lists say for it, whether their films are here or not, so that a folder
// with a few films beside a whole list is known by that list, and what it has of it is counted.

import { SPLITS, type Split } from '../../protocol/dataset.ts';

/** SHA-256 of the sorted distinct file names, joined by a line feed. */
export interface KnownList {
  readonly films: number;
  readonly sha256: string;
}

const CHEXNET_VAL = {
  films: 11_219,
  sha256: '65fd487c51e6316d6db7e547ac0dedd3beb6ef70ea36e74c4e55a77ca5ff40e9',
} as const;

export const NIH_LISTS = {
  'official-train': {
    films: 75_312,
    sha256: '5cc43ab5deca68a4e8295e6bbdeb79213472d88345d1307a0219b72229b45a18',
  },
  'official-val': {
    films: 11_212,
    sha256: 'c8b9d94ad8816f60b266ce08a918a80e7c0d5c90ffcd25020fd32e8979f5c4c5',
  },
  'official-test': {
    films: 25_596,
    sha256: '38ca5ef7f756092946f57c1a59faca882ed589a1ab1f72590b45dc06c6d5e1cc',
  },
  'official-train-val': {
    films: 86_524,
    sha256: '61fbe896321c1c1c8b75f3e4f3a08e4fef6486d95ef8a667c31d4d60dca6cb81',
  },
  'chexnet-train': {
    films: 78_468,
    sha256: '7265fa9efe68c5e8afa201c9b7ecf9b25d9e9a9c41fab3e0efe8e650bd405d06',
  },
  'chexnet-val': CHEXNET_VAL,
  'chexnet-test': {
    films: 22_433,
    sha256: 'a20c79828a7825d1d5ac7e8e1b2eccdb21db7e87f9449415f40896116264d55a',
  },
} as const satisfies Record<string, KnownList>;
export type ListName = keyof typeof NIH_LISTS;
export type KnownLists = Readonly<Record<ListName, KnownList>>;

interface KnownSplit {
  readonly name: string;
  readonly parts: { readonly [S in Split]?: readonly ListName[] };
}

const OFFICIAL = ['official-train-val', 'official-train'] as const;

/** Every part that is given must be one of these lists; the first that fits. */
const KNOWN_SPLITS: readonly KnownSplit[] = [
  { name: 'the official NIH split', parts: { train: ['official-train-val'], test: ['official-test'] } },
  {
    name: 'the official NIH split, its training list divided as several repositories do',
    parts: { train: ['official-train'], val: ['official-val'], test: ['official-test'] },
  },
  {
    name: 'the 70/10/20 split by patient (CheXNet), not comparable with the official one',
    parts: { train: ['chexnet-train'], val: ['chexnet-val'], test: ['chexnet-test'] },
  },
  {
    name: 'the lists of the published MLVICX repository, which take one list for validation and test and share films with training',
    parts: { train: OFFICIAL, val: ['chexnet-val'], test: ['chexnet-val'] },
  },
];

const LIST_WORDS: Readonly<Record<ListName, string>> = {
  'official-train': 'the official training list without its validation part',
  'official-val': 'the validation part of the official training list',
  'official-test': 'the official test list',
  'official-train-val': 'the official training list',
  'chexnet-train': 'the 70/10/20 training list',
  'chexnet-val': 'the 70/10/20 validation list',
  'chexnet-test': 'the 70/10/20 test list',
};

const NIH_NAME = /(?:^|[\\/])(\d{8}_\d{3})(?:\.\w+)*$/;

/** The name under which the lists have a film of that set; null for films that are named otherwise. */
export const nihName = (path: string): string | null => {
  const stem = NIH_NAME.exec(path.trim())?.[1];
  return stem === undefined ? null : `${stem}.png`;
};

async function digestOf(names: ReadonlySet<string>): Promise<string> {
  const text = new TextEncoder().encode([...names].sort().join('\n'));
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', text));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Names of NIH films by the part that is said of them. */
export type NamedParts = ReadonlyMap<Split, ReadonlySet<string>>;

const PART_WORDS: Readonly<Record<Split, string>> = { train: 'training', val: 'validation', test: 'test' };
const number = (value: number) => value.toLocaleString('en-US');

export interface KnownParts {
  /** What the parts are, in words that follow "the parts are". */
  readonly words: string;
  /** Some of them is a published list. */
  readonly published: boolean;
}

/**
 * What the parts of a set are; null where no part speaks of NIH films by name.
 * @param here names of the films of the set
 */
export async function knownParts(
  named: NamedParts,
  here: ReadonlySet<string>,
  lists: KnownLists = NIH_LISTS,
): Promise<KnownParts | null> {
  const given = SPLITS.filter((part) => (named.get(part)?.size ?? 0) > 0);
  if (given.length === 0) return null;
  const found = new Map<Split, ListName>();
  for (const part of given) {
    const list = await listOf(named.get(part)!, lists);
    if (list) found.set(part, list);
  }
  const counts = given.map((part) => countWords(part, named.get(part)!, here)).join(', ');
  const whole = KNOWN_SPLITS.find(({ parts }) =>
    given.every((part) => found.has(part) && parts[part]?.includes(found.get(part)!)),
  );
  if (whole) return { words: `${whole.name} (${counts})`, published: true };
  if (found.size === 0) {
    return { words: `no published split of NIH ChestX-ray14 as a whole (${counts})`, published: false };
  }
  const each = given.map((part) => {
    const list = found.get(part);
    return `${PART_WORDS[part]} is ${list ? LIST_WORDS[list] : 'no published list'}`;
  });
  return { words: `no published split of NIH ChestX-ray14: ${each.join(', ')} (${counts})`, published: true };
}

async function listOf(names: ReadonlySet<string>, lists: KnownLists): Promise<ListName | null> {
  const likely = (Object.keys(lists) as ListName[]).filter((name) => lists[name].films === names.size);
  if (likely.length === 0) return null;
  const digest = await digestOf(names);
  return likely.find((name) => lists[name].sha256 === digest) ?? null;
}

/** "test 120 of 25,596 films" */
function countWords(part: Split, names: ReadonlySet<string>, here: ReadonlySet<string>): string {
  let count = 0;
  for (const name of names) if (here.has(name)) count++;
  const films = count === names.size ? `all ${number(count)}` : `${number(count)} of ${number(names.size)}`;
  return `${PART_WORDS[part]} ${films} films`;
}

/** Names of the NIH films among paths. */
export function nihNames(paths: readonly string[]): Set<string> {
  const names = new Set<string>();
  for (const path of paths) {
    const name = nihName(path);
    if (name) names.add(name);
  }
  return names;
}
