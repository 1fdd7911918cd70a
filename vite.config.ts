import { availableParallelism } from 'node:os';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { guard } from './e2e/tools/guard.ts';
import { developmentHeaders, HEADERS } from './src/guard/headers.ts';

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
    include: ['src/**/*.test.ts', 'src/**/*.test.tsx', 'e2e/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // By itself Vitest leaves one core to others, which on a machine of two is half of it. Each file keeps about one busy.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
});
