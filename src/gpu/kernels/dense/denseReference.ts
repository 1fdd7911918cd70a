// The dense products as plain loops: what the kernels in dense.ts must equal.

import type { Plain } from '../../kernel.ts';

export function denseReference(x: Plain, w: Plain, b: Plain | null, y: Plain): void {
  const [n, k] = x.shape as [number, number];
  const m = w.shape[1]!;
  for (let i = 0; i < n; i++) {
    const sums = b ? Float64Array.from(b.data) : new Float64Array(m);
    for (let l = 0; l < k; l++) {
      for (let j = 0; j < m; j++) sums[j]! += x.data[i * k + l]! * w.data[l * m + j]!;
    }
    y.data.set(sums, i * m);
  }
}

export function denseInputGradReference(dy: Plain, w: Plain, dx: Plain): void {
  const [n, m] = dy.shape as [number, number];
  const k = w.shape[0]!;
  for (let at = 0; at < n * k; at++) {
    const i = Math.floor(at / k);
    const l = at % k;
    let sum = 0;
    for (let j = 0; j < m; j++) sum += dy.data[i * m + j]! * w.data[l * m + j]!;
    dx.data[at] = sum;
  }
}

export function denseFilterGradReference(x: Plain, dy: Plain, dw: Plain): void {
  const [n, k] = x.shape as [number, number];
  const m = dy.shape[1]!;
  for (let l = 0; l < k; l++) {
    const sums = new Float64Array(m);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) sums[j]! += x.data[i * k + l]! * dy.data[i * m + j]!;
    }
    dw.data.set(sums, l * m);
  }
}
