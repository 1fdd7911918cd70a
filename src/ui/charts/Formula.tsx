// Sets the plain formulas of the metric table: subscripts, superscripts and the usual signs. Not a typesetter; it
// knows the dozen words that occur there, and shows the rest as it stands.

import type { ReactNode } from 'react';
import styles from './Explain.module.css';

const SIGNS: Readonly<Record<string, string>> = {
  '!=': '≠',
  '*': '·',
  sqrt: '√',
  '-': '−',
  '1e-4': '10⁻⁴',
  '1/2': '½',
};
const UPRIGHT = new Set(['relu', 'mean', 'over', 'sum', 'views', 'var', 'of', 'global', 'local']);

/** Tokens: a script (_{...}, _x, ^2), a word, a sign or a single character. */
const TOKEN = /_\{[^}]*\}|_[A-Za-z]+|\^\d+|1e-4|1\/2|!=|[A-Za-zλ]+|./gu;

function setToken(token: string, key: number): ReactNode {
  if (token.startsWith('_')) {
    const body = token.slice(1).replace(/^\{|\}$/g, '');
    return <sub key={key}>{formulaParts(body)}</sub>;
  }
  if (token.startsWith('^')) return <sup key={key}>{token.slice(1)}</sup>;
  const sign = SIGNS[token];
  if (sign) return <span key={key}>{sign}</span>;
  if (/^[A-Za-z]+$/.test(token) && !UPRIGHT.has(token)) return <i key={key}>{token}</i>;
  return <span key={key}>{token}</span>;
}

const formulaParts = (text: string): ReactNode[] => (text.match(TOKEN) ?? []).map(setToken);

export function Formula({ text }: { text: string }) {
  return <div className={styles.formula}>{formulaParts(text)}</div>;
}
