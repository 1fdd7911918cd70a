// A name that opens its explanation: the formula, the same with the numbers of the hovered (or newest) step put in,
// and two sentences on what it means. Weights are read back from the logged values themselves (weighted / raw), so
// they are right even where a weight was changed while the run went on.

import { Popover, UnstyledButton } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import { HEAD_NAMES, HEADS, type Head, type MetricName, TERMS, type Term } from '../../protocol/metrics.ts';
import { useCharts } from '../../store/curves/charts.ts';
import { liveSeries } from '../../store/curves/series.ts';
import { termInk } from '../shell/theme.ts';
import { Formula } from './Formula.tsx';
import { figure, stepLabel, tickLabel } from './ticks.ts';

interface ExplainProps {
  readonly label: string;
  readonly ink: string;
  readonly children: React.ReactNode;
}

function Explain({ label, ink, children }: ExplainProps) {
  return (
    <Popover width={380} position="bottom-start" shadow="md" withinPortal transitionProps={{ duration: 80 }}>
      <Popover.Target>
        <UnstyledButton
          className="explain-name"
          style={{ color: ink }}
          aria-label={`${label}: what it means`}
        >
          {label}
          <IconInfoCircle size={13} stroke={1.6} aria-hidden="true" />
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown className="explain">{children}</Popover.Dropdown>
    </Popover>
  );
}

/** Values of the hovered step, or of the newest one. */
function useStepValues(): { step: number | null; value: (name: MetricName) => number } {
  const hovered = useCharts((state) => state.hovered);
  const series = liveSeries();
  const index = hovered === null ? series.length - 1 : series.nearest(hovered);
  return {
    step: index >= 0 ? series.steps.at(index) : null,
    value: (name) => series.value(name, index),
  };
}

/** The factor between two logged values, without the digits that their rounding left. */
const factor = (product: number, value: number): string =>
  value === 0 || !Number.isFinite(product / value) ? '–' : tickLabel(product / value);

function Substituted({ head, term }: { head: Head; term: Term }) {
  const { value } = useStepValues();
  const raw = value(`${head}/${term}`);
  const weighted = value(`${head}/weighted-${term}`);
  return (
    <tr>
      <th>{HEADS[head]}</th>
      <td>{figure(raw)}</td>
      <td>× {factor(weighted, raw)}</td>
      <td>= {figure(weighted)}</td>
    </tr>
  );
}

function TermExplanation({ term }: { term: Term }) {
  const { step } = useStepValues();
  return (
    <>
      <Formula text={TERMS[term].formula} />
      {step !== null && (
        <table className="explain-numbers">
          <caption>At step {stepLabel(step)}: value × weight = share of the loss</caption>
          <tbody>
            {HEAD_NAMES.map((head) => (
              <Substituted key={head} head={head} term={term} />
            ))}
          </tbody>
        </table>
      )}
      <p>{TERMS[term].meaning}</p>
    </>
  );
}

export function TermName({ term }: { term: Term }) {
  return (
    <Explain label={TERMS[term].label} ink={termInk(term)}>
      <TermExplanation term={term} />
    </Explain>
  );
}

function TotalExplanation() {
  const { step, value } = useStepValues();
  const total = value('loss/total');
  const global = value('global/total');
  const local = value('local/total');
  return (
    <>
      <Formula text="L = L_global + λ L_local" />
      {step !== null && (
        <table className="explain-numbers">
          <caption>At step {stepLabel(step)}</caption>
          <tbody>
            <tr>
              <td>{figure(total)}</td>
              <td>= {figure(global)}</td>
              <td>
                + {factor(total - global, local)} × {figure(local)}
              </td>
            </tr>
          </tbody>
        </table>
      )}
      <p>
        What the optimiser lowers: the three weighted terms of the global head, and λ times those of the local
        head. It falls fast, then slowly; a sudden flat line near its start value usually means collapse, so
        read the variance term before trusting it.
      </p>
    </>
  );
}

export function TotalName() {
  return (
    <Explain label="Total" ink="var(--ink)">
      <TotalExplanation />
    </Explain>
  );
}
