import type { Pool } from 'pg';
import type { KeyScope } from '../domain/touchpoint.js';
import { jsonText } from './inspect.js';
import type { Origin } from './rejected.js';
import { TokenBucket } from './token-bucket.js';

/** An item as a collector received it. */
export interface RecentItem extends Pick<Origin, 'receivedAt' | 'call'> {
  readonly format: string;
  readonly keyScope?: KeyScope;
  readonly item: unknown;
}

/** So many of a collector are kept. */
export const RECENT_ITEMS = 100;
/** Beyond a burst, so many a second of a collector are looked at: the rest costs nothing. */
const ITEMS_PER_SECOND = 5;
const BURST_SECONDS = 20;
const FLUSH_MS = 2_000;
const BUFFERED_BYTES = 4 * 1024 * 1024;
const KEPT_DAYS = 7;
const HOUR_MS = 3_600_000;

/** Items that were chosen to be kept, as text. */
export type RecentSample = readonly Row[];

interface Row {
  readonly workspace: string;
  readonly collector: string;
  readonly receivedAt: Date;
  readonly format: string;
  readonly call: string;
  readonly keyScope: KeyScope | null;
  readonly item: string;
}

/**
 * Keeps the last items of each collector, so that a mapping can be tried on them. They are not what the log has: a sample, kept a
 * moment later and lost where the database is away.
 */
export class RecentItems {
  private readonly buckets = new Map<string, TokenBucket>();
  private buffered: Row[] = [];
  private bufferedBytes = 0;
  private timer: NodeJS.Timeout | undefined;
  private sweptAt = -Infinity;

  constructor(
    private readonly pool: Pool,
    private readonly onFailure: (error: unknown) => void = () => undefined,
  ) {}

  /** Takes as many of the items as the collector's rate allows. */
  offer(format: string, origin: Origin, items: readonly unknown[]): void {
    this.keep(this.sample(format, origin, items));
  }

  /** As many of the items as the collector's rate allows. */
  sample(format: string, origin: Origin, items: readonly unknown[]): RecentSample {
    const bucket = this.bucketOf(`${origin.workspace}/${origin.collector}`);
    const now = performance.now();
    const { workspace, collector, call, receivedAt, keyScope = null } = origin;
    const sample: Row[] = [];
    let bytes = this.bufferedBytes;
    for (const item of items) {
      if (bucket.wait(now) > 0 || bytes > BUFFERED_BYTES) break;
      bucket.take(1, now);
      const text = jsonText(item);
      if (text.includes('\0')) continue;
      sample.push({ workspace, collector, receivedAt, format, call, keyScope, item: text });
      bytes += text.length;
    }
    return sample;
  }

  keep(sample: RecentSample): void {
    if (sample.length === 0) return;
    for (const row of sample) this.buffered.push(row);
    this.bufferedBytes += sample.reduce((sum, { item }) => sum + item.length, 0);
    this.timer ??= setTimeout(() => void this.flush().catch(this.onFailure), FLUSH_MS).unref();
  }

  private bucketOf(name: string): TokenBucket {
    let bucket = this.buckets.get(name);
    if (!bucket)
      this.buckets.set(name, (bucket = new TokenBucket(ITEMS_PER_SECOND, BURST_SECONDS, performance.now())));
    return bucket;
  }

  /** Writes what is buffered, and removes what is no longer among the last ones. */
  async flush(): Promise<void> {
    const rows = this.buffered;
    clearTimeout(this.timer);
    [this.buffered, this.bufferedBytes, this.timer] = [[], 0, undefined];
    if (rows.length === 0) return;
    const column = (read: (row: Row) => unknown): unknown[] => rows.map(read);
    await this.pool.query(KEEP, [
      ...[column((row) => row.workspace), column((row) => row.collector), column((row) => row.receivedAt)],
      ...[column((row) => row.format), column((row) => row.call), column((row) => row.keyScope)],
      column((row) => row.item.toWellFormed()),
    ]);
    await this.pool.query(REMOVE_OLD, [
      column((row) => row.workspace),
      column((row) => row.collector),
      RECENT_ITEMS,
    ]);
    if (performance.now() - this.sweptAt < HOUR_MS) return;
    this.sweptAt = performance.now();
    await this.pool.query(
      'DELETE FROM touchline.recent_item WHERE received_at < now() - make_interval(days => $1)',
      [KEPT_DAYS],
    );
  }

  /** Newest first. */
  async last(workspace: string, collector: string, limit: number): Promise<RecentItem[]> {
    await this.flush();
    const { rows } = await this.pool.query<Omit<Row, 'workspace' | 'collector'>>(LAST, [
      workspace,
      collector,
      limit,
    ]);
    return rows.map(({ keyScope, item, ...row }) => ({
      ...row,
      ...(keyScope && { keyScope }),
      item: JSON.parse(item) as unknown,
    }));
  }
}

const KEEP = `
  INSERT INTO touchline.recent_item (workspace, collector, received_at, format, call, key_scope, item)
  SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[])`;

const REMOVE_OLD = `
  DELETE FROM touchline.recent_item r
  USING (SELECT DISTINCT workspace, collector FROM unnest($1::text[], $2::text[]) AS t (workspace, collector)) t
  CROSS JOIN LATERAL (
    SELECT number FROM touchline.recent_item i
    WHERE i.workspace = t.workspace AND i.collector = t.collector ORDER BY number DESC OFFSET $3 LIMIT 1
  ) last
  WHERE r.workspace = t.workspace AND r.collector = t.collector AND r.number <= last.number`;

const LAST = `
  SELECT received_at AS "receivedAt", format, call, key_scope AS "keyScope", item
  FROM touchline.recent_item
  WHERE workspace = $1 AND collector = $2
  ORDER BY number DESC
  LIMIT $3`;
