/** Lanczos' approximation with g = 7 and nine terms: C. Lanczos, SIAM Journal on Numerical Analysis 1 (1964), 86–96. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** ln Γ(x), x > 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const [first = 0, ...terms] = LANCZOS;
  const sum = terms.reduce((total, term, index) => total + term / (x + index), first);
  const base = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(base) - base + Math.log(sum);
}

const PRECISION = 1e-13;
/** A shape of a million, above which nothing here goes, needs about ten thousand terms. */
const MOST_TERMS = 100_000;

/**
 * The share of a gamma distribution of this shape and scale 1 below `x`: its series, or beyond shape + 1 its continued fraction.
 * W. H. Press et al., Numerical Recipes, 3rd ed. (2007), section 6.2.
 */
export function gammaCdf(x: number, shape: number): number {
  if (x <= 0) return 0;
  if (x === Infinity) return 1;
  const front = Math.exp(-x + shape * Math.log(x) - logGamma(shape));
  return x < shape + 1 ? front * lowerSeries(x, shape) : 1 - front * upperFraction(x, shape);
}

function lowerSeries(x: number, shape: number): number {
  let term = 1 / shape;
  let sum = term;
  for (let n = 1; n < MOST_TERMS && term > sum * PRECISION; n += 1) {
    term *= x / (shape + n);
    sum += term;
  }
  return sum;
}

/** Lentz's method. */
function upperFraction(x: number, shape: number): number {
  const tiny = Number.MIN_VALUE / PRECISION;
  let b = x + 1 - shape;
  let c = 1 / tiny;
  let d = 1 / b;
  let value = d;
  for (let n = 1; n < MOST_TERMS; n += 1) {
    const a = -n * (n - shape);
    b += 2;
    d = 1 / (a * d + b || tiny);
    c = b + a / c || tiny;
    value *= d * c;
    if (Math.abs(d * c - 1) < PRECISION) break;
  }
  return value;
}

/** They bring the interval down to the least number there is. */
const BISECTIONS = 1_100;

/** The value below which a share of the distribution lies: the inverse of `gammaCdf`. */
export function gammaQuantile(share: number, shape: number): number {
  let [low, high] = [0, shape + 1];
  while (gammaCdf(high, shape) < share) high *= 2;
  for (let step = 0; step < BISECTIONS && high - low > high * PRECISION; step += 1) {
    const middle = (low + high) / 2;
    if (gammaCdf(middle, shape) < share) low = middle;
    else high = middle;
  }
  return high;
}
