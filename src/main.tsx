// The page's entry: mounts the shell and starts the session with the real workers. In development builds ?fake in
// the address puts a scripted engine in their place; that branch and its files are absent from a production build.

import '@mantine/core/styles.css';
import '@fontsource-variable/inter/wght.css';
import './ui/shell/theme.css';
import { MantineProvider } from '@mantine/core';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { gatherRequests } from './store/device/requests.ts';
import { startLessons } from './store/lessons/lessons.ts';
import { startProtection } from './store/page/protection.ts';
import { startSession } from './store/run/acts.ts';
import { openLibrary } from './store/run/library.ts';
import { isFirstVisit, wakeOnPress } from './store/run/visit.ts';
import { watchRuns } from './store/run/watchdog.ts';
import { App } from './ui/shell/App.tsx';
import { ErrorBoundary } from './ui/shell/ErrorNotice.tsx';
import { theme } from './ui/shell/theme.ts';
import { createClient, type PlaygroundClient } from './worker/client.ts';

async function clientFactory(): Promise<() => PlaygroundClient> {
  if (import.meta.env.DEV && new URLSearchParams(location.search).has('fake')) {
    const { createFakeClient, fakeFromAddress } = await import('./fake/engine.ts');
    return () => createFakeClient(fakeFromAddress(location.search));
  }
  return createClient;
}

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <ErrorBoundary>
        <App />
      </ErrorBoundary>
    </MantineProvider>
  </StrictMode>,
);

gatherRequests();
startLessons();
void openLibrary().then(watchRuns);
// No worker before the protection is settled: a page about to reload would start them for nothing.
const asleep = isFirstVisit();
void startProtection()
  .then(clientFactory)
  .then((make) => startSession(make, asleep));
if (asleep) wakeOnPress();
