import { hash } from 'node:crypto';
import type { Pool } from 'pg';
import { isOutage } from '../database/outage.js';
import { type Call, Coalescer } from '../event-store/coalescer.js';

/** A token that may be used by one request, named by the hash of its body. */
interface Claim extends Call {
  readonly collector: string;
  readonly token: string;
  readonly bodyHash: Buffer;
  /** From then on it may be forgotten. */
  readonly expiresAt: Date;
}

const HOUR_MS = 3_600_000;

/** Which request a token was first used by, for all processes. Claims that wait at the same time share one transaction. */
export class TokenClaims {
  private readonly claims = new Coalescer<Claim, boolean>((claims) => this.write(claims), isOutage);
  private sweptAt = -Infinity;

  constructor(private readonly pool: Pool) {}

  /**
   * Whether the token was used by no request with another body.
   *
   * @throws StoreUnavailable
   */
  async claim(collector: string, token: string, body: Buffer, expiresAt: Date): Promise<boolean> {
    await this.removeExpired();
    const bodyHash = hash('sha256', body, 'buffer');
    const bytes = token.length + bodyHash.length;
    return this.claims.add({ collector, token, bodyHash, expiresAt, events: 1, bytes });
  }

  private async write(claims: readonly Claim[]): Promise<readonly boolean[]> {
    const first = new Map<string, Claim>();
    for (const claim of claims) if (!first.has(keyOf(claim))) first.set(keyOf(claim), claim);
    const rows = [...first.values()];
    const result = await this.pool.query<{ collector: string; token: string; body_hash: Buffer }>(CLAIM, [
      rows.map(({ collector }) => collector),
      rows.map(({ token }) => token),
      rows.map(({ bodyHash }) => bodyHash),
      rows.map(({ expiresAt }) => expiresAt),
    ]);
    const used = new Map(result.rows.map((row) => [keyOf(row), row.body_hash]));
    return claims.map((claim) => used.get(keyOf(claim))?.equals(claim.bodyHash) === true);
  }

  private async removeExpired(): Promise<void> {
    if (performance.now() - this.sweptAt < HOUR_MS) return;
    this.sweptAt = performance.now();
    await this.pool.query('DELETE FROM touchline.webhook_token WHERE expires_at < now()');
  }
}

/** Ids of collectors hold no space. */
const keyOf = ({ collector, token }: Pick<Claim, 'collector' | 'token'>): string => `${collector} ${token}`;

/**
 * The update changes nothing, and waits for another transaction that claims the same token; in one order, so that none deadlock.
 * The commit does not wait for the disk: that of the events comes later in the same write-ahead log, and takes it along.
 */
const CLAIM = `
  WITH commit AS (SELECT set_config('synchronous_commit', 'off', true))
  INSERT INTO touchline.webhook_token AS t (collector, token, body_hash, expires_at)
  SELECT claim.*
    FROM commit
    CROSS JOIN unnest($1::text[], $2::text[], $3::bytea[], $4::timestamptz[]) AS claim (collector, token, body_hash, expires_at)
   ORDER BY claim.collector, claim.token
  ON CONFLICT (collector, token) DO UPDATE SET body_hash = t.body_hash
  RETURNING collector, token, body_hash`;
