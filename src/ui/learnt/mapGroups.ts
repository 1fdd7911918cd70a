// How the films of the map are told apart by colour: groups with a label and a colour, and the group of every film. Kinds of
// which there are many show the six largest and all others as one. Nothing here touches the DOM.

import { flagBit, QUALITY, QUALITY_FLAGS } from '../../protocol/arrangement.ts';
import {
  type FilmTable,
  LABEL_NEGATIVE,
  LABEL_POSITIVE,
  type Placement,
  SPLITS,
} from '../../protocol/dataset.ts';
import type { Colouring } from '../../store/run/filmMap.ts';
import { runColour } from '../shell/theme.ts';

export interface MapGroup {
  readonly label: string;
  /** A name of theme.css. */
  readonly colour: string;
  readonly films: number;
}

export interface MapGroups {
  /** In words, e.g. `Mass`. */
  readonly title: string;
  readonly groups: readonly MapGroup[];
  /** Of every row of the map. */
  readonly of: Uint8Array;
}

/** Groups that have a colour of their own. */
const MOST = 6;
const REST = 'var(--ink-faint)';

export interface Coloured {
  readonly colouring: Colouring;
  readonly finding: string | null;
  readonly clusters: Uint8Array | null;
}

interface Set {
  readonly filmTable: FilmTable;
  readonly findings: readonly string[];
}

export function mapGroups(set: Set, films: ArrayLike<number>, how: Coloured): MapGroups {
  const { filmTable: table } = set;
  switch (how.colouring) {
    case 'finding':
      return byFinding(set, films, how.finding);
    case 'part':
      return fixed('Part', films, ['Training', 'Validation', 'Test', 'Left out'], PART_COLOURS, (film) =>
        Math.min(3, table.splits[film]!),
      );
    case 'patient':
      return largest('Patient', films, (film) => `Patient ${table.patients[film]! + 1}`, 'Other patients');
    case 'view':
      return largest(
        'View',
        films,
        (film) => table.takings[table.takingOf[film]!]?.view ?? null,
        'Other views',
      );
    case 'quality':
      return largest('Quality', films, (film) => flagOf(table.flags[film]!), 'Several');
    case 'cluster':
      return byCluster(films, how.clusters);
  }
}

const PART_COLOURS = ['var(--term-blue)', 'var(--term-green)', 'var(--term-amber)', REST];
const FINDING_COLOURS = ['var(--term-amber)', 'var(--term-blue)', REST];

function fixed(
  title: string,
  films: ArrayLike<number>,
  labels: readonly string[],
  colours: readonly string[],
  groupOf: (film: number) => number,
): MapGroups {
  const of = Uint8Array.from({ length: films.length }, (_, row) => groupOf(films[row]!));
  const counts = countsOf(of, labels.length);
  return { title, of, groups: labels.map((label, i) => ({ label, colour: colours[i]!, films: counts[i]! })) };
}

function countsOf(of: Uint8Array, groups: number): number[] {
  const counts = new Array<number>(groups).fill(0);
  for (const group of of) counts[group]!++;
  return counts;
}

function byFinding(
  { filmTable, findings }: Set,
  films: ArrayLike<number>,
  finding: string | null,
): MapGroups {
  const column = Math.max(0, findings.indexOf(finding ?? ''));
  const title = findings[column] ?? 'Finding';
  return fixed(title, films, [title, `No ${title.toLowerCase()}`, 'Not known'], FINDING_COLOURS, (film) => {
    const label = filmTable.labels[film * findings.length + column];
    return label === LABEL_POSITIVE ? 0 : label === LABEL_NEGATIVE ? 1 : 2;
  });
}

function flagOf(flags: number): string | null {
  const found = QUALITY_FLAGS.filter((flag) => (flags & flagBit(flag)) !== 0);
  return found.length > 0 ? QUALITY[found[0]!].name : null;
}

/** The largest kinds in the colours of runs; what has no kind last. */
function largest(
  title: string,
  films: ArrayLike<number>,
  kindOf: (film: number) => string | null,
  others: string,
): MapGroups {
  const kinds = Array.from({ length: films.length }, (_, row) => kindOf(films[row]!));
  const counts = new Map<string, number>();
  for (const kind of kinds) if (kind !== null) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const shown = [...counts].sort((a, b) => b[1] - a[1]).slice(0, MOST);
  const places = new Map(shown.map(([kind], place) => [kind, place]));
  const rest = shown.length;
  const none = rest + 1;
  const of = Uint8Array.from(kinds, (kind) => (kind === null ? none : (places.get(kind) ?? rest)));
  const counted = countsOf(of, none + 1);
  const groups = [
    ...shown.map(([label], i) => ({ label, colour: runColour(i + 1), films: counted[i]! })),
    { label: others, colour: REST, films: counted[rest]! },
    { label: title === 'Quality' ? 'Nothing noticed' : 'Not known', colour: REST, films: counted[none]! },
  ];
  return { title, of, groups };
}

function byCluster(films: ArrayLike<number>, clusters: Uint8Array | null): MapGroups {
  const of = clusters ?? new Uint8Array(films.length);
  const count = of.reduce((most, cluster) => Math.max(most, cluster + 1), 1);
  const counts = countsOf(of, count);
  const groups = counts.map((films, i) => ({
    label: `Cluster ${i + 1}`,
    colour: clusters ? runColour(i + 1) : REST,
    films,
  }));
  return { title: 'Cluster', of, groups };
}

/** The findings of a film and where it stands, in words. */
export function filmWords({ filmTable, findings }: Set, film: number): string {
  const present = findings.filter((_, i) => filmTable.labels[film * findings.length + i] === LABEL_POSITIVE);
  const part: Placement = SPLITS[filmTable.splits[film]!] ?? 'out';
  const place = { train: 'training', val: 'validation', test: 'test', out: 'left out' }[part];
  return `${place}; ${present.length > 0 ? present.join(', ') : 'no finding'}`;
}
