const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];

/**
 * Delays after the first, second … failed attempt, in ms: the schedule that Standard Webhooks recommends. Ten attempts in
 * three days, then the message is dead.
 */
export const RETRY_DELAYS: readonly number[] = [
  ...[5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR],
  ...[10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR],
];

/** A receiver cannot ask for more. */
const LONGEST_RETRY_AFTER = 24 * HOUR;

/** Part of a delay that is added at random, so that what failed together does not come back together. */
const JITTER = 0.2;

/**
 * When to try again after so many failed attempts, in ms; undefined: that was the last one.
 *
 * @param retryAfterMs what the receiver asked for: never sooner than that
 * @param random in [0, 1)
 */
export function retryDelay(
  failures: number,
  retryAfterMs: number | undefined,
  delays: readonly number[] = RETRY_DELAYS,
  random: () => number = Math.random,
): number | undefined {
  const delay = delays[failures - 1];
  if (delay === undefined) return undefined;
  const least = Math.min(retryAfterMs ?? 0, LONGEST_RETRY_AFTER);
  return Math.max(delay, least) * (1 + JITTER * random());
}

/** The header `Retry-After` in ms: seconds, or an HTTP date. Undefined: absent or neither. */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * SECOND;
  const at = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} /.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
