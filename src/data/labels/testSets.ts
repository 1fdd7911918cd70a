// Sets as people have them, for tests: files by path, read as the intake reads them up to the split, without decoding.

import type { Placement } from '../../protocol/dataset.ts';
import type { LabelChoice } from '../../protocol/labels.ts';
import { patientOf } from '../patient.ts';
import { readLabels, sortSources } from '../sources.ts';
import { splitFilms } from '../split.ts';

/** Text or bytes by path; a film's bytes are its path unless others are given. */
export type TestSet = Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>;

export const films = (...paths: readonly string[]): TestSet =>
  Object.fromEntries(paths.map((path) => [path, `film ${path}`]));

export const numbered = (count: number, name: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => name(i));

export async function readSet(set: TestSet, labels: LabelChoice = {}, labelFile?: string | string[]) {
  const files = Object.entries(set).map(([path, content]) => {
    const file = new File([content], path);
    return { path, size: file.size, modified: 0, open: async () => file };
  });
  const sources = await sortSources(files, labelFile);
  const { assignment, skipped, scan } = await readLabels(sources, {
    labels,
    ...(labelFile && { labelFile }),
  });
  const said = sources.films.map((_, at) => assignment?.films[at]);
  const patients = sources.films.map(
    ({ path }, at) => patientOf({ path, column: said[at]?.patient }).patient,
  );
  const split = splitFilms(
    sources.films.map((_, at) => ({
      patient: patients[at]!,
      findings: [],
      given: said[at]?.split,
      alsoIn: said[at]?.alsoIn,
      unknownPart: said[at]?.unknownPart,
    })),
    { seed: 1, stratify: 'every' },
    assignment?.splitSource ?? null,
  );
  const count = (part: Placement) => split.splits.filter((each) => each === part).length;
  const findings = assignment?.findings ?? [];
  const having = (value: number, at: number) => said.filter((film) => film?.labels[at] === value).length;
  return {
    films: sources.films.map(({ path }) => path),
    leftOut: [...sources.leftOut, ...skipped].map(({ path, error }) => [path, error.code]),
    assignment,
    scan,
    findings,
    /** Films with a finding, without it, and not known. */
    counts: Object.fromEntries(
      findings.map((finding, at) => [
        finding,
        [having(1, at), having(0, at), said.length - having(1, at) - having(0, at)],
      ]),
    ),
    patients,
    /** Films in training, validation, test, and in none. */
    parts: [count('train'), count('val'), count('test'), count('out')],
    given: said.map((film) => (film?.unknownPart === undefined ? film?.split : `? ${film.unknownPart}`)),
    rule: split.rule,
    notes: (assignment?.report.notes ?? []).join('\n'),
    report: assignment?.report,
    uses: Object.fromEntries(scan.tables.map(({ path, use }) => [path, use?.role])),
  };
}
