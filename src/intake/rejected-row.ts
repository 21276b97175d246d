import type { KeyScope } from '../domain/touchpoint.js';

/** A row of the table. */
export interface RawRow {
  readonly id: string;
  readonly number: string;
  readonly workspace: string;
  readonly collector: string;
  readonly call: string;
  readonly received_at: Date;
  readonly unit: 'item' | 'request';
  readonly format: string;
  readonly payload: Buffer;
  readonly payload_bytes: number;
  readonly encoding: string | null;
  readonly charset: string | null;
  readonly message_id: string | null;
  readonly code: string;
  readonly message: string;
  readonly path: string | null;
  readonly attempts: number;
  readonly replayed_at: Date | null;
  readonly position: string | null;
  readonly key_scope: KeyScope | null;
  readonly sent: Buffer | null;
  readonly source: string | null;
  readonly corrected: Buffer | null;
  readonly corrected_at: Date | null;
}

/** The row as the rest knows it (RejectedRow). */
export function fromRaw(row: RawRow) {
  const { id, workspace, collector, call, unit, format, payload, attempts, code, message, path } = row;
  return {
    ...{ id, workspace, collector, call, unit, format, payload, attempts },
    number: BigInt(row.number),
    receivedAt: row.received_at,
    payloadBytes: row.payload_bytes,
    ...(row.encoding === null ? {} : { encoding: row.encoding }),
    ...(row.charset === null ? {} : { charset: row.charset }),
    ...(row.message_id === null ? {} : { messageId: row.message_id }),
    ...(row.key_scope === null ? {} : { keyScope: row.key_scope }),
    ...(row.sent === null ? {} : { sent: row.sent }),
    ...(row.source === null ? {} : { source: row.source }),
    ...(row.corrected === null ? {} : { corrected: row.corrected }),
    ...(row.corrected_at === null ? {} : { correctedAt: row.corrected_at }),
    reason: path === null ? { code, message } : { code, message, path },
    replayedAt: row.replayed_at,
    position: row.position === null ? null : BigInt(row.position),
  };
}
