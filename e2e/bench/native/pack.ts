// `--pack DIR`: the native benchmark as a folder that needs nothing but Node, to be copied to a machine with a GPU and no
// network: one script, the WebGPU library of the platform it is packed on, and the PyTorch scripts. Run it there by
// `node DIR/bench.mjs`, with the same options.

import { cp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'vite';

const here = import.meta.dirname;
const root = path.resolve(here, '..', '..', '..');
const WEBGPU = path.join('node_modules', 'webgpu');
const SCRIPTS = [
  path.join(here, 'torch_step.py'),
  path.join(root, 'e2e', 'torch', 'mlvicx.py'),
  path.join(root, 'e2e', 'torch', 'tensorfile.py'),
];

export async function pack(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    ssr: { noExternal: true, external: ['webgpu', 'vite'] },
    build: {
      ssr: path.join(here, 'main.ts'),
      outDir: folder,
      target: 'node20',
      chunkSizeWarningLimit: 4000,
      rolldownOptions: {
        output: { entryFileNames: 'bench.mjs', chunkFileNames: '[name].mjs' },
        checks: { pluginTimings: false },
      },
    },
  });
  const library = path.join(folder, WEBGPU);
  await mkdir(path.join(library, 'dist'), { recursive: true });
  for (const file of ['package.json', 'index.js', 'LICENSE.md']) {
    await cp(path.join(root, WEBGPU, file), path.join(library, file));
  }
  const platform = `${process.platform}-${process.platform === 'darwin' ? 'universal' : process.arch}`;
  await cp(path.join(root, WEBGPU, 'dist', platform), path.join(library, 'dist', platform), {
    recursive: true,
  });
  for (const script of SCRIPTS) await cp(script, path.join(folder, path.basename(script)));
}
