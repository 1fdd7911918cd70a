import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import react from '@vitejs/plugin-react';
import { defaultExclude, defineConfig } from 'vitest/config';
import { guard } from './e2e/tools/guard.ts';
import { developmentHeaders, HEADERS } from './src/guard/headers.ts';

/**
 * Tests with WebGPU that open devices of their own. All others share the device of their process from file to file:
 * most of their time would go into compiling the same programs again.
 */
const sources = path.join(import.meta.dirname, 'src');
const OWN_DEVICE = readdirSync(sources, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.gpu.test.ts'))
  .filter((file) => readFileSync(path.join(sources, file), 'utf8').includes('installGpu('))
  .map((file) => path.posix.join('src', ...file.split(path.sep)));

/** What tests of the page read again for each file: hundreds of modules, bundled once. */
const LIBRARIES_OF_THE_PAGE = [
  '@mantine/core',
  '@mantine/hooks',
  '@tabler/icons-react',
  '@testing-library/react',
  'react',
  'react-dom',
  'recharts',
];

export default defineConfig({
  base: './',
  plugins: [react(), guard()],
  // Recorded runs are part of the program: a chunk each, imported when one is watched.
  assetsInclude: ['**/*.mlvicx.zip', '**/*.safetensors'],
  server: { headers: developmentHeaders() },
  preview: { headers: { ...HEADERS } },
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    chunkSizeWarningLimit: 2000,
    rolldownOptions: { input: ['index.html', 'e2e/headless/page.html'] },
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'alone',
          include: ['src/**/!(*.gpu).test.ts?(x)', 'e2e/**/*.test.ts', ...OWN_DEVICE],
        },
      },
      {
        extends: true,
        test: {
          name: 'gpu',
          include: ['src/**/*.gpu.test.ts'],
          exclude: [...defaultExclude, ...OWN_DEVICE],
          isolate: false,
          setupFiles: ['src/gpu/testShared.ts'],
        },
      },
    ],
    deps: { optimizer: { client: { enabled: true, include: LIBRARIES_OF_THE_PAGE } } },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // By itself Vitest leaves one core to others, which on a machine of two is half of it. Each file keeps about one busy.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
});
