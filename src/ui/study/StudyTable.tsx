// The table of a study: mean AUROC with its spread over seeds and its interval over patients, and below it the difference to the
// reference. A cell of a method shows the curves of its runs. The files beside it hold the same at full precision.

import { Button, Table, UnstyledButton } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { METHODS } from '../../methods/records.ts';
import { showCurves } from '../../store/study/study.ts';
import { runId } from '../../study/names.ts';
import { isComplete } from '../../study/queue.ts';
import { studyCsv, studyJson, studyTex } from '../../study/report/files.ts';
import { studyHtml } from '../../study/report/html.ts';
import { columnsOf, columnWords, measuresOf } from '../../study/spec.ts';
import type { StudyState } from '../../study/state.ts';
import { chosenFor } from '../../study/sweep.ts';
import type { Cell, StudyRow } from '../../study/table.ts';
import { standing } from '../../study/verdict.ts';
import { gainText, intervalText, scoreText } from '../../tasks/compared/record.ts';
import { saveText } from '../shell/download.ts';
import shared from '../shell/shared.module.css';
import styles from './StudyTable.module.css';

/** Runs of a method in the browser's storage, one per seed that is trained. */
function runsOf(state: StudyState, row: StudyRow): readonly string[] {
  const method = state.spec.methods.find(({ name }) => name === row.method);
  const swept = method && chosenFor(state, method);
  if (!method || !swept) return [];
  return state.spec.seeds.flatMap((seed) => state.trained[runId(method.name, seed, swept)]?.runId ?? []);
}

const STANDING = { above: 'above', below: 'below', alike: 'not told apart' } as const;

interface ScoreProps {
  readonly cell: Cell;
  readonly onOpen: (() => void) | null;
  /** Nothing is called a difference before the end. */
  readonly complete: boolean;
}

function Score({ cell, onOpen, complete }: ScoreProps) {
  const { score, spread, difference, seeds } = cell;
  if (score.value === null) return <span className="dim">–</span>;
  const spreadText = spread.seeds === null ? '' : ` ± ${spread.seeds.toFixed(3)}`;
  const found = complete ? standing(difference) : null;
  const value = `${scoreText(score.value)}${spreadText}`;
  return (
    <>
      {onOpen ? (
        <UnstyledButton className={styles.studyScore} title="Show the curves of these runs" onClick={onOpen}>
          {value}
        </UnstyledButton>
      ) : (
        value
      )}
      <span className={`dim ${styles.studySmall}`}>
        {intervalText(score)}, {seeds} {seeds === 1 ? 'seed' : 'seeds'}
      </span>
      {difference && difference.value !== null && (
        <span className={styles.studySmall}>
          {gainText(difference.value)}
          {found && `: ${STANDING[found]}`}
        </span>
      )}
    </>
  );
}

export function StudyTable({ state, rows }: { state: StudyState; rows: readonly StudyRow[] }) {
  const { spec } = state;
  const reference = METHODS[spec.reference].label;
  const complete = isComplete(state);
  return (
    <>
      <Table.ScrollContainer minWidth={480} type="native">
        <Table data-testid="study-table" verticalSpacing={4} horizontalSpacing="sm" className={shared.table}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Mean {measuresOf(spec)}</Table.Th>
              {columnsOf(spec).map((column) => (
                <Table.Th key={`${column.task} ${column.share}`} ta="right">
                  {columnWords(spec, column)} of the labels
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => {
              const runs = runsOf(state, row);
              return (
                <Table.Tr key={row.id} data-row={row.id} className={row.method === null ? 'dim' : undefined}>
                  <Table.Td>{row.label}</Table.Td>
                  {row.cells.map((cell) => (
                    <Table.Td key={`${cell.task} ${cell.share}`} className="num" ta="right">
                      <Score
                        complete={complete}
                        cell={cell}
                        onOpen={runs.length > 0 ? () => showCurves(runs) : null}
                      />
                    </Table.Td>
                  ))}
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <p className={`dim ${styles.studyNote}`}>
        Mean over findings, label draws and seeds ± standard deviation over seeds; interval: 95&nbsp;%,
        bootstrap over test patients, the encoders as they are. Differences are to {reference}, paired; one is
        told apart where p after Holm is under 0.05 and every seed agrees.
      </p>
    </>
  );
}

const FILES = {
  HTML: ['report.html', studyHtml, 'text/html'],
  JSON: ['study.json', studyJson, 'application/json'],
  CSV: ['study.csv', studyCsv, 'text/csv'],
  TeX: ['study.tex', studyTex, 'text/x-tex'],
} as const;

export function StudyExports({ state }: { state: StudyState }) {
  return (
    <div className={shared.control}>
      {Object.entries(FILES).map(([kind, [name, write, type]]) => (
        <Button
          key={kind}
          data-testid={`study-export-${kind.toLowerCase()}`}
          variant="default"
          size="compact-xs"
          leftSection={<IconDownload size={13} />}
          onClick={() => saveText(name, write(state), type)}
        >
          {kind}
        </Button>
      ))}
    </div>
  );
}
