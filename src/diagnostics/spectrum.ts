// Spectra of features: the eigenvalues of their covariance and their singular values, through the smaller of the two
// matrices of products, films x films or dimensions x dimensions. In double precision on the CPU, values only: a spectrum of 512
// takes a fifth of the time that a library needs which finds the vectors as well. What is read off a spectrum is in measures.ts.

/** Features of films: row i is film i, row-major. */
export interface Rows {
  readonly values: ArrayLike<number>;
  readonly films: number;
  readonly dim: number;
}

/** What single precision leaves of a number, as a share of it: features that differ by less are the same. */
const ROUNDING = 2 ** -23;

/** The rows in double precision, each dimension with its mean taken off where `centre` says so. */
export function doubles({ values, films, dim }: Rows, centre: boolean): Float64Array {
  const made = Float64Array.from(values);
  if (!centre) return made;
  for (let j = 0; j < dim; j++) {
    let [sum, size, away] = [0, 0, 0];
    for (let at = j; at < made.length; at += dim) {
      sum += made[at]!;
      size = Math.max(size, Math.abs(made[at]!));
    }
    for (let at = j; at < made.length; at += dim) {
      made[at] = made[at]! - sum / films;
      away = Math.max(away, Math.abs(made[at]!));
    }
    if (away > ROUNDING * size) continue;
    for (let at = j; at < made.length; at += dim) made[at] = 0 * made[at]!;
  }
  return made;
}

/** a' of a [rows, columns], row-major. */
export function transposed(a: Float64Array, rows: number, columns: number): Float64Array {
  const made = new Float64Array(a.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) made[j * rows + i] = a[i * columns + j]!;
  return made;
}

/** Rows and columns of a tile of products: sixteen sums that do not wait for each other. */
const TILE = 4;

/** Hands on every product of two rows i >= j of `a` [side, inner]; which pairs come first is not said. */
export function eachProduct(
  a: Float64Array,
  side: number,
  inner: number,
  visit: (i: number, j: number, product: number) => void,
): void {
  const padded = Math.ceil(side / TILE) * TILE;
  const rows = padded === side ? a : new Float64Array(padded * inner);
  if (rows !== a) rows.set(a);
  const sums = new Float64Array(TILE * TILE);
  for (let i = 0; i < padded; i += TILE) {
    for (let j = 0; j <= i; j += TILE) {
      tile(rows, i * inner, j * inner, inner, sums);
      for (let p = 0; p < TILE && i + p < side; p++) {
        for (let q = 0; q < TILE && j + q <= i + p; q++) visit(i + p, j + q, sums[TILE * p + q]!);
      }
    }
  }
}

/** The products of four rows from `x` on with four from `y` on. */
function tile(a: Float64Array, x: number, y: number, inner: number, sums: Float64Array): void {
  for (let p = 0; p < TILE; p++) {
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let k = 0, u = x + p * inner, v = y; k < inner; k++, u++, v++) {
      const value = a[u]!;
      s0 += value * a[v]!;
      s1 += value * a[v + inner]!;
      s2 += value * a[v + 2 * inner]!;
      s3 += value * a[v + 3 * inner]!;
    }
    sums[TILE * p] = s0;
    sums[TILE * p + 1] = s1;
    sums[TILE * p + 2] = s2;
    sums[TILE * p + 3] = s3;
  }
}

/** a a' of a [side, inner], row-major. */
export function products(a: Float64Array, side: number, inner: number): Float64Array {
  const made = new Float64Array(side * side);
  eachProduct(a, side, inner, (i, j, product) => {
    made[i * side + j] = product;
    made[j * side + i] = product;
  });
  return made;
}

/** The smaller matrix of products of rows [films, dim]; both have the same eigenvalues above zero. */
function smallerProducts(rows: Float64Array, films: number, dim: number): Float64Array {
  return films < dim ? products(rows, films, dim) : products(transposed(rows, films, dim), dim, films);
}

/** Eigenvalues of the covariance (films - 1), descending: as many as can be above zero, min(films - 1, dim). */
export function eigenvaluesOf(rows: Rows): Float64Array {
  const { films, dim } = rows;
  const side = Math.min(films, dim);
  const values = symmetricEigenvalues(smallerProducts(doubles(rows, true), films, dim), side);
  return values.slice(0, Math.min(films - 1, dim)).map((value) => Math.max(0, value) / (films - 1));
}

/** Singular values of the rows as they are, not centred, descending. */
export function singularValuesOf(rows: Rows): Float64Array {
  const { films, dim } = rows;
  const matrix = smallerProducts(doubles(rows, false), films, dim);
  return symmetricEigenvalues(matrix, Math.min(films, dim)).map((value) => Math.sqrt(Math.max(0, value)));
}

/**
 * Eigenvalues of a symmetric matrix [n, n], descending; the matrix is overwritten. Reflections of Householder make it
 * tridiagonal, the implicit QL method finds its values (Golub and Van Loan, Matrix Computations, sections 8.3.1 and 8.3.5).
 */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  // What is no number would be turned round for ever.
  if (matrix.some((value) => !Number.isFinite(value))) return new Float64Array(n).fill(Number.NaN);
  const { diagonal, beside } = tridiagonal(matrix, n);
  diagonalise(diagonal, beside);
  return diagonal.sort().reverse();
}

/** `beside[i]` stands between the diagonal's i - 1 and i. */
function tridiagonal(a: Float64Array, n: number) {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(n);
  const u = new Float64Array(n);
  const p = new Float64Array(n);
  for (let i = n - 1; i > 0; i--) {
    let scale = 0;
    for (let k = 0; k < i; k++) scale = Math.max(scale, Math.abs(a[i * n + k]!));
    if (scale === 0) continue;
    let square = 0;
    for (let k = 0; k < i; k++) {
      u[k] = a[i * n + k]! / scale;
      square += u[k]! ** 2;
    }
    const last = u[i - 1]!;
    const length = last >= 0 ? -Math.sqrt(square) : Math.sqrt(square);
    beside[i] = scale * length;
    u[i - 1] = last - length;
    reflect(a, n, i, u, p, square - last * length);
  }
  for (let i = 0; i < n; i++) diagonal[i] = a[i * n + i]!;
  return { diagonal, beside };
}

/** The leading [m, m] of `a` between two reflections 1 - u u' / h, lower half only; `p` is scratch. */
function reflect(a: Float64Array, n: number, m: number, u: Float64Array, p: Float64Array, h: number): void {
  p.fill(0, 0, m);
  for (let j = 0; j < m; j++) {
    const [row, uj] = [j * n, u[j]!];
    let sum = a[row + j]! * uj;
    for (let k = 0; k < j; k++) {
      const value = a[row + k]!;
      sum += value * u[k]!;
      p[k] = p[k]! + value * uj;
    }
    p[j] = p[j]! + sum;
  }
  let along = 0;
  for (let j = 0; j < m; j++) {
    p[j] = p[j]! / h;
    along += p[j]! * u[j]!;
  }
  const half = along / (2 * h);
  for (let j = 0; j < m; j++) p[j] = p[j]! - half * u[j]!;
  for (let j = 0; j < m; j++) {
    const [row, uj, pj] = [j * n, u[j]!, p[j]!];
    for (let k = 0; k <= j; k++) a[row + k] = a[row + k]! - uj * p[k]! - pj * u[k]!;
  }
}

/** Far more sweeps than any value needs. */
const MOST_SWEEPS = 60;

/** The eigenvalues of a tridiagonal matrix, in `d`; `e` is used up. */
function diagonalise(d: Float64Array, e: Float64Array): void {
  const n = d.length;
  e.copyWithin(0, 1);
  e[n - 1] = 0;
  for (let first = 0; first < n; first++) {
    for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
      let end = first;
      while (end < n - 1 && Math.abs(e[end]!) > Number.EPSILON * (Math.abs(d[end]!) + Math.abs(d[end + 1]!)))
        end++;
      if (end === first) break;
      chase(d, e, first, end);
    }
  }
}

/** One implicit QL sweep over the block [first, end], shifted by the eigenvalue of its first corner. */
function chase(d: Float64Array, e: Float64Array, first: number, end: number): void {
  const slope = (d[first + 1]! - d[first]!) / (2 * e[first]!);
  const root = Math.hypot(slope, 1);
  let g = d[end]! - d[first]! + e[first]! / (slope + (slope >= 0 ? root : -root));
  let [sine, cosine, shift] = [1, 1, 0];
  for (let i = end - 1; i >= first; i--) {
    const f = sine * e[i]!;
    const b = cosine * e[i]!;
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1] = d[i + 1]! - shift;
      e[end] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    g = d[i + 1]! - shift;
    const turned = (d[i]! - g) * sine + 2 * cosine * b;
    shift = sine * turned;
    d[i + 1] = g + shift;
    g = cosine * turned - b;
  }
  d[first] = d[first]! - shift;
  e[first] = g;
  e[end] = 0;
}
