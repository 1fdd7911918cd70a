// The kernels on the device view: each with a switch, what runs instead where it is off, the form of its programs with
// what the measurement said, and its error in the last self-test. Fixed while a run is prepared.

import { Button, Switch, Table } from '@mantine/core';
import { KERNEL_LABELS, type KernelFacts } from '../../protocol/device.ts';
import { isAtWork } from '../../protocol/engine.ts';
import { measureAgain, switchKernel, useKernels, useSelfTest } from '../../store/device/kernels.ts';
import { runExists, useSession } from '../../store/session.ts';
import styles from './device.module.css';

const milliseconds = (ms: number) => (ms < 10 ? ms.toFixed(2) : ms.toFixed(0));

function Forms({ form, forms }: KernelFacts) {
  if (forms.length === 0) return <span className="dim">one form</span>;
  return (
    <>
      {forms.map(({ name, ms, fault }) => (
        <span key={name} className={styles.kernelForm} data-taken={name === form} title={fault}>
          {name}
          {ms !== null && <span className="num"> {milliseconds(ms)} ms</span>}
          {fault !== undefined && <span className="dim"> not usable</span>}
        </span>
      ))}
    </>
  );
}

/** The kernel's worst case of the last self-test, as a share of what is allowed. */
function TestError({ name }: Pick<KernelFacts, 'name'>) {
  const rows = useSelfTest(({ rows }) => rows).filter((row) => row.name === KERNEL_LABELS[name]);
  if (rows.length === 0) return <span className="dim">not tested</span>;
  const failed = rows.find(({ ok }) => !ok);
  if (failed) return <strong>{failed.fault ?? 'wrong'}</strong>;
  const errors = rows.map(({ error }) => error ?? 0);
  const worst = Math.max(...errors);
  if (rows[0]!.unit === 'levels') return `${worst} of 255`;
  return worst === 0 ? '0' : worst.toExponential(1);
}

function Row({ kernel, free }: { kernel: KernelFacts; free: boolean }) {
  const label = KERNEL_LABELS[kernel.name];
  return (
    <Table.Tr data-kernel={kernel.name} data-on={kernel.on}>
      <Table.Td>
        <Switch
          size="xs"
          checked={kernel.on}
          disabled={!free}
          aria-label={label}
          onChange={({ currentTarget }) => void switchKernel(kernel.name, currentTarget.checked)}
        />
      </Table.Td>
      <Table.Td>{label}</Table.Td>
      <Table.Td>{kernel.on ? <Forms {...kernel} /> : <strong>{kernel.instead}</strong>}</Table.Td>
      <Table.Td ta="right" className="num">
        <TestError name={kernel.name} />
      </Table.Td>
    </Table.Tr>
  );
}

export function DevicePanelKernels() {
  const { choosing } = useKernels();
  const session = useSession();
  const kernels = session.facts?.kernels ?? [];
  const prepared = runExists(session);
  const free = !prepared && !choosing && session.busy === null && !isAtWork(session.status.state);
  if (kernels.length === 0) return null;
  const off = kernels.filter(({ on }) => !on).length;
  return (
    <section aria-label="Kernels" data-testid="kernels">
      <h2>Kernels</h2>
      <p className={styles.deviceClaim}>
        A kernel that a driver gets wrong can be switched off: stock TensorFlow.js operations then compute the
        same, slower. Some kernels have several forms of their programs; which is fastest here is measured
        once and kept. {prepared ? 'Fixed while a run is prepared: end it to change them.' : ''}
        {off > 0 && <strong>{off === 1 ? 'One kernel is off.' : `${off} kernels are off.`}</strong>}
      </p>
      <Button variant="default" disabled={!free} loading={choosing} onClick={() => void measureAgain()}>
        Measure the forms
      </Button>
      <div className={`${styles.requests} ${styles.kernels}`}>
        <Table verticalSpacing={2} horizontalSpacing={8} fz="xs" stickyHeader>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>On</Table.Th>
              <Table.Th>Kernel</Table.Th>
              <Table.Th>What runs</Table.Th>
              <Table.Th ta="right">Self-test</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {kernels.map((kernel) => (
              <Row key={kernel.name} kernel={kernel} free={free} />
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </section>
  );
}
