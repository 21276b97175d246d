import { DAY_MS, type RejectedRetention } from '../limits-config.js';
import { type RejectedUsage, type RetentionWarning, warningsOf, warnMs } from './rejected-usage.js';

/** Warns that rejected input will be removed while it can still be replayed: when that begins, and once a day while it lasts. */
export class RetentionWarnings {
  /** When each workspace was warned last, by why. */
  #warnedAt = new Map<string, number>();

  constructor(
    private readonly retention: RejectedRetention,
    private readonly warn: (line: string) => void,
  ) {}

  report(usages: readonly RejectedUsage[], now = Date.now()): void {
    const before = this.#warnedAt;
    this.#warnedAt = new Map();
    for (const usage of usages)
      for (const why of warningsOf(usage)) {
        const key = `${why} ${usage.workspace}`;
        const last = before.get(key) ?? -Infinity;
        const isDue = now - last >= DAY_MS;
        if (isDue) this.warn(this.#describe(usage, why));
        this.#warnedAt.set(key, isDue ? now : last);
      }
  }

  #describe({ workspace, share, expiring, expiresAt }: RejectedUsage, why: RetentionWarning): string {
    const whose = `rejected input of workspace "${workspace}"`;
    if (why === 'size')
      return `${whose} fills ${Math.round(share * 100)} % of its ${mb(this.retention.bytes)} MB, beyond which the oldest is removed: replay it, or raise TOUCHLINE_REJECTED_MB`;
    const days = Math.round((warnMs(this.retention) / DAY_MS) * 10) / 10;
    return `${expiring} of the ${whose} will be removed within ${days} days for their age, the first at ${expiresAt?.toISOString()}: replay them, or raise TOUCHLINE_REJECTED_DAYS`;
  }
}

const mb = (bytes: number): number => Math.round(bytes / 2 ** 20);
