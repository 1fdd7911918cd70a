// The figure at the right of the bar: what the app has sent, counted from the list of requests, and whether the page is
// protected. It opens the short form of the network panel.

import { Button, Popover, UnstyledButton } from '@mantine/core';
import { IconShieldCheck, IconShieldOff } from '@tabler/icons-react';
import { useState } from 'react';
import { useRequests } from '../../store/device/requests.ts';
import { useProtection, whyNotProtected } from '../../store/page/protection.ts';
import { showView } from '../../store/page/settings.ts';
import { formatBytes, formatCount } from '../../util/format.ts';
import shared from './shared.module.css';
import styles from './TransportPrivacy.module.css';

type Tone = 'good' | 'waiting' | 'bad';

function useVerdict(): { tone: Tone; label: string; words: string } {
  const protection = useProtection((state) => state.protection);
  const sent = useRequests((requests) => requests.sent);
  const foreign = useRequests((requests) => requests.foreign);
  if (foreign > 0) {
    const words = 'Something on this page reached another server. An extension of the browser may do that.';
    return { tone: 'bad', label: `${formatCount(foreign)} foreign requests`, words };
  }
  const label = `${formatBytes(sent)} sent`;
  const closed = whyNotProtected(protection);
  if (closed === null) {
    const words = 'Films, labels and models stay in this browser. The page can ask no server but its own.';
    return { tone: sent === 0 ? 'good' : 'bad', label, words };
  }
  if (protection.state === 'refused') return { tone: 'bad', label: 'not protected', words: closed };
  return { tone: 'waiting', label: 'protecting…', words: closed };
}

function Figures() {
  const { total, refused, received } = useRequests();
  const copy = useProtection(({ offline }) => offline.copy);
  const rows = [
    ['Requests made', formatCount(total)],
    ['Received', formatBytes(received)],
    ['Refused attempts', formatCount(refused)],
    ['Works without a network', copy === 'ready' ? 'yes' : copy === 'preparing' ? 'soon' : 'no'],
  ];
  return (
    <dl className={`${shared.facts} ${styles.privacyFacts}`}>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="num">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function TransportPrivacy() {
  const { tone, label, words } = useVerdict();
  const [open, setOpen] = useState(false);
  const { foreign, sent } = useRequests();
  const state = useProtection(({ protection }) => protection.state);
  return (
    <Popover opened={open} onChange={setOpen} width={300} position="bottom-end" shadow="sm" trapFocus>
      <Popover.Target>
        <UnstyledButton
          className={styles.privacy}
          data-testid="privacy"
          data-tone={tone}
          data-foreign={foreign}
          data-sent={sent}
          data-protection={state}
          onClick={() => setOpen(!open)}
        >
          {tone === 'bad' ? (
            <IconShieldOff size={15} aria-hidden />
          ) : (
            <IconShieldCheck size={15} aria-hidden />
          )}
          <span className={`num ${styles.privacyLabel}`}>{label}</span>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown className={styles.privacyCard} data-testid="privacy-card">
        <p>{words}</p>
        <Figures />
        <Button
          variant="default"
          size="compact-sm"
          onClick={() => {
            setOpen(false);
            showView('device');
          }}
        >
          All requests
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
