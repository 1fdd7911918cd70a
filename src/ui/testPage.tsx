// Components in a test: mounted as the page mounts them, in a document that happy-dom makes. A test file asks for that
// with `@vitest-environment happy-dom` in its first line.

import { MantineProvider } from '@mantine/core';
import { cleanup, type RenderResult, render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach } from 'vitest';
import { theme } from './shell/theme.ts';

afterEach(cleanup);

export const mount = (part: ReactNode): RenderResult =>
  render(
    <MantineProvider theme={theme} env="test">
      {part}
    </MantineProvider>,
  );
