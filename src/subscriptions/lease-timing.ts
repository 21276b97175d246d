/**
 * How long a process may be silent before others take its subscriptions, in ms. A takeover is done within
 * `latestTakeover`. Were it shorter, a thread that gets no processor for a while would lose them for nothing.
 */
export const LEASE_MS = 4_000;

/** Between two signs of life, two of which may be late. */
export const heartbeatInterval = (leaseMs: number): number => leaseMs / 3;

/** The longest pause between two looks at what there is to do, in ms. */
export const LONGEST_POLL_MS = 500;

/** The shortest pause between two looks at what others hold. */
export const minimumPoll = (leaseMs: number): number => leaseMs / 10;

/** How much longer than its lease a subscription is left to those who have room for it in their share. */
export const takeoverPatience = (leaseMs: number): number => leaseMs;

/**
 * After so long within a transaction without a statement the server ends the session of a batch, and with it the locks
 * of a frozen process. Twice a lease, as a batch that is only slow need not be made again.
 */
export const idleTransactionTimeout = (leaseMs: number): number => 2 * leaseMs;

/** From the end of a process, or its standstill, to others having its subscriptions, in ms, at the latest. */
export const latestTakeover = (leaseMs: number): number =>
  Math.max(
    leaseMs + takeoverPatience(leaseMs) + Math.max(LONGEST_POLL_MS, minimumPoll(leaseMs)),
    idleTransactionTimeout(leaseMs),
  );
