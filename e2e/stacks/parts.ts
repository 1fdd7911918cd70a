// What a stack needs and this machine may lack: Debian packages unpacked, npm packages installed and Vulkan layers
// compiled into a folder that git ignores, nothing on the system itself. What cannot be had is said as a Missing.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
export const root = path.resolve(here, '../..');
export const cache = path.join(root, '.cache', 'stacks');

/** A part that could not be had; the stack is passed over and the reason printed. */
export class Missing extends Error {}

/** Runs a program to its end. @throws Missing with its last words */
function must(command: string, args: readonly string[], cwd = root): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status === 0) return stdout;
  const words = error?.message ?? `${stderr}${stdout}`.trim().split('\n').at(-1);
  throw new Missing(`${command} ${args.slice(0, 3).join(' ')} failed: ${words}`);
}

/** Makes a folder of the cache once, whole or not at all. */
function once(name: string, make: (folder: string) => void): string {
  const folder = path.join(cache, name);
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  try {
    make(fresh);
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}

/** This Debian's name, as `bookworm`. */
function release(): string {
  const file = '/etc/os-release';
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const name = /^VERSION_CODENAME=(\w+)/m.exec(text)?.[1];
  if (!/^ID=debian$/m.test(text) || !name)
    throw new Missing('packages are taken from Debian; this is another system');
  return name;
}

/** Options of apt-get under which it knows one suite and keeps everything in the cache. */
function aptOptions(suite: string): string[] {
  const lists = once(`apt-${suite}`, (folder) => {
    const kind = suite.endsWith('-security') ? 'debian-security' : 'debian';
    const signed = '[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]';
    writeFileSync(
      path.join(folder, 'sources.list'),
      `deb ${signed} http://deb.debian.org/${kind} ${suite} main\n`,
    );
    for (const part of ['lists/partial', 'archives/partial'])
      mkdirSync(path.join(folder, part), { recursive: true });
    must('apt-get', [...optionsFor(folder), '-q', 'update']);
  });
  return optionsFor(lists);
}

const optionsFor = (folder: string): string[] =>
  [
    `Dir::Etc::sourcelist=${folder}/sources.list`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${folder}/lists`,
    `Dir::Cache=${folder}`,
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);

/** A Debian package unpacked; `suffix` names the suite beside the release itself. @throws Missing */
function debian(name: string, suffix: '' | '-security' | '-backports' = ''): string {
  return once(`${name}${suffix}`, (folder) => {
    const options = aptOptions(`${release()}${suffix}`);
    const downloads = path.join(folder, 'download');
    mkdirSync(downloads);
    console.log(`fetching ${name} from ${release()}${suffix} …`);
    must('apt-get', [...options, '-q', 'download', name], downloads);
    for (const file of readdirSync(downloads)) must('dpkg', ['-x', path.join(downloads, file), folder]);
    rmSync(downloads, { recursive: true });
  });
}

/** An npm package at a fixed version, with its dependencies, in a folder of its own. @throws Missing */
export function npm(name: string, version: string): string {
  const folder = once(`npm-${name}-${version}`, (fresh) => {
    writeFileSync(path.join(fresh, 'package.json'), '{ "private": true }\n');
    console.log(`fetching ${name} ${version} from npm …`);
    must('npm', ['install', '--no-audit', '--no-fund', '--save-exact', `${name}@${version}`], fresh);
  });
  return path.join(folder, 'node_modules');
}

const library = (folder: string) =>
  path.join(folder, 'usr', 'lib', `${process.arch === 'x64' ? 'x86_64' : 'aarch64'}-linux-gnu`);

/** Libraries that a program or library asks for and the system lacks; those beside it count as there. @throws Missing */
function complete(file: string): void {
  const env = { ...process.env, LD_LIBRARY_PATH: path.dirname(file) };
  const { stdout = '' } = spawnSync('ldd', [file], { encoding: 'utf8', env });
  const lacking = [...stdout.matchAll(/(\S+) => not found/g)].map(([, name]) => name);
  if (lacking.length > 0) throw new Missing(`${path.basename(file)} needs ${lacking.join(', ')}`);
}

/** The folder of a Vulkan loader, for programs that look for libvulkan.so.1. @throws Missing */
export const vulkanLoader = (): string => library(debian('libvulkan1'));

/** A driver of Mesa: the path of a manifest that names it by its whole path. @throws Missing */
export function mesaDriver(driver: 'lvp' | 'radeon', newest: boolean): string {
  const folder = debian('mesa-vulkan-drivers', newest ? '-backports' : '');
  const file = path.join(library(folder), `libvulkan_${driver}.so`);
  complete(file);
  const manifest = path.join(folder, `${driver}.json`);
  const icd = { library_path: file, api_version: '1.3.0' };
  writeFileSync(manifest, JSON.stringify({ file_format_version: '1.0.0', ICD: icd }));
  return manifest;
}

/** Firefox ESR's program. @throws Missing */
export function firefox(): string {
  const program = path.join(debian('firefox-esr', '-security'), 'usr/lib/firefox-esr/firefox-esr');
  complete(path.join(path.dirname(program), 'libxul.so'));
  return program;
}

export type Layer = 'disguise' | 'nullExec' | 'smallHeap';

/** Compiles a layer of layers/ and gives the environment under which the Vulkan loader puts it in. @throws Missing */
export function layers(...names: readonly Layer[]): Record<string, string> {
  const headers = path.join(debian('libvulkan-dev'), 'usr', 'include');
  const folder = path.join(cache, 'layers');
  mkdirSync(folder, { recursive: true });
  for (const name of names) {
    const file = path.join(folder, `lib${name}.so`);
    const flags = ['-shared', '-fPIC', '-O1', '-Wall', '-Wextra', '-Wl,-Bsymbolic', '-I', headers];
    must('gcc', [...flags, '-o', file, path.join(here, 'layers', `${name}.c`)]);
    const functions = {
      vkGetInstanceProcAddr: 'layer_instance',
      vkGetDeviceProcAddr: 'layer_device',
    };
    const layer = {
      name: `VK_LAYER_STACKS_${name}`,
      type: 'GLOBAL',
      library_path: file,
      api_version: '1.3.239',
      implementation_version: '1',
      description: name,
      functions,
    };
    writeFileSync(path.join(folder, `${name}.json`), JSON.stringify({ file_format_version: '1.1.2', layer }));
  }
  return {
    VK_LAYER_PATH: folder,
    VK_INSTANCE_LAYERS: names.map((name) => `VK_LAYER_STACKS_${name}`).join(':'),
  };
}
