import type pg from 'pg';
import { type Position, type RecordedEvent, isEvent } from '../domain/events.js';
import { LEAD_DECISIONS } from '../domain/lead-events.js';
import type { BuildKey } from './build-schema.js';
import type { BlockedSet, OrderingKey, Subscription } from './subscription.js';

/** An event that is not applied: it failed, or it waits behind one that did. */
export interface DeadLetter {
  readonly event: RecordedEvent;
  readonly keys: readonly OrderingKey[];
  /** Position of the dead letter it waits for; null: it failed itself. */
  readonly behind: Position | null;
  readonly error: string | null;
}

/** The keys that dead letters block, each with the position of the last one that has it. */
export class BlockedKeys implements BlockedSet {
  private readonly blockers = new Map<string, Position>();
  private isAny = false;

  constructor(from?: BlockedKeys) {
    from?.blockers.forEach((position, key) => this.blockers.set(key, position));
    this.isAny = from?.any ?? false;
  }

  /** Whether there are dead letters, those without keys included. */
  get any(): boolean {
    return this.isAny;
  }

  add(workspace: string, keys: readonly string[], position: Position): void {
    this.isAny = true;
    for (const key of keys) this.blockers.set(`${workspace}\0${key}`, position);
  }

  has(workspace: string, key: OrderingKey): boolean {
    return this.blockerOf(workspace, [key]) !== undefined;
  }

  /** The position of the event that one about these keys has to wait for. The key of a workspace blocks all of it. */
  blockerOf(workspace: string, keys: readonly string[]): Position | undefined {
    for (const key of [`workspace:${workspace}`, ...keys]) {
      const position = this.blockers.get(`${workspace}\0${key}`);
      if (position !== undefined) return position;
    }
    return undefined;
  }
}

/** What a build of one workspace leaves out: all of other workspaces, beside what dead letters block. */
export const confine = (workspace: string | null, blocked: BlockedSet): BlockedSet =>
  workspace === null ? blocked : { has: (of, key) => of !== workspace || blocked.has(of, key) };

/** What an event is about, by the keys it names itself. */
export const keysNamedIn = (event: RecordedEvent): OrderingKey[] =>
  keysOrNone(() => {
    if (isEvent(event, 'TouchpointRecorded', 'IdentityClaimed', 'ConsentChanged')) return event.data.identity;
    if (isEvent(event, 'IdentitiesMerged', 'IdentitiesSplit')) return [event.data.key, event.data.otherKey];
    if (isEvent(event, 'AccountObserved')) return [`account:${event.data.accountId}`];
    if (isEvent(event, 'JourneyModelPublished', 'VerdictRulePublished', 'VerdictRuleWithdrawn'))
      return [`workspace:${event.workspace}`];
    if (isEvent(event, 'ContentCatalogued')) return [`content:${event.data.contentId}`];
    if (isEvent(event, 'CampaignDefined')) return [`campaign:${event.data.campaignId}`];
    if (isEvent(event, 'InvestmentRecorded')) return [`investment:${event.data.investmentId}`];
    if (isEvent(event, ...LEAD_DECISIONS)) return [`lead:${event.data.leadId}`];
    return [`opportunity:${event.data.opportunityId}`];
  });

/** Keys of an event whose data may be anything: what is none of its type names nobody, and keeps nobody else waiting. */
export function keysOrNone<Key extends OrderingKey>(keys: () => readonly Key[]): Key[] {
  try {
    return [...keys()];
  } catch {
    return [];
  }
}

/** The named keys of each event with those the subscription adds (leads), one entry an event. */
export async function keysOf(
  subscription: Subscription,
  events: readonly RecordedEvent[],
  tx: pg.PoolClient,
): Promise<OrderingKey[][]> {
  const more = (await subscription.orderingKeys?.(events, tx)) ?? [];
  return events.map((event, index) => [...new Set([...keysNamedIn(event), ...(more[index] ?? [])])]);
}

export interface Failure {
  readonly event: RecordedEvent;
  readonly keys: readonly OrderingKey[];
  readonly error: string;
}

/**
 * Divides a batch into events to apply and dead letters: those that failed, and, in log order, all that share a key
 * with a dead letter, whose own keys then block others in turn.
 *
 * @param blocked is added to
 */
export function splitBatch(
  events: readonly RecordedEvent[],
  keys: readonly (readonly OrderingKey[])[],
  failures: ReadonlyMap<Position, Failure>,
  blocked: BlockedKeys,
): { readonly apply: RecordedEvent[]; readonly deadLetters: DeadLetter[] } {
  const apply: RecordedEvent[] = [];
  const deadLetters: DeadLetter[] = [];
  events.forEach((event, index) => {
    const failure = failures.get(event.position);
    const own = [...new Set([...(keys[index] ?? []), ...(failure?.keys ?? [])])];
    const behind = failure ? null : blocked.blockerOf(event.workspace, own);
    if (behind === undefined) return void apply.push(event);
    blocked.add(event.workspace, own, event.position);
    deadLetters.push({ event, keys: own, behind, error: failure?.error ?? null });
  });
  return { apply, deadLetters };
}

/** Adds rows to touchline.dead_letter. */
export async function insertDeadLetters(
  tx: pg.PoolClient,
  { name, build }: BuildKey,
  deadLetters: readonly DeadLetter[],
): Promise<void> {
  const rows = deadLetters.map(({ event, keys, behind, error }) => ({
    position: String(event.position),
    workspace: event.workspace,
    event_id: event.id,
    type: event.type,
    keys,
    behind: behind === null ? null : String(behind),
    error: error?.slice(0, 1_000) ?? null,
    attempts: error === null ? 0 : 1,
  }));
  await tx.query(
    `INSERT INTO touchline.dead_letter
       (projection, build, position, workspace, event_id, type, keys, behind, error, attempts)
     SELECT $1, $2, position, workspace, event_id, type, keys, behind, error, attempts
     FROM jsonb_to_recordset($3) AS r (position bigint, workspace text, event_id uuid, type text, keys text[],
       behind bigint, error text, attempts integer)`,
    [name, build, JSON.stringify(rows)],
  );
}

/** Events that something about their whole workspace has passed can no longer be put in as if in time. */
export async function markOvertaken(
  tx: pg.PoolClient,
  { name, build }: BuildKey,
  passed: readonly Pick<RecordedEvent, 'workspace' | 'position'>[],
): Promise<void> {
  await tx.query(
    `UPDATE touchline.dead_letter letter SET overtaken = true
     FROM unnest($3::text[], $4::bigint[]) passed (workspace, position)
     WHERE letter.projection = $1 AND letter.build = $2 AND letter.workspace = passed.workspace
       AND letter.position <= passed.position`,
    [name, build, passed.map(({ workspace }) => workspace), passed.map(({ position }) => String(position))],
  );
}

/** The keys that the dead letters of a build block. */
export async function loadBlockedKeys(
  database: pg.Pool | pg.ClientBase,
  { name, build }: BuildKey,
): Promise<BlockedKeys> {
  const blocked = new BlockedKeys();
  const { rows } = await database.query<{ position: string; workspace: string; keys: string[] }>(
    'SELECT position, workspace, keys FROM touchline.dead_letter WHERE projection = $1 AND build = $2 ORDER BY position',
    [name, build],
  );
  for (const { position, workspace, keys } of rows) blocked.add(workspace, keys, BigInt(position));
  return blocked;
}

/** A dead letter as operators see it. */
export interface DeadLetterRow {
  /** Of the event in the log, as a decimal string. */
  readonly position: string;
  readonly workspace: string;
  readonly eventId: string;
  readonly type: string;
  readonly keys: string[];
  readonly behind: string | null;
  readonly error: string | null;
  readonly attempts: number;
  readonly overtaken: boolean;
  readonly addedAt: Date;
}

/** Those of a build that is being made are shown once it is live. */
export const IN_LIVE_BUILD =
  '(projection, build) IN (SELECT name, build FROM touchline.projection WHERE is_live)';

/** Dead letters of a workspace (of all, without one) in log order, after position `after`. */
export async function readDeadLetters(
  database: pg.Pool | pg.ClientBase,
  projection: string,
  workspace: string | undefined,
  after: Position,
  limit: number,
): Promise<DeadLetterRow[]> {
  const { rows } = await database.query<DeadLetterRow>(
    `SELECT position, workspace, event_id AS "eventId", type, keys, behind, error, attempts, overtaken,
            added_at AS "addedAt"
     FROM touchline.dead_letter
     WHERE ($1::text IS NULL OR workspace = $1) AND projection = $2 AND ${IN_LIVE_BUILD} AND position > $3
     ORDER BY position LIMIT $4`,
    [workspace ?? null, projection, String(after), limit],
  );
  return rows;
}

/** How many dead letters of a workspace (of all, without one) each subscription has. */
export async function countDeadLetters(
  database: pg.Pool | pg.ClientBase,
  workspace?: string,
): Promise<Map<string, number>> {
  const { rows } = await database.query<{ projection: string; deadLetters: number }>(
    `SELECT projection, count(*)::int AS "deadLetters" FROM touchline.dead_letter
     WHERE ($1::text IS NULL OR workspace = $1) AND ${IN_LIVE_BUILD} GROUP BY projection`,
    [workspace ?? null],
  );
  return new Map(rows.map(({ projection, deadLetters }) => [projection, deadLetters]));
}
