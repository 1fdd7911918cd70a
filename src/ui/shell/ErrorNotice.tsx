// A failure, said calmly: what happened, what to do, and the code to look it up by. Never only a colour. A part of the page
// that threw while it was drawn is replaced by such a notice; the rest goes on.

import { Button, CloseButton } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Component, type ReactNode } from 'react';
import { toWire, type WireError } from '../../util/errors.ts';
import noticeStyles from './notice.module.css';
import styles from './shell.module.css';

interface Props {
  readonly error: WireError;
  readonly title?: string;
  readonly onClose?: () => void;
  /** Acts offered beside the text. */
  readonly children?: ReactNode;
}

export function ErrorNotice({ error, title, onClose, children }: Props) {
  return (
    <div className={noticeStyles.notice} role="alert" data-testid="error" data-code={error.code}>
      <IconAlertTriangle size={18} aria-hidden className={noticeStyles.noticeIcon} />
      <div className={noticeStyles.noticeText}>
        {title && <strong>{title}</strong>}
        <p className={title ? undefined : noticeStyles.noticeSentence}>{error.message}</p>
        <p className="dim">{error.hint}</p>
      </div>
      {children && <div className={noticeStyles.noticeActs}>{children}</div>}
      <code className={noticeStyles.noticeCode}>{error.code}</code>
      {onClose && <CloseButton size="sm" aria-label="Close this message" onClick={onClose} />}
    </div>
  );
}

interface BoundaryProps {
  readonly children: ReactNode;
  /** Named in the message, e.g. "The charts". */
  readonly part?: string;
}

export class ErrorBoundary extends Component<BoundaryProps, { error: WireError | null }> {
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
