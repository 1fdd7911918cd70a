// Brings a checkout to the point where it runs: packages installed, the app built. Each part is skipped when
// the files it depends on are what they were the last time, which takes a fraction of a second to see.
// Plain Node without packages, because it runs before anything is installed.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root, run, runPackage, ToolError } from './process.mjs';

const cache = path.join(root, 'node_modules', '.cache', 'mlvicx-playground');
const inRoot = (...parts) => path.join(root, ...parts);
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

function readStamp(name) {
  const file = path.join(cache, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function writeStamp(name, value) {
  mkdirSync(cache, { recursive: true });
  writeFileSync(path.join(cache, name), value);
}

/** SHA-256 over names and contents. */
function hashFiles(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(inRoot(file)))
      .update('\0');
  return hash.digest('hex');
}

/** Whether npm's own record of what it installed holds every package of the lock file. */
function installedMatchesLock() {
  const record = inRoot('node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = readJson(record).packages;
  return Object.entries(readJson(inRoot('package-lock.json')).packages).every(
    ([name, entry]) => name === '' || entry.optional || installed[name]?.version === entry.version,
  );
}

export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new ToolError(`Node 20.19 or newer is needed; this is ${process.versions.node}.`);
  }
}

/**
 * Installs the locked packages when some are missing or the lock file has changed. Not `npm ci`, which refuses
 * a lock file made where a registry lacks the optional packages of other platforms; `--no-save` keeps to the
 * lock file all the same and leaves it as it is.
 */
export async function ensureInstalled() {
  const lock = hashFiles(['package-lock.json']);
  if (existsSync(inRoot('node_modules', '.package-lock.json')) && readStamp('installed') === lock) return;
  if (!installedMatchesLock()) {
    console.log('Installing packages …');
    const status = await run('npm', ['install', '--no-save', '--no-fund', '--no-audit', '--loglevel=error']);
    if (status !== 0) throw new ToolError('The packages could not be installed; npm says why above.');
  }
  writeStamp('installed', lock);
}

/** Everything the built app depends on; tests are left out. */
function sourceFiles() {
  const under = (folder) => {
    if (!existsSync(inRoot(folder))) return [];
    return readdirSync(inRoot(folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
  };
  const single = [
    'index.html',
    'e2e/headless/page.html',
    'vite.config.ts',
    'e2e/tools/guard.ts',
    'tsconfig.json',
    'package-lock.json',
  ];
  return [...single.filter((file) => existsSync(inRoot(file))), ...under('src'), ...under('public')].sort();
}

/** Builds the app into dist when a source changed. The folder is swapped whole, so no half build is served. */
async function ensureBuilt() {
  const sources = hashFiles(sourceFiles());
  if (existsSync(inRoot('dist', 'index.html')) && readStamp('built') === sources) return;
  console.log('Building …');
  const fresh = path.join(cache, `dist-${process.pid}`);
  const args = ['build', '--outDir', fresh, '--emptyOutDir', '--logLevel', 'error'];
  try {
    if ((await runPackage('vite/bin/vite.js', args)) !== 0) {
      throw new ToolError('The app could not be built; the reason stands above.');
    }
    rmSync(inRoot('dist'), { recursive: true, force: true });
    renameSync(fresh, inRoot('dist'));
    writeStamp('built', sources);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

export async function setUp() {
  requireNode();
  await ensureInstalled();
  await ensureBuilt();
}
