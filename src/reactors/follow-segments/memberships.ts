import type { PoolClient } from 'pg';
import { leadKey, type LeadKey } from '../../read-models/lead-snapshots.js';
import { segmentMessage, type WebhookMessage } from '../../webhooks/message.js';
import { queueMessages } from '../../webhooks/queue-messages.js';
import { segmentChangeId } from '../segment-changes.js';

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
  SELECT m.workspace, m.lead_id AS "leadId", m.segment_id AS segment, m.entered_at AS "enteredAt"
  FROM unnest($1::text[], $2::uuid[]) AS asked (workspace, lead_id)
  JOIN touchline.segment_membership m
    ON m.workspace = asked.workspace AND m.lead_id = asked.lead_id AND m.superseded_at IS NULL`;

const ENTER = `
  INSERT INTO touchline.segment_membership (workspace, lead_id, segment_id, entered_at, model_version, known_from)
  SELECT *, $6::bigint FROM unnest($1::text[], $2::uuid[], $3::text[], $4::timestamptz[], $5::integer[])`;

const LEAVE = `
  UPDATE touchline.segment_membership m
  SET left_at = gone.at, left_model_version = gone.model_version, left_change = nextval('touchline.segment_change'), superseded_at = $6
  FROM unnest($1::text[], $2::uuid[], $3::text[], $4::timestamptz[], $5::integer[])
    AS gone (workspace, lead_id, segment_id, at, model_version)
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
 * Changes are sent with ids that follow from their positions, which another run over the same events may find others: what was sent
 * must not be lost when the server crashes.
 */
const DURABLE = 'SET LOCAL synchronous_commit = on';

/**
 * Writes who entered and left which segments, and queues the messages to webhooks. What a lead leaves is numbered before what it enters.
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
    list.map(({ modelVersion }) => modelVersion),
  ];
  const left = changes.filter(({ type }) => type === 'segment.left');
  const entered = changes.filter(({ type }) => type === 'segment.entered');
  if (changes.length > 0) await tx.query(DURABLE);
  if (left.length > 0) await tx.query(LEAVE, [...columns(left), position]);
  if (entered.length > 0) await tx.query(ENTER, [...columns(entered), position]);
  await saveDue(tx, leads);
  await queueMessages(
    tx,
    changes.map((change) => messageOf(change, position)),
  );
}

async function changesOf(tx: PoolClient, leads: readonly AssessedLead[]): Promise<Change[]> {
  const { rows } = await tx.query<Stay & { enteredAt: Date }>(CURRENT, keysOf(leads));
  const current = Map.groupBy(rows, leadKey);
  return leads.flatMap(({ workspace, leadId, at, segments, modelVersion }): Change[] => {
    const before = current.get(leadKey({ workspace, leadId })) ?? [];
    const left = before.filter(({ segment }) => !segments.includes(segment));
    const entered = segments.filter((id) => !before.some(({ segment }) => segment === id));
    return [
      ...left.map(({ segment, enteredAt }) => ({
        ...{ workspace, leadId, segment, type: 'segment.left' as const, modelVersion },
        at: at < enteredAt ? enteredAt : at,
      })),
      ...entered.map((segment) => ({
        ...{ workspace, leadId, segment, type: 'segment.entered' as const, at, modelVersion },
      })),
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

const messageOf = ({ at, ...change }: Change, position: bigint): WebhookMessage => {
  const placed = { ...change, position, occurredAt: at };
  return segmentMessage({ ...placed, eventId: segmentChangeId(placed) });
};

const keysOf = (leads: readonly LeadKey[]): string[][] => [
  leads.map(({ workspace }) => workspace),
  leads.map(({ leadId }) => leadId),
];
