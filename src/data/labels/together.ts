// Which tables of a folder are used together, and as what: more rows of the same table are stacked, tables with other facts
// about the same films are joined, and of two that say the same about the same films one is used. What is not used is named
// with its reason; a person may choose otherwise.

import { LABEL_FORMAT_IDS, type LabelChoice, type TableRole } from '../../protocol/labels.ts';
import { type Said, saidPart, splitOfList, stemOf } from '../splitWords.ts';
import { plainName } from './columns.ts';
import type { FilmIndex } from './filmIndex.ts';
import { gives, isAbout, type LabelSurvey, type Understood } from './understand.ts';

export interface UsedTable {
  readonly each: Understood;
  readonly role: TableRole;
  /** Films that its rows speak of. */
  readonly films: ReadonlySet<number>;
  readonly reason?: string;
  /** The part of all its films, by the name of the file. */
  readonly partOfAll?: Said | undefined;
}

/** A table of which more films than this share are in another that says the same is a rival of that, and no more rows of it. */
const SHARED = 0.5;

function filmsSpokenOf({ table: { matches } }: Understood, index: FilmIndex): Set<number> {
  const films = new Set<number>();
  for (const target of matches.targets) for (const film of index.filmsOf(target)) films.add(film);
  return films;
}

/** Competitions hand out a sample of what is to be handed in, with one answer for every film. */
const SUBMISSION = /submission/i;

const number = (value: number) => value.toLocaleString('en-US');
const namesOf = ({ table }: Understood) => table.plan.findings.map(plainName);
const givesLabels = (each: Understood) => gives(each, 'labels') || gives(each, 'patients');

interface Candidate {
  readonly each: Understood;
  readonly films: ReadonlySet<number>;
}

/** The likeliest table first: one with findings, of most films, in the order of formats, called after a part. */
const byWorth = (a: Candidate, b: Candidate): number =>
  Number(b.each.table.plan.findings.length > 0) - Number(a.each.table.plan.findings.length > 0) ||
  b.films.size - a.films.size ||
  LABEL_FORMAT_IDS.indexOf(a.each.format) - LABEL_FORMAT_IDS.indexOf(b.each.format) ||
  Number(splitOfList(b.each.survey.file) !== undefined) -
    Number(splitOfList(a.each.survey.file) !== undefined) ||
  (a.each.survey.file < b.each.survey.file ? -1 : 1);

const shared = (films: ReadonlySet<number>, others: ReadonlySet<number>): number => {
  let count = 0;
  for (const film of films) if (others.has(film)) count++;
  return count;
};

/** Do the names of two files say different parts? They are then lists of one set, even where the same film is in both. */
function differentParts(a: Understood, b: Understood): boolean {
  const [one, other] = [a, b].map(({ survey }) => splitOfList(survey.file));
  return one !== other && one !== undefined && other !== undefined;
}

/** Why a table is not used for findings beside those that are, or how it is. */
function relationTo(
  used: readonly UsedTable[],
  { each, films }: Candidate,
): Pick<UsedTable, 'role' | 'reason'> {
  const own = new Set(namesOf(each));
  const alike = used.filter((other) => namesOf(other.each).some((name) => own.has(name)));
  if (alike.length === 0) {
    const many = [each, ...used.map((other) => other.each)].find(({ table }) => table.plan.manyRows);
    if (!many) return { role: 'joined' };
    const whose = many === each ? '' : `${many.survey.file} `;
    return {
      role: 'unused',
      reason: `it has other findings, and ${whose}a row for each box or reader; choose it instead`,
    };
  }
  const rival = alike.find(
    (other) => shared(films, other.films) > SHARED * films.size && !differentParts(each, other.each),
  );
  if (!rival) return { role: 'stacked' };
  const count = shared(films, rival.films);
  return {
    role: 'unused',
    reason: `${rival.each.survey.file} says the same findings of ${number(count)} of its ${number(films.size)} films`,
  };
}

/** The tables that give labels, persons and parts, the one that leads first. */
function labelTables(candidates: readonly Candidate[], choice: LabelChoice): UsedTable[] {
  const able = candidates.filter(({ each }) => givesLabels(each)).sort(byWorth);
  const used: UsedTable[] = [];
  const rest: UsedTable[] = [];
  for (const candidate of able) {
    const { each } = candidate;
    const chosen = choice.use?.includes(each.survey.path) || choice.file === each.survey.path;
    if (SUBMISSION.test(each.survey.file) && !chosen) {
      rest.push({
        ...candidate,
        role: 'unused',
        reason: 'it is called a submission: its labels are a sample of the form',
      });
      continue;
    }
    const isOther = choice.use ? !chosen : choice.file !== undefined && !isAbout(choice, each.survey.path);
    if (choice.file === null || isOther) {
      rest.push({ ...candidate, role: 'unused', reason: 'as chosen' });
      continue;
    }
    const labelled = used.filter((other) => other.each.table.plan.findings.length > 0);
    if (used.length === 0) used.push({ ...candidate, role: 'labels' });
    else if (each.table.plan.findings.length === 0) used.push({ ...candidate, role: 'joined' });
    else {
      const relation = relationTo(labelled, candidate);
      if (relation.role !== 'unused') used.push({ ...candidate, ...relation });
      else if (chosen) used.push({ ...candidate, role: 'joined' });
      else rest.push({ ...candidate, ...relation });
    }
  }
  return [...withParts(used, choice), ...rest];
}

/** Where tables of one kind are called after parts, the name of each gives the part of its films. */
function withParts(used: readonly UsedTable[], choice: LabelChoice): UsedTable[] {
  const rows = used.filter(({ role }) => role === 'labels' || role === 'stacked');
  const parts = new Set(rows.map(({ each }) => splitOfList(each.survey.file)));
  const byName = rows.length > 1 && parts.size > 1;
  return used.map((table) => {
    const { each, role } = table;
    const isRow = role === 'labels' || role === 'stacked';
    if (!each.table.plan.splitInName && !(byName && isRow)) return table;
    return { ...table, partOfAll: partByName(each, parts.has('train'), choice) };
  });
}

/** A name that says no part is asked about beside others that do. @param asked there are such others */
function partByName({ survey }: Understood, asked: boolean, choice: LabelChoice): Said | undefined {
  const part = splitOfList(survey.file);
  const stem = stemOf(survey.file);
  const chosen = choice.parts && Object.hasOwn(choice.parts, stem.toLowerCase());
  if (part && !chosen) return { part };
  return chosen || asked ? saidPart(stem, choice.parts) : undefined;
}

function listTables(candidates: readonly Candidate[], choice: LabelChoice): UsedTable[] {
  const lists = candidates.filter(({ each }) => each.format === 'nih-list');
  const anyPart = lists.some(({ each }) => splitOfList(each.survey.file));
  return lists.map((candidate): UsedTable => {
    const partOfAll = partByName(candidate.each, anyPart, choice);
    if (partOfAll && (!choice.use || choice.use.includes(candidate.each.survey.path))) {
      return { ...candidate, role: 'list', partOfAll };
    }
    const reason = partOfAll ? 'as chosen' : 'its name says no part that is known';
    return { ...candidate, role: 'unused', reason };
  });
}

/** Every table with what it is used for. */
export function tablesTogether({ understood, index }: LabelSurvey, choice: LabelChoice): UsedTable[] {
  const all = understood.map((each) => ({ each, films: filmsSpokenOf(each, index) }));
  const speaking = all.filter(({ films }) => films.size > 0);
  const labels = labelTables(speaking, choice);
  const used = new Set(labels.filter(({ role }) => role !== 'unused').map(({ each }) => each));
  const drawn = (each: Understood) => gives(each, 'boxes') || gives(each, 'masks');
  const marks = speaking
    .filter(({ each }) => drawn(each) && !used.has(each))
    .map((candidate): UsedTable => {
      const why = labels.find(({ each }) => each === candidate.each)?.reason;
      const reason = why ? `only what is drawn in it is used: ${why}` : undefined;
      return { ...candidate, role: 'marks', ...(reason && { reason }) };
    });
  const marked = new Set(marks.map(({ each }) => each));
  const silent = all
    .filter(({ films }) => films.size === 0)
    .map((candidate): UsedTable => ({ ...candidate, role: 'unused', reason: silence(candidate.each) }));
  return [
    ...labels.filter(({ each }) => !marked.has(each)),
    ...marks,
    ...listTables(speaking, choice),
    ...silent,
  ];
}

/** Why no row of a table was put on a film. */
export function silence({ survey, table }: Understood): string {
  const { matches, fileColumn } = table;
  const column = survey.columns[fileColumn];
  if (matches.ambiguous > 0) {
    return `${number(matches.ambiguous)} of its ${number(survey.rows)} rows fit several films each, and none fits one alone`;
  }
  const tried = survey.columns.filter((each) => each.matches).map(({ name }) => `"${name}"`);
  if (!column) return 'it has no column that names films';
  return tried.length > 1
    ? `none of its rows names a film, in none of the columns ${tried.join(', ')}`
    : `none of its rows names a film in the column "${column.name}"`;
}
