// Tables whose own rows name no film, found through another table that knows films and shares a key with them: reports by
// study beside a list of the films of each study, as with MIMIC-CXR in one flat folder, Open-i or SIIM-FISABIO-RSNA.

import { PATIENT_COLUMNS, plainName, STUDY_COLUMNS } from './columns.ts';
import { type FilmIndex, type Found, NO_FILM } from './filmIndex.ts';
import { normalisePath } from './match.ts';
import { recordsOf } from './stream.ts';
import type { Survey } from './survey.ts';
import { type ColumnHints, speaksOfImages } from './survey.ts';
import type { FailedTable, Understood } from './understand.ts';

type Keys = NonNullable<ColumnHints['keys']>;
type Reread = (survey: Survey, keys: Keys) => Promise<Understood>;

/** One spelling of a key: SIIM writes the kind of an id behind it. */
const keyOf = (cell: string): string =>
  normalisePath(cell)
    .replace(/_(?:image|img|study|series|patient|exam)$/, '')
    .replace(/\.0+$/, '');

/** Columns that may be keys, likeliest first: they are called so, or end in "id". */
function keyColumns({ columns }: Survey): number[] {
  const worth = (name: string): number => {
    const plain = plainName(name);
    if (STUDY_COLUMNS.includes(plain)) return 0;
    if (/(?:uid|id|key|number)$/.test(plain) && !PATIENT_COLUMNS.includes(plain)) return 1;
    return PATIENT_COLUMNS.includes(plain) ? 2 : -1;
  };
  return columns
    .flatMap(({ name }, at) => (worth(name) >= 0 ? [at] : []))
    .sort((a, b) => worth(columns[a]!.name) - worth(columns[b]!.name));
}

/** The films that each key of a table stands for. */
async function filmsByKey(
  { survey, table }: Understood,
  column: number,
  index: FilmIndex,
): Promise<Map<string, Set<number>>> {
  const films = new Map<string, Set<number>>();
  let at = 0;
  for await (const block of recordsOf(survey.blob, survey.dialect)) {
    for (const row of block) {
      const target = table.matches.targets[at++] ?? NO_FILM;
      const key = keyOf(row[column] ?? '');
      if (target < 0 || key === '') continue;
      const known = films.get(key) ?? new Set();
      for (const film of index.filmsOf(target)) known.add(film);
      films.set(key, known);
    }
  }
  return films;
}

const sameKey = (a: string, b: string): boolean => {
  const [one, other] = [plainName(a), plainName(b)];
  const both = (names: readonly string[]) => names.includes(one) && names.includes(other);
  return (
    one === other || both(PATIENT_COLUMNS) || (both(STUDY_COLUMNS) && /uid$/.test(one) === /uid$/.test(other))
  );
};

/** Pairs of columns by which a table may be found: of one kind, or the id of a table that has no column of that kind. */
function* pairs(
  lost: Survey,
  { survey }: Understood,
  fileColumn: number,
): Generator<readonly [number, number]> {
  const [mine, theirs] = [keyColumns(lost), keyColumns(survey)];
  for (const own of mine) {
    for (const other of theirs) {
      if (other !== fileColumn && sameKey(lost.columns[own]!.name, survey.columns[other]!.name))
        yield [own, other];
    }
  }
  for (const own of mine.filter((at) => ['id', 'uid'].includes(plainName(lost.columns[at]!.name)))) {
    for (const other of theirs) {
      if (other !== fileColumn && STUDY_COLUMNS.includes(plainName(survey.columns[other]!.name)))
        yield [own, other];
    }
  }
}

async function through(
  lost: Survey,
  guides: readonly Understood[],
  index: FilmIndex,
  reread: Reread,
): Promise<Understood | null> {
  for (const guide of guides) {
    for (const [own, other] of pairs(lost, guide, guide.table.fileColumn)) {
      const films = await filmsByKey(guide, other, index);
      const sampled = lost.sample.some((row) => films.has(keyOf(row[own] ?? '')));
      if (!sampled && lost.rows <= lost.sample.length) continue;
      const targets = new Map<string, number>();
      const find = (cell: string): Found => {
        const key = keyOf(cell);
        const known = films.get(key);
        if (!known) return { target: NO_FILM, depth: 0, partial: false };
        const target = targets.get(key) ?? (known.size === 1 ? [...known][0]! : index.addGroup([...known]));
        targets.set(key, target);
        return { target, depth: 1, partial: false };
      };
      const column = lost.columns[own]!.name;
      const found = await reread(lost, { column, find }).catch(() => null);
      if (!found || found.table.matches.count === 0) continue;
      const isPatient = PATIENT_COLUMNS.includes(plainName(column));
      return { ...found, level: isPatient ? 'patient' : 'study', through: guide.survey.file };
    }
  }
  return null;
}

/** Tables without a film, among them those not understood for it, joined through the others. */
export async function bridge(
  understood: readonly Understood[],
  failed: readonly FailedTable[],
  index: FilmIndex,
  reread: Reread,
): Promise<{ readonly understood: readonly Understood[]; readonly failed: readonly FailedTable[] }> {
  const guides = understood.filter(({ table, level }) => table.matches.count > 0 && level === 'film');
  if (guides.length === 0) return { understood, failed };
  const found: Understood[] = [];
  for (const each of understood) {
    const { matches } = each.table;
    // Films of its own that are not here, or that fit several, are no reason to look further.
    const isLost = matches.count === 0 && matches.ambiguous === 0 && !speaksOfImages(each.survey);
    found.push((isLost && (await through(each.survey, guides, index, reread))) || each);
  }
  const left: FailedTable[] = [];
  for (const each of failed) {
    const { survey } = each;
    const lost = survey && !survey.columns.some(({ matches }) => matches && matches.count > 0);
    const joined = lost ? await through(survey, guides, index, reread) : null;
    if (joined) found.push(joined);
    else left.push(each);
  }
  return { understood: found, failed: left };
}
