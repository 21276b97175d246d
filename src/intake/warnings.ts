import type { Pool } from 'pg';
import type { Warning } from './outcome.js';
import type { Origin } from './rejected.js';

/** An accepted message with what of it was replaced or left out. */
export interface WarnedMessage extends Pick<Origin, 'workspace' | 'collector' | 'call' | 'receivedAt'> {
  readonly format: string;
  readonly messageId: string;
  /** Of the message's first event. */
  readonly eventId: string;
  readonly warnings: readonly Warning[];
}

export interface WarningRow extends Required<Warning>, Omit<WarnedMessage, 'warnings'> {
  /** Order of arrival. */
  readonly number: bigint;
}

export interface WarningsQuestion {
  readonly workspace: string;
  readonly code?: string | undefined;
  readonly limit: number;
  /** Rows before this number. */
  readonly before?: bigint | undefined;
}

/** So many warnings of a workspace are listed: a site whose every event has one must not fill the disk. */
export const KEPT_WARNINGS = 100_000;

/** The table of warnings. What `keep` resolved is durable; the newest of a workspace stay. */
export class WarningLog {
  constructor(private readonly pool: Pool) {}

  /** Keeps each once: a message that is sent again adds nothing. */
  async keep(warned: readonly WarnedMessage[]): Promise<void> {
    const rows = warned.flatMap(({ warnings, ...message }) =>
      warnings.map((each) => ({ ...message, ...each })),
    );
    if (rows.length === 0) return;
    const column = (read: (row: (typeof rows)[number]) => unknown): unknown[] => rows.map(read);
    await this.pool.query(KEEP, [
      column((row) => row.workspace),
      column((row) => row.eventId),
      column((row) => row.messageId),
      column((row) => row.receivedAt),
      column((row) => row.collector),
      column((row) => row.format),
      column((row) => row.call),
      column((row) => row.code),
      column((row) => withoutNul(row.message)),
      column((row) => row.path ?? ''),
    ]);
  }

  /** Removes what is older than the newest `kept` of each workspace. */
  async removeOld(kept = KEPT_WARNINGS): Promise<void> {
    await this.pool.query(REMOVE_OLD, [kept]);
  }

  /** Newest first. */
  async page({ workspace, code, limit, before }: WarningsQuestion): Promise<readonly WarningRow[]> {
    const { rows } = await this.pool.query<Omit<WarningRow, 'number'> & { number: string }>(PAGE, [
      ...[workspace, code ?? null],
      ...[before?.toString() ?? null, limit],
    ]);
    return rows.map((row) => ({ ...row, number: BigInt(row.number) }));
  }
}

/** A message quotes what was sent; PostgreSQL's text holds everything but NUL. */
const withoutNul = (text: string): string => text.replaceAll('\0', '\ufffd');

const KEEP = `
  INSERT INTO touchline.intake_warning (workspace, event_id, message_id, received_at, collector, format, call, code,
                                        message, path)
  SELECT warned.*
  FROM unnest($1::text[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[],
              $9::text[], $10::text[]) AS warned
  ON CONFLICT DO NOTHING`;

const REMOVE_OLD = `
  DELETE FROM touchline.intake_warning w
  USING touchline.workspace s
  CROSS JOIN LATERAL (SELECT number FROM touchline.intake_warning i
                       WHERE i.workspace = s.slug ORDER BY number DESC OFFSET $1 LIMIT 1) last
  WHERE w.workspace = s.slug AND w.number <= last.number`;

const PAGE = `
  SELECT workspace, number, event_id AS "eventId", message_id AS "messageId", received_at AS "receivedAt", collector,
         format, call, code, message, path
  FROM touchline.intake_warning
  WHERE workspace = $1 AND ($2::text IS NULL OR code = $2) AND ($3::bigint IS NULL OR number < $3)
  ORDER BY number DESC
  LIMIT $4`;
