import { LRUCache } from 'lru-cache';
import pg, { type Pool } from 'pg';
import { TokenUsed, type TokenClaim } from './event-store.js';
import { byteas, instants, texts } from './pg-array.js';

/**
 * Of the parameters of `claimParameters`, numbered from `first`. Of a token that another body has used the hash becomes NULL, which
 * the table refuses: nothing of the transaction is kept. In one order, so that claims of two transactions do not deadlock.
 */
export const claimTokens = (
  first: number,
): string => `INSERT INTO touchline.webhook_token AS known (collector, token, body_hash, expires_at)
    SELECT claim.*
    FROM unnest($${first}::text[], $${first + 1}::text[], $${first + 2}::bytea[], $${first + 3}::timestamptz[])
      AS claim (collector, token, body_hash, expires_at)
    ORDER BY claim.collector, claim.token
    ON CONFLICT (collector, token)
      DO UPDATE SET body_hash = CASE WHEN known.body_hash = excluded.body_hash THEN known.body_hash END`;

export const claimParameters = (claims: readonly TokenClaim[]): Buffer[] => [
  texts(claims.map(({ collector }) => collector)),
  texts(claims.map(({ token }) => token)),
  byteas(claims.map(({ bodyHash }) => Buffer.from(bodyHash, 'hex'))),
  instants(claims.map(({ expiresAt }) => expiresAt)),
];

/**
 * The claims of a transaction: one a request, as a row can be changed only once. Two of one token by different requests stay, and
 * fail together, so that each is tried alone.
 */
export const distinct = (claims: readonly TokenClaim[]): readonly TokenClaim[] => [
  ...new Map(claims.map((claim) => [`${nameOf(claim)} ${claim.bodyHash}`, claim])).values(),
];

/** Ids of collectors hold no space. */
const nameOf = ({ collector, token }: TokenClaim): string => `${collector} ${token}`;

/** A claim that fails takes its transaction with it, which the requests beside it pay for: once a token. */
const REMEMBERED = 10_000;
const HOUR_MS = 3_600_000;

/** Tells a claim that failed from other errors, and knows it the next time. */
export class TokenClaims {
  /** The hash that has used a token which others tried to use. */
  readonly #used = new LRUCache<string, string>({ max: REMEMBERED });
  #sweptAt = -Infinity;

  constructor(private readonly pool: Pool) {}

  /** A claim without facts. @throws TokenUsed */
  async claim(claim: TokenClaim): Promise<void> {
    this.check(claim);
    await this.outcome(claim, this.pool.query(claimTokens(1), claimParameters([claim])));
  }

  /** Before it is recorded. @throws TokenUsed it is known to fail */
  check(claim: TokenClaim): void {
    if ((this.#used.get(nameOf(claim)) ?? claim.bodyHash) !== claim.bodyHash) throw new TokenUsed();
  }

  /** Holds nothing of the facts while it waits. @throws TokenUsed, and what `recorded` is rejected with */
  async outcome<T>(claim: TokenClaim, recorded: Promise<T>): Promise<T> {
    try {
      const result = await recorded;
      await this.#removeExpired();
      return result;
    } catch (error) {
      if (!isConflict(error)) throw error;
      await this.#remember(claim);
      throw new TokenUsed();
    }
  }

  async #remember(claim: TokenClaim): Promise<void> {
    const { rows } = await this.pool.query<{ bodyHash: string }>(
      `SELECT encode(body_hash, 'hex') AS "bodyHash" FROM touchline.webhook_token WHERE collector = $1 AND token = $2`,
      [claim.collector, claim.token],
    );
    if (rows[0]) this.#used.set(nameOf(claim), rows[0].bodyHash);
  }

  async #removeExpired(): Promise<void> {
    if (performance.now() - this.#sweptAt < HOUR_MS) return;
    this.#sweptAt = performance.now();
    await this.pool.query('DELETE FROM touchline.webhook_token WHERE expires_at < now()');
  }
}

const NOT_NULL_VIOLATION = '23502';

const isConflict = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code === NOT_NULL_VIOLATION && error.table === 'webhook_token';
