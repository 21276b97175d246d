/** Vectors that are kept between restarts: 30 of 100,000 states are 24 MB. */
const RESTART = 30;
const MOST_RESTARTS = 200;

export interface Solution {
  /** The largest residual of any row: b - A x. */
  readonly residual: number;
}

/**
 * Solves A x = b by GMRES with restarts (Saad, Schultz 1986), from x as it is given, until no row is off by more than
 * `tolerance`. Of x - Q x = b with the transitions Q of an absorbing chain a few steps suffice where paths are short.
 *
 * @param multiply writes A v to `into`
 */
export function gmres(
  multiply: (v: Float64Array, into: Float64Array) => void,
  b: Float64Array,
  x: Float64Array,
  tolerance: number,
): Solution {
  const basis = Array.from({ length: RESTART + 1 }, () => new Float64Array(b.length));
  let residual = Infinity;
  for (let restart = 0; restart < MOST_RESTARTS; restart++) {
    const [r = b] = basis;
    multiply(x, r);
    for (let row = 0; row < b.length; row++) r[row] = (b[row] ?? 0) - (r[row] ?? 0);
    const before = residual;
    residual = largest(r);
    if (residual <= tolerance || residual > before * 0.999) break;
    // The length is over all rows: the largest of them is off by less.
    improve(multiply, basis, x, (tolerance * Math.sqrt(b.length)) / 16);
  }
  return { residual };
}

/**
 * Adds to x what makes the residual, the first vector of the basis, least within the space of its images; no more of them
 * than bring it to `length`.
 */
function improve(
  multiply: (v: Float64Array, into: Float64Array) => void,
  basis: readonly Float64Array[],
  x: Float64Array,
  length: number,
): void {
  const columns: Float64Array[] = [];
  const rotations: [cosine: number, sine: number][] = [];
  const rest = [norm(basis[0] ?? x)];
  scale(basis[0] ?? x, 1 / (rest[0] ?? 1));
  for (let step = 0; step < RESTART; step++) {
    const { column, left } = orthogonalise(multiply, basis, step);
    rotations.forEach(([cosine, sine], at) => rotate(column, at, cosine, sine));
    const size = Math.sqrt((column[step] ?? 0) ** 2 + left ** 2);
    const [cosine, sine] = size === 0 ? [1, 0] : [(column[step] ?? 0) / size, left / size];
    rotations.push([cosine, sine]);
    column[step] = size;
    columns.push(column);
    const last = rest[step] ?? 0;
    rest[step] = cosine * last;
    rest[step + 1] = -sine * last;
    if (left === 0 || Math.abs(sine * last) <= length) break;
  }
  const weights = backSubstitute(columns, rest);
  weights.forEach((weight, step) => addTo(x, weight, basis[step] ?? x));
}

/** The image of a vector of the basis: its part along those before, and the rest as the next of them. */
function orthogonalise(
  multiply: (v: Float64Array, into: Float64Array) => void,
  basis: readonly Float64Array[],
  step: number,
): { column: Float64Array; left: number } {
  const next = basis[step + 1] ?? new Float64Array();
  multiply(basis[step] ?? next, next);
  const column = new Float64Array(step + 2);
  for (let at = 0; at <= step; at++) {
    const along = dot(next, basis[at] ?? next);
    column[at] = along;
    addTo(next, -along, basis[at] ?? next);
  }
  const left = norm(next);
  if (left > 0) scale(next, 1 / left);
  return { column, left };
}

function rotate(column: Float64Array, at: number, cosine: number, sine: number): void {
  const [upper, lower] = [column[at] ?? 0, column[at + 1] ?? 0];
  column[at] = cosine * upper + sine * lower;
  column[at + 1] = cosine * lower - sine * upper;
}

function backSubstitute(columns: readonly Float64Array[], rest: readonly number[]): number[] {
  const weights = columns.map(() => 0);
  for (let row = columns.length - 1; row >= 0; row--) {
    let value = rest[row] ?? 0;
    for (let after = row + 1; after < columns.length; after++)
      value -= (columns[after]?.[row] ?? 0) * (weights[after] ?? 0);
    weights[row] = value / (columns[row]?.[row] ?? 1);
  }
  return weights;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}

const norm = (a: Float64Array): number => Math.sqrt(dot(a, a));

function scale(a: Float64Array, factor: number): void {
  for (let at = 0; at < a.length; at++) a[at] = (a[at] ?? 0) * factor;
}

function addTo(a: Float64Array, factor: number, b: Float64Array): void {
  for (let at = 0; at < a.length; at++) a[at] = (a[at] ?? 0) + factor * (b[at] ?? 0);
}

function largest(a: Float64Array): number {
  let most = 0;
  for (const each of a) most = Math.max(most, Math.abs(each));
  return most;
}
