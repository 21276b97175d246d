import { Logger } from '@nestjs/common';
import type { KeyQuota } from '../http/known-keys.js';
import type { Metrics } from '../metrics.js';
import type { QuotaLimit } from './key-quotas.js';

/** A key that is over its limit is logged once in this time, in ms. */
const LOG_EVERY_MS = 60_000;

/** Counts what quotas refuse, and names the key in the log. */
export function observeQuotas({ quotaRefusals }: Metrics): (limit: QuotaLimit, key: KeyQuota) => void {
  const log = new Logger('quota');
  const loggedAt = new Map<string, number>();
  return (limit, { id, prefix, workspace }) => {
    quotaRefusals.inc({ limit });
    const now = Date.now();
    if (now - (loggedAt.get(id) ?? 0) < LOG_EVERY_MS) return;
    loggedAt.set(id, now);
    log.warn(`write key ${prefix} of workspace "${workspace}" is over its limit of ${limit}`);
  };
}
