// Why no films are at hand. It stands in the data panel, and over the view where that panel is not in sight.

import { Button } from '@mantine/core';
import { WAYS_OUT } from '../../store/films/arrange.ts';
import { readAgain } from '../../store/run/acts.ts';
import type { WireError } from '../../util/errors.ts';
import { ErrorNotice } from '../shell/ErrorNotice.tsx';

/** Some failures are mended by a decision, which is offered beside them. */
export function DataPanelFailure({ error }: { error: WireError }) {
  const ways = WAYS_OUT[error.code] ?? [];
  return (
    <ErrorNotice error={error}>
      {ways.length > 0 &&
        ways.map(({ label, change }) => (
          <Button key={label} variant="default" data-testid="way-out" onClick={() => void readAgain(change)}>
            {label}
          </Button>
        ))}
    </ErrorNotice>
  );
}
