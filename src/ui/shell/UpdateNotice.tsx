// A newer version of the app is complete in this browser and waits. It is offered, never forced: taking it loads the
// page again, which ends what only this tab holds.

import { Button } from '@mantine/core';
import { useState } from 'react';
import { isAtWork } from '../../protocol/engine.ts';
import { takeUpdate, useProtection } from '../../store/page/protection.ts';
import { useSession } from '../../store/session.ts';
import styles from './shell.module.css';

export function UpdateNotice() {
  const update = useProtection(({ offline }) => offline.update);
  const busy = useSession(({ status }) => isAtWork(status.state));
  const [later, setLater] = useState(false);
  if (!update || later) return null;
  return (
    <div className={styles.updateNotice} data-testid="update" role="status">
      <span>A newer version of this app is ready.</span>
      <span className="dim">
        {busy
          ? 'Take it when the engine is at rest.'
          : 'Taking it loads the page again; films are read anew.'}
      </span>
      <span className="spring" />
      <Button size="compact-sm" variant="default" onClick={() => setLater(true)}>
        Later
      </Button>
      <Button size="compact-sm" data-testid="take-update" disabled={busy} onClick={takeUpdate}>
        Load it
      </Button>
    </div>
  );
}
