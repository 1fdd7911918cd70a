// The runs of this and earlier visits side by side: what differs, how far they went, where the terms ended, what the linear
// evaluation said. Pinned runs lie in every chart. A deletion can be taken back; a run goes out and comes in as one file.

import { Button, FileButton, Table } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconDownload, IconFileImport } from '@tabler/icons-react';
import { isAtWork } from '../../protocol/engine.ts';
import { useWhyNotProtected } from '../../store/page/protection.ts';
import { runsJson } from '../../store/run/export.ts';
import { importRun, loadCurves } from '../../store/run/library.ts';
import { undoDelete, useRuns } from '../../store/run/runs.ts';
import { useSession } from '../../store/session.ts';
import { useLiveTick } from '../charts/redraw.ts';
import { saveText } from '../shell/download.ts';
import shared from '../shell/shared.module.css';
import { TOKENS } from '../shell/theme.ts';
import { FINAL, RunsViewRow } from './RunsViewRow.tsx';
import styles from './runs.module.css';

function RunsTable() {
  const runs = useRuns((state) => state.runs);
  const liveId = useRuns((state) => state.liveId);
  const wide = useMediaQuery(`(min-width: ${TOKENS.foldBelow}px)`, true, { getInitialValueInEffect: false });
  useLiveTick();
  return (
    <Table.ScrollContainer minWidth={720} type="native">
      <Table data-testid="runs-table" verticalSpacing={3} horizontalSpacing={7} className={shared.table}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Pin</Table.Th>
            <Table.Th>Run</Table.Th>
            {wide && <Table.Th>Method</Table.Th>}
            {wide && <Table.Th>Preset</Table.Th>}
            <Table.Th ta="right">Steps</Table.Th>
            {FINAL.map(({ label }) => (
              <Table.Th key={label} ta="right">
                {label}
              </Table.Th>
            ))}
            <Table.Th ta="right">Mean AUROC</Table.Th>
            {wide && (
              <>
                <Table.Th ta="right">Kept</Table.Th>
                <Table.Th />
              </>
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {[...runs].reverse().map((run) => (
            <RunsViewRow key={run.id} run={run} live={run.id === liveId} folded={!wide} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** What the list is, or what was just deleted from it. */
function Words() {
  const removed = useRuns((state) => state.removed);
  if (!removed) {
    return (
      <span className="dim">Pinned runs lie in every chart. Runs stay in this browser until deleted.</span>
    );
  }
  return (
    <span className={shared.control} role="status">
      <span className={`dim ${styles.runNameText}`}>Deleted {removed.run.name}.</span>
      <Button variant="light" color="gray" size="compact-xs" data-testid="undo-delete" onClick={undoDelete}>
        Undo
      </Button>
    </span>
  );
}

function Import() {
  const closed = useWhyNotProtected() !== null;
  const ready = useSession(({ status, busy, facts }) => !busy && facts !== null && !isAtWork(status.state));
  return (
    <FileButton accept=".zip" onChange={(file) => file && void importRun(file)}>
      {(props) => (
        <Button
          {...props}
          data-testid="import-run"
          variant="default"
          size="compact-xs"
          leftSection={<IconFileImport size={13} />}
          disabled={!ready || closed}
        >
          Import
        </Button>
      )}
    </FileButton>
  );
}

async function saveAll(): Promise<void> {
  const { runs } = useRuns.getState();
  await Promise.all(runs.map(({ id }) => loadCurves(id)));
  saveText('runs.json', runsJson(useRuns.getState().runs), 'application/json');
}

export function RunsView() {
  const runs = useRuns((state) => state.runs);
  return (
    <section className={shared.view} aria-label="Runs">
      <div className={shared.bar}>
        <Words />
        <span className="spring" />
        <Import />
        <Button
          data-testid="runs-export"
          variant="default"
          size="compact-xs"
          leftSection={<IconDownload size={13} />}
          disabled={runs.length === 0}
          onClick={() => void saveAll()}
        >
          JSON
        </Button>
      </div>
      <div className={shared.scroll}>
        {runs.length > 0 ? (
          <RunsTable />
        ) : (
          <div className={shared.empty}>
            <h2>No runs yet</h2>
            <p>
              A run enters this list with its first step. It is named by what sets it apart from the run
              before, and keeps its settings, every logged value and its scores.
            </p>
          </div>
        )}
      </div>
    </section>
  );
}
