// The device view: the adapter and what it allows, memory in use, the self-test, and every request that the page has made.

import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { restart } from '../../store/run/acts.ts';
import { useSession } from '../../store/session.ts';
import { formatBytes, formatCount } from '../../util/format.ts';
import shared from '../shell/shared.module.css';
import { DevicePanelKernels } from './DevicePanelKernels.tsx';
import { DevicePanelNetwork } from './DevicePanelNetwork.tsx';
import { DevicePanelTest } from './DevicePanelTest.tsx';
import styles from './device.module.css';

const BYTE_LIMITS = ['maxBufferSize', 'maxStorageBufferBindingSize', 'maxComputeWorkgroupStorageSize'];

const LIMIT_LABELS = {
  maxBufferSize: 'Largest buffer',
  maxStorageBufferBindingSize: 'Largest storage binding',
  maxComputeWorkgroupStorageSize: 'Workgroup memory',
  maxComputeInvocationsPerWorkgroup: 'Threads per workgroup',
  maxComputeWorkgroupsPerDimension: 'Workgroups per dimension',
} as const;

function Facts({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={shared.facts}>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="num">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Restart() {
  const busy = useSession((session) => session.busy);
  return (
    <Button variant="default" disabled={busy !== null} onClick={() => void restart()}>
      Restart the engine
    </Button>
  );
}

function Adapter() {
  const { facts, memoryInUse, memoryReserved, busy } = useSession();
  if (!facts && busy === 'opening') return <p>Opening the adapter.</p>;
  if (!facts) {
    return (
      <>
        <p className={styles.deviceClaim}>
          No adapter is open, so nothing can be trained. Films can be read and looked at.
        </p>
        <Restart />
      </>
    );
  }
  const limits = Object.entries(LIMIT_LABELS) as [keyof typeof LIMIT_LABELS, string][];
  return (
    <>
      <div className={styles.deviceColumns}>
        <section aria-label="Adapter">
          <h2>Adapter</h2>
          <Facts
            rows={[
              ['Name', facts.description || 'not told'],
              ['Vendor', facts.vendor || 'not told'],
              ['Architecture', facts.architecture || 'not told'],
              ['Kind', facts.software ? 'software: correct but slow' : 'hardware'],
            ]}
          />
        </section>
        <section aria-label="Memory">
          <h2>Memory</h2>
          <Facts
            rows={[
              ['In use by tensors', memoryInUse === null ? 'no run yet' : formatBytes(memoryInUse)],
              ['Held from the GPU', memoryReserved === null ? 'no run yet' : formatBytes(memoryReserved)],
            ]}
          />
          <h2>Limits</h2>
          <Facts
            rows={limits.map(([name, label]) => [
              label,
              BYTE_LIMITS.includes(name) ? formatBytes(facts.limits[name]) : formatCount(facts.limits[name]),
            ])}
          />
        </section>
        <section aria-label="Features">
          <h2>Features</h2>
          <ul className={styles.features}>
            {[...facts.features].sort().map((feature) => (
              <li key={feature}>{feature}</li>
            ))}
            {facts.features.length === 0 && <li className="dim">none beyond the core</li>}
          </ul>
        </section>
      </div>
      <Restart />
    </>
  );
}

export function DevicePanel() {
  return (
    <div className={styles.device} data-testid="device-panel">
      <Adapter />
      <DevicePanelTest />
      <DevicePanelKernels />
      <DevicePanelNetwork />
    </div>
  );
}
