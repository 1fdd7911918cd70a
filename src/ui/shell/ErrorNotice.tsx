// A failure, said calmly: what happened, what to do, and the code to look it up by. Never only a colour.

import { CloseButton } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { WireError } from '../../util/errors.ts';
import noticeStyles from './notice.module.css';

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
