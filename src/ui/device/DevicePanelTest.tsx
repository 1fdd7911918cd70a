// The self-test on the device view: a button, how far it is, one sentence, and a row for each thing compared.

import { Button, Table } from '@mantine/core';
import type { SelfTestRow } from '../../protocol/device.ts';
import { isAtWork } from '../../protocol/engine.ts';
import { testGpu, useSelfTest } from '../../store/device/kernels.ts';
import { useSession } from '../../store/session.ts';
import { formatCount } from '../../util/format.ts';
import { ErrorNotice } from '../shell/ErrorNotice.tsx';
import styles from './device.module.css';

function errorText({ error, unit }: SelfTestRow): string {
  if (error === null) return '–';
  if (unit === 'levels') return `${error} of 255`;
  return error === 0 ? '0' : error.toExponential(1);
}

function limitText({ tolerance, unit }: SelfTestRow): string {
  return unit === 'levels' ? `${tolerance} of 255` : tolerance.toExponential(0);
}

function Rows({ rows }: { rows: readonly SelfTestRow[] }) {
  return (
    <div className={styles.requests}>
      <Table verticalSpacing={2} horizontalSpacing={8} fz="xs" stickyHeader data-testid="self-test-rows">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Compared</Table.Th>
            <Table.Th>Case</Table.Th>
            <Table.Th ta="right">Error</Table.Th>
            <Table.Th ta="right">At most</Table.Th>
            <Table.Th>Verdict</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={`${row.name}, ${row.detail}`} data-ok={row.ok}>
              <Table.Td>{row.name}</Table.Td>
              <Table.Td>{row.detail}</Table.Td>
              <Table.Td ta="right" className="num">
                {errorText(row)}
              </Table.Td>
              <Table.Td ta="right" className="num">
                {limitText(row)}
              </Table.Td>
              <Table.Td>{row.ok ? 'right' : <strong>{row.fault ?? 'wrong'}</strong>}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

export function DevicePanelTest() {
  const { running, rows, total, report, error } = useSelfTest();
  const free = useSession(({ facts, busy, status }) => facts !== null && !busy && !isAtWork(status.state));
  const share = total > 0 ? ` ${formatCount(rows.length)} of ${formatCount(total)}` : '';
  // What is wrong stands first; the rest keeps its order.
  const ordered = [...rows.filter(({ ok }) => !ok), ...rows.filter(({ ok }) => ok)];
  return (
    <section aria-label="Self-test" data-testid="self-test">
      <h2>Self-test</h2>
      <p className={styles.deviceClaim}>
        Drivers differ. This computes every kernel, and a training step of every method, on this GPU and again
        with plain loops on the processor, and compares. A prepared run stays as it is.
      </p>
      <Button
        variant="default"
        data-testid="test-gpu"
        disabled={!free || running}
        onClick={() => void testGpu()}
      >
        {running ? `Testing${share}` : 'Test this GPU'}
      </Button>
      <p
        className={styles.selfTestVerdict}
        role="status"
        data-testid="self-test-verdict"
        data-ok={report?.ok}
      >
        {report?.sentence}
      </p>
      {error && <ErrorNotice error={error} />}
      {rows.length > 0 && <Rows rows={ordered} />}
    </section>
  );
}
