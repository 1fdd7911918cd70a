// Vite's part of the guard: builds seal.js, which every page loads before anything else, and sw.js, the service worker
// with the list of all files of the build. Both are plain scripts with nothing to import, so that neither waits for, nor
// depends on, another file. A service worker of our own instead of vite-plugin-pwa: every answer must pass through
// one function that puts the headers on it, and that package brings 323 others with it.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { build, type Plugin, type ResolvedConfig } from 'vite';

const SEAL = 'seal.js';
const WORKER = 'sw.js';

/** One source file with all it imports as a classic script. */
async function classicScript(entry: string, define: Record<string, string> = {}): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    define,
    build: {
      write: false,
      target: 'es2023',
      rolldownOptions: { input: entry, output: { format: 'iife' } },
    },
  });
  const [bundle] = [result].flat();
  const chunk = bundle && 'output' in bundle ? bundle.output[0] : undefined;
  if (chunk?.type !== 'chunk') throw new Error(`${entry} gave no script`);
  return chunk.code;
}

interface File {
  readonly name: string;
  readonly content: string | Uint8Array;
}

function publicFiles({ publicDir }: ResolvedConfig): File[] {
  if (!publicDir) return [];
  return readdirSync(publicDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => ({
      name: path.relative(publicDir, file).split(path.sep).join('/'),
      content: readFileSync(file),
    }));
}

/** The names of all files, and a version made of names and content. */
function listOf(files: readonly File[]): { version: string; files: string[] } {
  const ordered = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const hash = createHash('sha256');
  for (const { name, content } of ordered) hash.update(`${name}\0`).update(content);
  return { version: hash.digest('hex').slice(0, 16), files: ordered.map(({ name }) => name) };
}

export function guard(): Plugin {
  let config: ResolvedConfig;
  const inRoot = (file: string) => path.join(config.root, file);
  const seal = () => classicScript(inRoot('src/guard/seal.ts'));
  return {
    name: 'guard',
    configResolved: (resolved) => {
      config = resolved;
    },
    transformIndexHtml: {
      order: 'post',
      handler: (_, { path: page }) => {
        const up = '../'.repeat(page.split('/').length - 2);
        return [{ tag: 'script', attrs: { src: `${up || './'}${SEAL}` }, injectTo: 'head-prepend' }];
      },
    },
    configureServer: (server) => {
      server.middlewares.use(`/${SEAL}`, (_, response) => {
        void seal().then((code) => response.setHeader('Content-Type', 'text/javascript').end(code));
      });
    },
    generateBundle: {
      order: 'post',
      async handler(_, bundle) {
        this.emitFile({ type: 'asset', fileName: SEAL, source: await seal() });
        const built = Object.values(bundle).map((part) => ({
          name: part.fileName,
          content: part.type === 'chunk' ? part.code : part.source,
        }));
        const all = listOf([
          ...built.filter(({ name }) => name !== SEAL),
          { name: SEAL, content: await seal() },
          ...publicFiles(config),
        ]);
        const code = await classicScript(inRoot('src/guard/serviceWorker.ts'), { APP: JSON.stringify(all) });
        this.emitFile({ type: 'asset', fileName: WORKER, source: code });
      },
    },
  };
}
