// Styles and components say the same names: a class that no rule knows, or a rule that no component asks for, is a slip
// that nothing else reports. Colours stand in theme.css alone.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const here = import.meta.dirname;
const filesOf = (ending: RegExp): Record<string, string> =>
  Object.fromEntries(
    readdirSync(here, { recursive: true, encoding: 'utf8' })
      .filter((file) => ending.test(file))
      .map((file) => [`./${file}`, readFileSync(path.join(here, file), 'utf8')]),
  );
const sheets = filesOf(/\.css$/);
const parts = filesOf(/\.tsx?$/);

/** Classes of the rules of a module; what stands in :global() is not its own. */
function classesOf(css: string): Set<string> {
  const own = css.replace(/\/\*[\s\S]*?\*\//g, '').replace(/:global\([^)]*\)/g, '');
  const selectors = [...own.matchAll(/([^{};]+)\{/g)].map((match) => match[1]!);
  return new Set(
    selectors.flatMap((text) => [...text.matchAll(/\.([a-zA-Z]\w*)/g)].map((match) => match[1]!)),
  );
}

const modules = Object.keys(sheets).filter((file) => file.endsWith('.module.css'));
const asked = new Map(modules.map((file) => [file, new Set<string>()]));
const unknown: string[] = [];
for (const [file, text] of Object.entries(parts)) {
  for (const [, name, specifier] of text.matchAll(/import (\w+) from '([^']+\.module\.css)'/g)) {
    const module = `./${path.posix.join(path.posix.dirname(file), specifier!)}`;
    for (const [, wanted] of text.matchAll(new RegExp(`\\b${name}\\.(?!module)(\\w+)`, 'g'))) {
      asked.get(module)?.add(wanted!);
      if (!classesOf(sheets[module]!).has(wanted!)) unknown.push(`${file}: ${name}.${wanted}`);
    }
  }
}

describe('styles', () => {
  it('are there for every class that a component asks for', () => {
    expect(modules.length).toBeGreaterThan(10);
    expect(unknown).toEqual([]);
  });

  it('are all asked for', () => {
    const idle = modules.flatMap((file) =>
      [...classesOf(sheets[file]!)]
        .filter((name) => !asked.get(file)!.has(name))
        .map((name) => `${file} ${name}`),
    );
    expect(idle).toEqual([]);
  });

  it('name colours in theme.css alone', () => {
    const files = Object.entries({ ...sheets, ...parts }).filter(
      ([file]) => !/theme\.css$|\.test\.tsx?$|viridis\.ts$/.test(file),
    );
    const coloured = files.flatMap(([file, text]) =>
      [...text.matchAll(/#[0-9a-fA-F]{3,8}\b(?![\w-]*=)/g)].map(([hex]) => `${file} ${hex}`),
    );
    expect(coloured).toEqual([]);
  });

  it('know no class of the whole page but the words of text', () => {
    const global = classesOf(sheets['./shell/theme.css']!);
    const own = [...global].filter((name) => name !== 'mantine');
    expect(own.sort()).toEqual(['dim', 'num', 'spring', 'visually']);
  });
});
