// The match report of `decode DIR --labels FILE`: how the label file was understood, and what became of every row and
// film, with the first examples of each problem. Names of files are printed: this is the user's own terminal.

import type { Placement } from '../../src/protocol/dataset.ts';
import type { Arrangement } from '../../src/protocol/intake.ts';
import {
  JOIN_LEVELS,
  LABEL_FORMATS,
  type LabelScan,
  MATCH_PROBLEMS,
  type MatchProblem,
  type ScannedTable,
  TABLE_ROLES,
  type TableUse,
} from '../../src/protocol/labels.ts';
import type { PageSession } from './browser.ts';
import { giveFolder } from './giveFolder.ts';

/** Names from a file are shown without control characters, which a terminal would obey. */
const plain = (text: string) => text.replace(/\p{Cc}/gu, '?');

const PROBLEMS = Object.keys(MATCH_PROBLEMS) as MatchProblem[];

function describeTable(table: ScannedTable): string {
  const { path, format, error, rows, matched, fileColumn, patientColumn, splitColumn, use } = table;
  if (!format) return `${path}: ${error?.message ?? 'not understood'}`;
  const columns = [
    ['film named by', fileColumn],
    ['patient', patientColumn],
    ['split', splitColumn],
  ].flatMap(([what, name]) => (name ? [`${what} "${name}"`] : []));
  const how = use ? `; ${roleInWords(use)}` : '';
  return `${path}: ${LABEL_FORMATS[format].name} (${LABEL_FORMATS[format].from}); ${rows} rows, ${matched} match; ${columns.join(', ')}${how}`;
}

function roleInWords({ role, by, films, through, reason }: TableUse): string {
  if (role === 'unused') return `not used: ${reason}`;
  return `${TABLE_ROLES[role]} ${JOIN_LEVELS[by]}${through ? ` through ${through}` : ''}, ${films} films`;
}

/** The report, line by line. */
export function matchReportLines(scan: LabelScan): string[] {
  const { tables, report, findings, positives, negatives = [], films, parts } = scan;
  const lines = tables.map(describeTable);
  lines.push(...leftOutLines(scan));
  if (!report) return [...lines, `No labels for ${films} film(s).`].map(plain);
  const counts: Record<MatchProblem, number> = {
    'no-film': report.rowsWithoutFile,
    'no-row': report.filesWithoutRow,
    ambiguous: report.ambiguousRows ?? 0,
    duplicate: report.duplicateRows,
    conflict: report.conflictingRows,
  };
  lines.push(`Used: ${report.file} as ${report.format}`);
  lines.push(`${report.matchedRows} of ${report.rows} rows matched, ${films} files that may be films`);
  for (const problem of PROBLEMS) {
    const { one, many } = MATCH_PROBLEMS[problem];
    lines.push(`${counts[problem]} ${counts[problem] === 1 ? one : many}`);
    for (const example of report.examples ?? []) {
      if (example.problem !== problem) continue;
      lines.push(`    ${example.row > 0 ? `row ${example.row}: ` : ''}${example.name}`);
    }
  }
  if (report.marks) {
    const { boxes, masks, films: marked } = report.marks;
    lines.push(`${boxes} boxes and ${masks} masks on ${marked} films`);
  }
  findings.forEach((finding, at) => {
    const absent = negatives[at];
    const known =
      absent === undefined ? '' : `, ${absent} without, ${films - positives[at]! - absent} not known`;
    lines.push(`${String(positives[at]).padStart(7)} ${finding}${known}`);
  });
  if (parts) lines.push(`Parts as given: ${partsInWords(parts)}`);
  for (const { word, films: count } of scan.unknownParts ?? []) {
    lines.push(
      `Not known which part "${word}" is: ${count} films; say it with --part "${word}=train|val|test|out"`,
    );
  }
  return [...lines, ...(report.notes ?? []).map((note) => `Note: ${note}`)].map(plain);
}

const partsInWords = (parts: Readonly<Record<Placement, number>>): string =>
  Object.entries(parts)
    .map(([part, count]) => `${count} ${part}`)
    .join(', ');

/** Files that are neither films nor label files in use, by reason. */
function leftOutLines({ leftOut = [] }: LabelScan): string[] {
  const reasons = new Map<string, string[]>();
  for (const { path, error } of leftOut)
    reasons.set(error.message, [...(reasons.get(error.message) ?? []), path]);
  return [...reasons].map(([reason, paths]) => `${paths.length} left out, e.g. ${paths[0]}: ${reason}`);
}

/** Matches the label file with the files below `folder`, no film opened, and prints what came of it. */
export async function printMatchReport(
  session: PageSession,
  folder: string,
  labels: readonly string[],
  arrangement: Arrangement,
): Promise<void> {
  await giveFolder(session, folder);
  if (labels.length > 0) await session.page.locator('#labels').setInputFiles([...labels]);
  const scan = await session.call('scanLabels', arrangement.labels ? { labels: arrangement.labels } : {});
  console.log(matchReportLines(scan).join('\n'));
}
