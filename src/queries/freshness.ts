import type { PoolClient } from 'pg';
import type { Position } from '../domain/events.js';

/** How far the read models are: what the queries need of the projection runtime. */
export interface Freshness {
  /**
   * The position up to which all the named projections are, as the transaction of `tx` sees them: their rows are exact
   * for any position at or before it. Ask it first in the transaction.
   */
  checkpoint(tx: PoolClient, projections: readonly string[]): Promise<Position>;

  /** Resolves true once the projections have reached the position, false when they have not after `timeoutMs`. */
  waitFor(projections: readonly string[], position: Position, timeoutMs: number): Promise<boolean>;
}

/** Injection token of the process's Freshness. */
export const FRESHNESS = Symbol('Freshness');
