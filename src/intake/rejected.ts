import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import type { Position } from '../domain/events.js';
import type { KeyScope } from '../domain/touchpoint.js';
import type { TokenClaim } from '../event-store/event-store.js';
import type { KeyQuota } from '../http/known-keys.js';
import type { CollectorConfig } from '../workspaces/collector-config.js';
import type { RejectedRetention } from '../limits-config.js';
import type { Reason } from './outcome.js';
import { countRejected, type CountsQuestion, type RejectedCount } from './rejected-counts.js';
import { fromRaw, type RawRow } from './rejected-row.js';
import { type RejectedUsage, rejectedUsage } from './rejected-usage.js';
import {
  KEEP,
  NEWEST,
  OLDEST,
  REMOVE_LARGE,
  REMOVE_OLD,
  SAVE_CORRECTIONS,
  SAVE_REPLAYS,
} from './rejected-sql.js';

/** Where a request came from and when. */
export interface Origin {
  readonly workspace: string;
  readonly collector: string;
  /** The route's name, e.g. `track`, `batch`, `touchpoints`. */
  readonly call: string;
  readonly receivedAt: Date;
  /** Of the write key it came with, when that is public. */
  readonly keyScope?: KeyScope;
  /** Of its collector, where that is configured. */
  readonly config?: CollectorConfig;
  /** Of the write key it comes with, while it does. */
  readonly quota?: KeyQuota;
  /** Of the token of its signature: made together with what is recorded, before anything else is kept. */
  readonly claim?: TokenClaim;
}

/** An item as it came, where it was written otherwise or stood in a file. */
export interface SentAs {
  /** Byte for byte; undefined: the payload is that. */
  readonly sent?: Buffer | undefined;
  /** Name of the file and line. */
  readonly source?: string | undefined;
}

/** One item, or one request that could not be taken apart. */
export interface RejectedInput extends SentAs {
  readonly unit: 'item' | 'request';
  readonly format: string;
  readonly payload: Buffer;
  /** What stays the same when it is sent again; else the payload. */
  readonly knownBy?: string;
  /** Bytes that were sent, where more than `payload` holds. */
  readonly sentBytes?: number;
  readonly encoding?: string;
  readonly charset?: string;
  readonly messageId?: string;
  readonly reason: Reason;
}

export interface RejectedRow extends RejectedInput, Origin {
  readonly id: string;
  /** Order of arrival. */
  readonly number: bigint;
  readonly payloadBytes: number;
  readonly attempts: number;
  /** What a replay reads instead of the payload. */
  readonly corrected?: Buffer;
  readonly correctedAt?: Date;
  readonly replayedAt: Date | null;
  readonly position: Position | null;
}

export interface RejectedQuestion {
  readonly workspace: string;
  readonly state: 'open' | 'replayed' | 'all';
  readonly code?: string | undefined;
  readonly collector?: string | undefined;
  readonly ids?: readonly string[] | undefined;
  readonly limit: number;
  /** Rows before (newest first) or after (oldest first) this number. */
  readonly from?: bigint | undefined;
  readonly order: 'newest' | 'oldest';
}

/** What replaying one row came to. */
export type ReplayResult =
  | { readonly id: string; readonly position: Position | null }
  | { readonly id: string; readonly reason: Reason };

/** Payload bytes of one page at most, however few rows that leaves: one row may hold a whole request. */
const PAGE_BYTES = 4 * 1024 * 1024;

export function withOrigin(
  { workspace, collector, call, receivedAt, keyScope }: Origin,
  input: RejectedInput,
): RejectedInput & Origin {
  return { ...input, workspace, collector, call, receivedAt, ...(keyScope && { keyScope }) };
}

/** What `removeOld` removed of one workspace, and why. */
export interface Removed {
  readonly workspace: string;
  readonly why: 'age' | 'size';
  readonly rows: number;
}

/** What a rejected row should have been. */
export interface Correction {
  readonly id: string;
  readonly corrected: Buffer;
}

/** The table of rejected input. What `keep` resolved is durable, and stays for as long as its retention says. */
export class RejectedLog {
  constructor(private readonly pool: Pool) {}

  /** Keeps each once: input that is sent again is the row that is there. */
  async keep(inputs: readonly (RejectedInput & Origin)[]): Promise<void> {
    if (inputs.length === 0) return;
    const column = (read: (row: RejectedInput & Origin) => unknown): unknown[] => inputs.map(read);
    await this.pool.query(KEEP, [
      column((row) => row.workspace),
      column((row) => row.collector),
      column((row) => row.call),
      column((row) => row.receivedAt),
      column(rejectedId),
      column((row) => row.format),
      column((row) => row.unit),
      column((row) => row.payload),
      column((row) => row.sentBytes ?? row.payload.length),
      column((row) => row.encoding ?? null),
      column((row) => row.charset ?? null),
      column((row) => row.messageId ?? null),
      column((row) => row.reason.code),
      column((row) => withoutNul(row.reason.message)),
      column((row) => withoutNul(row.reason.path ?? null)),
      column((row) => row.keyScope ?? null),
      column((row) => row.sent ?? null),
      column((row) => row.source ?? null),
    ]);
  }

  /** At most `limit` rows, fewer when their payloads are big; at least one when there is any. */
  async page(question: RejectedQuestion): Promise<readonly RejectedRow[]> {
    const { workspace, state, code, collector, ids, limit, from, order } = question;
    const sql = order === 'newest' ? NEWEST : OLDEST;
    const { rows } = await this.pool.query<RawRow>(sql, [
      ...[workspace, state, code ?? null, ids ?? null],
      ...[from?.toString() ?? null, limit, PAGE_BYTES, collector ?? null],
    ]);
    return rows.map(fromRaw);
  }

  /**
   * Removes what was kept longer ago than `ms`, and of each workspace the oldest beyond `bytes`. Safe to run in several
   * processes at once.
   */
  async removeOld({ ms, bytes }: RejectedRetention): Promise<readonly Removed[]> {
    const old = await this.pool.query<Removed>(REMOVE_OLD, [ms / 1_000]);
    const large = await this.pool.query<Removed>(REMOVE_LARGE, [bytes]);
    return [...old.rows, ...large.rows];
  }

  /** Writes down what a replay came to: the position of the event, or the reason of today. */
  async saveReplays(workspace: string, results: readonly ReplayResult[], at: Date): Promise<void> {
    if (results.length === 0) return;
    const reason = (result: ReplayResult): Reason | undefined =>
      'reason' in result ? result.reason : undefined;
    await this.pool.query(SAVE_REPLAYS, [
      ...[workspace, at],
      results.map(({ id }) => id),
      results.map((result) => ('reason' in result ? null : (result.position?.toString() ?? null))),
      results.map((result) => reason(result)?.code ?? null),
      results.map((result) => withoutNul(reason(result)?.message ?? null)),
      results.map((result) => withoutNul(reason(result)?.path ?? null)),
    ]);
  }

  /** How much of its retention each workspace uses. @param workspace undefined: all */
  usage(retention: RejectedRetention, workspace?: string): Promise<readonly RejectedUsage[]> {
    return rejectedUsage(this.pool, retention, workspace);
  }

  counts(question: CountsQuestion, limit: number): Promise<readonly RejectedCount[]> {
    return countRejected(this.pool, question, limit);
  }

  /** Keeps corrections beside what was sent; a row that was replayed meanwhile stays as it is. */
  async saveCorrections(workspace: string, corrections: readonly Correction[], at: Date): Promise<void> {
    if (corrections.length === 0) return;
    const ids = corrections.map(({ id }) => id);
    await this.pool.query(SAVE_CORRECTIONS, [
      workspace,
      at,
      ids,
      corrections.map(({ corrected }) => corrected),
    ]);
  }
}

/** A path may name any field of what was sent; PostgreSQL's text holds everything but NUL. */
const withoutNul = (text: string | null): string | null => text?.replaceAll('\0', '\ufffd') ?? null;

/** Also distinguishes input of the same bytes that came by another collector, scope of its key, route or encoding. */
function rejectedId(input: RejectedInput & Origin): string {
  const { workspace, collector, call, format, unit, payload, encoding, keyScope, knownBy = payload } = input;
  const way = JSON.stringify([
    ...[workspace, collector, call, format, unit, encoding],
    ...(keyScope ? [keyScope] : []),
  ]);
  const hex = createHash('sha256').update(way).update(knownBy).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
