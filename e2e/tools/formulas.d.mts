// What TypeScript is told of formulas.mjs.

export function mathOf(tex: string): string;
export function allFormulas(): Record<string, string>;
