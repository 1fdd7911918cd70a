// Sets the formulas of src/words/tex.ts as MathML with Temml and writes src/words/formulas.json, so that the page needs neither
// the typesetter nor its fonts. `npx tsx e2e/tools/formulas.mjs`; plain JavaScript, because only this file needs the package.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import temml from 'temml';
import { TEX } from '../../src/words/tex.ts';

/** @param {string} tex @returns {string} a `math` element */
export const mathOf = (tex) => temml.renderToString(tex, { displayMode: true, throwOnError: true });

/** By the plain text of the formula. @returns {Record<string, string>} */
export const allFormulas = () =>
  Object.fromEntries(Object.entries(TEX).map(([text, tex]) => [text, mathOf(tex)]));

if (process.argv[1] === import.meta.filename) {
  const file = path.join(import.meta.dirname, '../../src/words/formulas.json');
  writeFileSync(file, `${JSON.stringify(allFormulas(), null, 2)}\n`);
}
