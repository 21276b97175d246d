import { Instant, Text, Uuid, Enum } from './response-fields.js';
import type { View } from './read-models.js';
import { validAt } from './valid-at.js';
import { rows, sql } from './sql.js';

export const LINK_KINDS = ['claimed', 'refused', 'merged', 'split'] as const;

/** One link between two keys and the event that made it (§6). */
export class LinkItem {
  @Text('A key') key!: string;
  @Text('The other key') otherKey!: string;
  @Enum(
    'claimed: an event has both keys; refused: a claim of a public write key that did not join two known leads; merged, split: a decision of a person',
    LINK_KINDS,
  )
  kind!: string;
  @Uuid('The event') eventId!: string;
  @Instant('When it happened') occurredAt!: Date;
}

/** The keys that mean a lead at the position of the view. */
export async function keysOf({ tx, workspace, asOf }: View, leadId: string): Promise<string[]> {
  const found = await rows<{ key: string }>(
    tx,
    sql`
    SELECT k.key FROM touchline.identity_key k
    WHERE k.workspace = ${workspace} AND k.lead_id = ${leadId}::uuid AND ${validAt('k', asOf)}
    ORDER BY k.key COLLATE "C"`,
  );
  return found.map(({ key }) => key);
}

interface Row {
  key: string;
  other_key: string;
  kind: string;
  event_id: string;
  occurred_at: Date;
}

/** The links that touch any of the keys, at the position of the view. */
export async function linksOf({ tx, workspace, asOf }: View, keys: readonly string[]): Promise<LinkItem[]> {
  const found = await rows<Row>(
    tx,
    sql`
    SELECT l.key, l.other_key, l.kind, l.event_id, l.occurred_at
    FROM touchline.identity_link l
    WHERE l.workspace = ${workspace} AND ${validAt('l', asOf)}
      AND (l.key = ANY(${keys}::text[]) OR l.other_key = ANY(${keys}::text[]))
    ORDER BY l.occurred_at, l.event_id, l.key COLLATE "C", l.other_key COLLATE "C"`,
  );
  return found.map(({ key, other_key: otherKey, kind, event_id: eventId, occurred_at: occurredAt }) => ({
    key,
    otherKey,
    kind,
    eventId,
    occurredAt,
  }));
}
