// The network panel of the device view: how the page is protected, whether it works without a network, and every request
// since it was opened, from the page, its workers and the service worker, those that were refused among them.

import { SegmentedControl, Table } from '@mantine/core';
import { useState } from 'react';
import { type RequestRow, useRequests } from '../../store/device/requests.ts';
import { useProtection, whyNotProtected } from '../../store/page/protection.ts';
import { formatBytes, formatCount } from '../../util/format.ts';
import styles from './device.module.css';

const OUTCOMES: Record<RequestRow['outcome'], string> = {
  server: 'from the server',
  cache: 'from this browser',
  refused: 'refused',
  foreign: 'another origin',
};

const COPY_WORDS = {
  ready: 'The whole app is kept in this browser and works without a network.',
  preparing: 'A copy of the app for use without a network is being made.',
  unavailable: 'This browser keeps no copy of the app, so it needs its server to start.',
} as const;

function ProtectionWords() {
  const { protection, offline } = useProtection();
  const by = protection.state === 'active' ? protection.by : null;
  return (
    <p
      className={styles.deviceClaim}
      data-testid="protection"
      data-state={protection.state}
      data-by={by ?? ''}
    >
      {by === 'server' && 'Protected by the headers of the server. '}
      {by === 'service worker' && 'Protected by the service worker, which adds the headers to every answer. '}
      {whyNotProtected(protection)} {COPY_WORDS[offline.copy]}
    </p>
  );
}

function Counts() {
  const { total, foreign, refused, sent, received } = useRequests();
  return (
    <p className={styles.deviceClaim}>
      <b className="num">{formatCount(total)}</b> requests, <b className="num">{formatCount(foreign)}</b> of
      them to another origin. <b className="num">{formatBytes(sent)}</b> sent in bodies or queries,{' '}
      <b className="num">{formatBytes(received)}</b> of the app received. Refused:{' '}
      <b className="num">{formatCount(refused)}</b>.
    </p>
  );
}

const timeOf = (at: number) =>
  new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

function Rows({ rows }: { rows: readonly RequestRow[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no pointer scrolls it with the keys
    <section className={styles.requests} aria-label="Requests" tabIndex={0}>
      <Table verticalSpacing={2} horizontalSpacing={8} fz="xs" stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Time</Table.Th>
            <Table.Th>Asked by</Table.Th>
            <Table.Th>Address</Table.Th>
            <Table.Th>Kind</Table.Th>
            <Table.Th>Answer</Table.Th>
            <Table.Th ta="right">Sent</Table.Th>
            <Table.Th ta="right">Received</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a request may repeat in the same millisecond
            <Table.Tr key={index} data-outcome={row.outcome}>
              <Table.Td className="num">{timeOf(row.at)}</Table.Td>
              <Table.Td>{row.asker}</Table.Td>
              <Table.Td className={styles.requestsAddress}>{row.address}</Table.Td>
              <Table.Td>{row.kind}</Table.Td>
              <Table.Td className={styles.requestsOutcome}>{OUTCOMES[row.outcome]}</Table.Td>
              <Table.Td ta="right" className="num">
                {row.outcome === 'refused' ? '–' : formatBytes(row.sent)}
              </Table.Td>
              <Table.Td ta="right" className="num">
                {formatBytes(row.received)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {rows.length === 0 && <p className="dim">None so far.</p>}
    </section>
  );
}

const VIEWS = [
  { value: 'all', label: 'All' },
  { value: 'network', label: 'Over the network' },
  { value: 'refused', label: 'Refused' },
] as const;

function chosen(rows: readonly RequestRow[], view: string): readonly RequestRow[] {
  if (view === 'refused') return rows.filter(({ outcome }) => outcome === 'refused');
  if (view === 'network') return rows.filter(({ outcome }) => outcome === 'server' || outcome === 'foreign');
  return rows;
}

export function DevicePanelNetwork() {
  const { rows, foreign, refused, sent } = useRequests();
  const [view, setView] = useState<string>('all');
  return (
    <section
      aria-label="Network"
      data-testid="requests"
      data-foreign={foreign}
      data-refused={refused}
      data-sent={sent}
    >
      <h2>Network</h2>
      <ProtectionWords />
      <Counts />
      <SegmentedControl
        size="xs"
        data={[...VIEWS]}
        value={view}
        onChange={setView}
        aria-label="Requests shown"
      />
      <Rows rows={chosen(rows, view)} />
    </section>
  );
}
