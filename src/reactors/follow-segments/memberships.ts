import type { PoolClient } from 'pg';
import { eventId } from '../../domain/event-id.js';
import { leadKey, type LeadKey } from '../../read-models/lead-snapshots.js';
import { segmentMessage, type WebhookMessage } from '../../webhooks/message.js';
import { queueMessages } from '../../webhooks/queue-messages.js';

/** What a lead's segments are found to be at an instant. */
export interface AssessedLead extends LeadKey {
  readonly at: Date;
  readonly segments: readonly string[];
  /** Infinity: they do not change with time alone. */
  readonly nextChange: number;
  readonly modelVersion: number;
}

interface Stay extends LeadKey {
  readonly segment: string;
}
interface Change extends Stay {
  readonly type: 'segment.entered' | 'segment.left';
  readonly at: Date;
  readonly modelVersion: number;
}

const CURRENT = `
  SELECT m.workspace, m.lead_id AS "leadId", m.segment_id AS segment
  FROM unnest($1::text[], $2::uuid[]) AS asked (workspace, lead_id)
  JOIN touchline.segment_membership m
    ON m.workspace = asked.workspace AND m.lead_id = asked.lead_id AND m.superseded_at IS NULL`;

const ENTER = `
  INSERT INTO touchline.segment_membership (workspace, lead_id, segment_id, entered_at, model_version, known_from)
  SELECT *, $6::bigint FROM unnest($1::text[], $2::uuid[], $3::text[], $4::timestamptz[], $5::integer[])`;

const LEAVE = `
  UPDATE touchline.segment_membership m SET left_at = greatest(gone.at, m.entered_at), superseded_at = $5
  FROM unnest($1::text[], $2::uuid[], $3::text[], $4::timestamptz[]) AS gone (workspace, lead_id, segment_id, at)
  WHERE m.workspace = gone.workspace AND m.lead_id = gone.lead_id AND m.segment_id = gone.segment_id
    AND m.superseded_at IS NULL`;

const SET_DUE = `
  INSERT INTO touchline.segment_due (workspace, lead_id, due_at)
  SELECT * FROM unnest($1::text[], $2::uuid[], $3::timestamptz[])
  ON CONFLICT (workspace, lead_id) DO UPDATE SET due_at = excluded.due_at WHERE segment_due.due_at <> excluded.due_at`;

const UNSET_DUE = `
  DELETE FROM touchline.segment_due due USING unnest($1::text[], $2::uuid[]) AS done (workspace, lead_id)
  WHERE due.workspace = done.workspace AND due.lead_id = done.lead_id`;

/**
 * Writes who entered and left which segments, and queues the messages to webhooks.
 *
 * @param leads each once
 * @param position that the changes are known from
 */
export async function saveSegments(
  tx: PoolClient,
  leads: readonly AssessedLead[],
  position: bigint,
): Promise<void> {
  if (leads.length === 0) return;
  const changes = await changesOf(tx, leads);
  const columns = (list: readonly Change[]) => [
    list.map(({ workspace }) => workspace),
    list.map(({ leadId }) => leadId),
    list.map(({ segment }) => segment),
    list.map(({ at }) => at),
  ];
  const left = changes.filter(({ type }) => type === 'segment.left');
  const entered = changes.filter(({ type }) => type === 'segment.entered');
  if (left.length > 0) await tx.query(LEAVE, [...columns(left), position]);
  if (entered.length > 0)
    await tx.query(ENTER, [...columns(entered), entered.map(({ modelVersion }) => modelVersion), position]);
  await saveDue(tx, leads);
  await queueMessages(
    tx,
    changes.map((change) => messageOf(change, position)),
  );
}

async function changesOf(tx: PoolClient, leads: readonly AssessedLead[]): Promise<Change[]> {
  const { rows } = await tx.query<Stay>(CURRENT, keysOf(leads));
  const current = Map.groupBy(rows, leadKey);
  return leads.flatMap(({ workspace, leadId, at, segments, modelVersion }) => {
    const before = (current.get(leadKey({ workspace, leadId })) ?? []).map(({ segment }) => segment);
    const change = (type: Change['type']) => (segment: string) => ({
      ...{ workspace, leadId, segment, type, at, modelVersion },
    });
    return [
      ...before.filter((id) => !segments.includes(id)).map(change('segment.left')),
      ...segments.filter((id) => !before.includes(id)).map(change('segment.entered')),
    ];
  });
}

async function saveDue(tx: PoolClient, leads: readonly AssessedLead[]): Promise<void> {
  const due = leads.filter(({ nextChange }) => isInstant(nextChange));
  const others = leads.filter(({ nextChange }) => !isInstant(nextChange));
  if (due.length > 0)
    await tx.query(SET_DUE, [...keysOf(due), due.map(({ nextChange }) => new Date(nextChange))]);
  if (others.length > 0) await tx.query(UNSET_DUE, keysOf(others));
}

/** A window of a million days ends after all time that a Date can hold. */
const isInstant = (ms: number): boolean => !Number.isNaN(+new Date(ms));

/** The id of a change follows from what it is, so that a message is queued once. */
const messageOf = ({ at, ...change }: Change, position: bigint): WebhookMessage => {
  const { workspace, leadId, segment, type } = change;
  const id = eventId(workspace, `segment:${leadId}`, `${segment} ${position} ${+at}`, type);
  return segmentMessage({ ...change, eventId: id, position, occurredAt: at });
};

const keysOf = (leads: readonly LeadKey[]): string[][] => [
  leads.map(({ workspace }) => workspace),
  leads.map(({ leadId }) => leadId),
];
