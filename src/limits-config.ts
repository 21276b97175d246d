import type { AddFault, ReadSetting } from './config-reader.js';

export const DAY_MS = 86_400_000;
const MB = 1024 * 1024;

/** Trackers queue events for days, and browsers that are offline for weeks. */
export const PUBLIC_BACKDATE_DAYS = 30;

/** What one write key may send to one process. */
export interface QuotaLimits {
  readonly eventsPerSecond: number;
  readonly requestsPerSecond: number;
  /** Requests that wait for the log at the same time. */
  readonly concurrentRequests: number;
  /** Events that wait for the log at the same time; a single request may have more. */
  readonly concurrentEvents: number;
}

/** How long, and up to how many bytes a workspace, rejected input is kept. */
export interface RejectedRetention {
  readonly ms: number;
  readonly bytes: number;
}

/** Three quarters of the log's queue (coalescer.ts): whatever one key sends, there is room for the others. */
const CONCURRENT_EVENTS = 15_000;

/** The rates are above what one process takes in (docs/performance.md): they bound those whom an operator wants bounded. */
export function quotas(read: ReadSetting, fault: AddFault): QuotaLimits {
  const whole = (name: string, fallback: number): number =>
    numberOf(name, read, fallback, fault, { least: 1, whole: true });
  return {
    eventsPerSecond: whole('TOUCHLINE_KEY_EVENTS_PER_SECOND', 50_000),
    requestsPerSecond: whole('TOUCHLINE_KEY_REQUESTS_PER_SECOND', 20_000),
    concurrentRequests: whole('TOUCHLINE_KEY_CONCURRENT_REQUESTS', 1_000),
    concurrentEvents: CONCURRENT_EVENTS,
  };
}

export function rejectedRetention(read: ReadSetting, fault: AddFault): RejectedRetention {
  return {
    ms: numberOf('TOUCHLINE_REJECTED_DAYS', read, 90, fault, { least: 1, whole: false }) * DAY_MS,
    bytes: numberOf('TOUCHLINE_REJECTED_MB', read, 1_000, fault, { least: 1, whole: false }) * MB,
  };
}

export const publicBackdateMs = (read: ReadSetting, fault: AddFault): number =>
  numberOf('TOUCHLINE_PUBLIC_BACKDATE_DAYS', read, PUBLIC_BACKDATE_DAYS, fault, { least: 0, whole: false }) *
  DAY_MS;

/** About 60 bytes a touch once they are in order, and twice as much while they are read. */
export const metricsMemoryBytes = (read: ReadSetting, fault: AddFault): number =>
  numberOf('TOUCHLINE_METRICS_MEMORY_MB', read, 256, fault, { least: 16, whole: true }) * MB;

const MAX_VALUE = 1_000_000;

export function numberOf(
  name: string,
  read: ReadSetting,
  fallback: number,
  fault: AddFault,
  { least, whole }: { readonly least: number; readonly whole: boolean },
): number {
  const value = read(name);
  const number = Number(value ?? fallback);
  if (number >= least && number <= MAX_VALUE && (!whole || Number.isInteger(number))) return number;
  fault(
    `${name}: "${value}" is invalid; use a ${whole ? 'whole number' : 'number'} from ${least} to ${MAX_VALUE}`,
  );
  return fallback;
}
