// The last net under the page: a component that threw takes itself down, not the tab. The workers go on, so the
// page can be drawn again without losing a run.

import { Button } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { toWire, type WireError } from '../../util/errors.ts';
import { ErrorNotice } from './ErrorNotice.tsx';
import styles from './shell.module.css';

interface Props {
  readonly children: ReactNode;
  /** Named in the message, e.g. "The charts". */
  readonly part?: string;
}

export class ErrorBoundary extends Component<Props, { error: WireError | null }> {
  override state = { error: null };

  static getDerivedStateFromError(thrown: unknown) {
    return { error: toWire(thrown) };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div className={styles.boundary}>
        <ErrorNotice error={error} title={`${this.props.part ?? 'The page'} could not be drawn`}>
          <Button variant="default" onClick={() => this.setState({ error: null })}>
            Draw again
          </Button>
        </ErrorNotice>
      </div>
    );
  }
}
