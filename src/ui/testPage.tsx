// Components in a test: mounted as the page mounts them, in a document that happy-dom makes. A test file asks for that
// with `@vitest-environment happy-dom` in its first line.

import { MantineProvider } from '@mantine/core';
import { cleanup, configure, type RenderResult, render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach } from 'vitest';
import { theme } from './shell/theme.ts';

// Whatever a component waits for comes sooner or later on a busy machine; only what never comes is wrong.
configure({ asyncUtilTimeout: 30_000 });

afterEach(cleanup);

export const mount = (part: ReactNode): RenderResult =>
  render(
    <MantineProvider theme={theme} env="test">
      {part}
    </MantineProvider>,
  );
