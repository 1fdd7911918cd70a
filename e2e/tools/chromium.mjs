// Which Chromium to drive, with which flags, and where its software Vulkan driver lies. The full browser is
// needed: the headless shell that Playwright prefers has no WebGPU. Nothing here starts a browser, and no
// package is imported before it is known to be installed.

import { existsSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { answers, root, run, runPackage, ToolError } from './process.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const PLACES = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  win32: [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]
    .filter(Boolean)
    .map((folder) => path.join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe')),
};

/** Flags under which headless Chromium offers WebGPU on the CPU, canvases included. */
const SOFTWARE_FLAGS = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-unsafe-swiftshader',
  '--use-angle=swiftshader',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
  '--ignore-gpu-blocklist',
  '--enable-gpu',
];
const HARDWARE_FLAGS = [
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan',
  '--use-angle=vulkan',
  '--ignore-gpu-blocklist',
  '--enable-gpu',
];
/** No address but this machine's resolves, so nothing a run loads can come from elsewhere. */
const COMMON_FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
];

/** Lets the page be drawn without the adapter that computes: on the processor the two would take turns on the same cores. */
export const PAGE_DRAWN_ELSEWHERE = ['--disable-gpu-compositing'];

export const chromiumFlags = (gpu) => [
  ...COMMON_FLAGS,
  ...(gpu === 'hardware' ? HARDWARE_FLAGS : SOFTWARE_FLAGS),
];

/** Playwright's own Chromium, whether or not it has been downloaded; '' before the packages are installed. */
async function playwrightChromium() {
  if (!existsSync(path.join(root, 'node_modules', 'playwright', 'package.json'))) return '';
  const { chromium } = await import('playwright');
  return chromium.executablePath();
}

/** The browser to drive: CHROMIUM_PATH, Playwright's, or one that is installed; null where there is none. */
export async function findChromium() {
  const asked = process.env.CHROMIUM_PATH;
  if (asked) {
    if (existsSync(asked)) return asked;
    throw new ToolError(`CHROMIUM_PATH=${asked} does not exist.`);
  }
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  const onPath = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  const candidates = [await playwrightChromium(), ...(PLACES[process.platform] ?? []), ...onPath];
  return candidates.find((file) => file && existsSync(file) && answersVersion(file)) ?? null;
}

/** A browser whose system libraries are missing is there, but does not start. Windows prints no version. */
const answersVersion = (file) => process.platform === 'win32' || answers(file);

/** The Vulkan driver file of the SwiftShader that comes with Chromium, for WebGPU in Node; null if none. */
export async function findSwiftShaderIcd() {
  if (process.env.SWIFTSHADER_ICD) return process.env.SWIFTSHADER_ICD;
  const executable = await findChromium();
  if (!executable) return null;
  const real = realpathSync(executable);
  const beside = [path.dirname(real), ...foldersNamedIn(real)];
  const known = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
  const files = [...beside, ...known].map((folder) => path.join(folder, 'vk_swiftshader_icd.json'));
  return files.find((file) => existsSync(file)) ?? null;
}

/** Variables under which Dawn in Node finds that driver, and beside it the Vulkan loader that comes with a browser. */
export async function softwareVulkan() {
  const driver = (await findSwiftShaderIcd()) ?? '';
  const libraries = [process.env.LD_LIBRARY_PATH, driver && path.dirname(driver)].filter(Boolean);
  return { SWIFTSHADER_ICD: driver, LD_LIBRARY_PATH: libraries.join(path.delimiter) };
}

/** Distributions put a short script on the path; the folders it names hold the real program. */
function foldersNamedIn(file) {
  const head = readFileSync(file).subarray(0, 4096).toString('latin1');
  if (!head.startsWith('#!')) return [];
  return [...new Set(head.match(/\/(?:usr|opt|snap)\/[\w./-]+/g) ?? [])];
}

/** Ways to come by a Chromium, in turn; as root on Debian its system libraries, or the distribution's browser. */
async function* waysToFetch() {
  yield await runPackage('playwright/cli.js', ['install', '--no-shell', 'chromium']);
  if (process.getuid?.() !== 0 || !answers('apt-get')) return;
  if (existsSync(await playwrightChromium())) {
    yield await runPackage('playwright/cli.js', ['install-deps', 'chromium']);
  }
  await run('apt-get', ['update', '-q'], { quiet: true });
  yield await run('apt-get', ['install', '-y', '-q', 'chromium'], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  });
}

/** The browser to drive, fetched if there is none. */
export async function ensureChromium() {
  const found = await findChromium();
  if (found) return found;
  console.log('Fetching a Chromium …');
  for await (const _ of waysToFetch()) {
    const fetched = await findChromium();
    if (fetched) return fetched;
  }
  throw new ToolError('No Chromium was found or could be fetched; install one and name it in CHROMIUM_PATH.');
}
