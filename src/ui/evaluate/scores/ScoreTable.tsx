// The scores as numbers: AUROC with interval per finding and encoder, the gain over the random encoder, average
// precision. A finding's name shows its ROC curve; findings left out stand below with their reason.

import { Table, UnstyledButton } from '@mantine/core';
import {
  ENCODER_NAMES,
  ENCODERS,
  type EncoderName,
  type ScoredReport,
} from '../../../tasks/compared/report.ts';
import { intervalText, scoreText } from '../../../tasks/compared/words.ts';
import type { Interval } from '../../../tasks/record.ts';
import shared from '../../shell/shared.module.css';
import styles from './ScoreTable.module.css';

function Score({ score }: { score: Interval }) {
  return (
    <Table.Td className="num" ta="right">
      {scoreText(score.value)} <span className={`dim ${styles.probeInterval}`}>{intervalText(score)}</span>
    </Table.Td>
  );
}

function Gain({ scores }: { scores: Record<EncoderName, Interval> }) {
  const { pretrained, random } = scores;
  const gain = pretrained.value === null || random.value === null ? null : pretrained.value - random.value;
  const sign = gain !== null && gain >= 0 ? '+' : '−';
  return (
    <Table.Td className="num" ta="right">
      {gain === null ? '–' : `${sign}${Math.abs(gain).toFixed(3)}`}
    </Table.Td>
  );
}

interface ScoreTableProps {
  readonly report: ScoredReport;
  readonly selected: string | null;
  readonly onSelect: (finding: string) => void;
}

export function ScoreTable({ report, selected, onSelect }: ScoreTableProps) {
  return (
    <Table data-testid="probe-table" verticalSpacing={4} horizontalSpacing="sm" className={shared.table}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Finding</Table.Th>
          <Table.Th ta="right">With / without</Table.Th>
          {ENCODER_NAMES.map((name) => (
            <Table.Th key={name} ta="right">
              {ENCODERS[name]}
            </Table.Th>
          ))}
          <Table.Th ta="right">Gain</Table.Th>
          <Table.Th ta="right">Average precision</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        <Table.Tr className={styles.probeMean}>
          <Table.Td>Mean</Table.Td>
          <Table.Td />
          {ENCODER_NAMES.map((name) => (
            <Score key={name} score={report.mean[name]} />
          ))}
          <Gain scores={report.mean} />
          <Table.Td />
        </Table.Tr>
        {report.findings.map(({ finding, positives, negatives, auroc, averagePrecision }) => (
          <Table.Tr key={finding} data-selected={finding === selected || undefined}>
            <Table.Td>
              <UnstyledButton
                className={styles.probeFinding}
                aria-pressed={finding === selected}
                onClick={() => onSelect(finding)}
              >
                {finding}
              </UnstyledButton>
            </Table.Td>
            <Table.Td className="num" ta="right">
              {positives} / {negatives}
            </Table.Td>
            {ENCODER_NAMES.map((name) => (
              <Score key={name} score={auroc[name]} />
            ))}
            <Gain scores={auroc} />
            <Table.Td className="num" ta="right">
              {scoreText(averagePrecision.pretrained)}
            </Table.Td>
          </Table.Tr>
        ))}
        {report.leftOut.map(({ finding, reason }) => (
          <Table.Tr key={finding} className="dim">
            <Table.Td>{finding}</Table.Td>
            <Table.Td colSpan={ENCODER_NAMES.length + 3}>left out: {reason}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
