import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { PAGE_PARAMETERS, type PageRequest, pageRequestOf, pageOf } from './page-request.js';
import { ANY_TEXT, INSTANT, UUID } from './cursor.js';
import { Instant, LogPosition, PageAnswer, NestedList, Text, Uuid, Enum } from './response-fields.js';
import { Params, type RawParams } from './params.js';
import { ReadModels, type View } from './read-models.js';
import { validAt } from './valid-at.js';
import { allOf, rows, sql, type Sql } from './sql.js';

export const CONFLICT_STATUSES = ['open', 'joined', 'dismissed'] as const;
type ConflictStatus = (typeof CONFLICT_STATUSES)[number];

/** A claim by a public write key that names two known leads as one. It joined nothing (ADR 0008). */
export class ConflictItem {
  @Text('Main key of the claim') key!: string;
  @Text('The key claimed to be of the same person') otherKey!: string;
  @Uuid('The lead of `key`') leadId!: string;
  @Uuid('The lead of `otherKey`') otherLeadId!: string;
  @Uuid('The event with the first such claim') eventId!: string;
  @Instant('When it happened') occurredAt!: Date;
  @LogPosition('Position since which it is a conflict') knownFrom!: string;
  @Enum(
    'joined: the leads were joined since by a merge or a server-side claim; dismissed: they were split',
    CONFLICT_STATUSES,
  )
  status!: string;
}

export class ConflictsAnswer extends PageAnswer {
  @NestedList('Conflicts, the latest first', () => ConflictItem) items!: ConflictItem[];
}

export class FindIdentityConflicts extends Query<ConflictsAnswer> {
  readonly status: ConflictStatus | undefined;
  readonly request: PageRequest;

  /** @throws Problem 400 naming every parameter at fault */
  constructor(workspace: string, given: RawParams) {
    super();
    const params = new Params(given, ['status', ...PAGE_PARAMETERS]);
    this.status = params.oneOf('status', CONFLICT_STATUSES);
    const shapes = [INSTANT, UUID, ANY_TEXT, ANY_TEXT];
    this.request = pageRequestOf(workspace, params, { name: 'identity-conflicts', given, shapes });
  }
}

@QueryHandler(FindIdentityConflicts)
export class FindIdentityConflictsHandler implements IQueryHandler<FindIdentityConflicts> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute({ status, request }: FindIdentityConflicts): Promise<ConflictsAnswer> {
    return this.models.view(request, ['journey'], async (view) => {
      const wanted = allOf([
        status === undefined ? undefined : sql`c.status = ${status}`,
        request.after && beyond(request.after),
      ]);
      const found = await conflictRows(view, wanted, request.limit + 1);
      const { page, next } = pageOf(request, view, found, (row) => [
        row.occurredAt.toISOString(),
        row.eventId,
        row.key,
        row.otherKey,
      ]);
      return { asOf: String(view.asOf), modelVersion: view.modelVersion, items: [...page], next };
    });
  }
}

const beyond = ([at, id, key, otherKey]: readonly string[]): Sql => sql`
  (c.occurred_at < ${at} OR (c.occurred_at = ${at} AND (c.event_id, c.key COLLATE "C", c.other_key COLLATE "C")
    > (${id}::uuid, ${key}, ${otherKey})))`;

/** Conflicts that touch any of the keys, at the position of the view. */
export const conflictsOf = (view: View, keys: readonly string[]): Promise<ConflictItem[]> =>
  conflictRows(view, sql`(c.key = ANY(${keys}::text[]) OR c.other_key = ANY(${keys}::text[]))`);

interface Row {
  key: string;
  other_key: string;
  lead_id: string;
  other_lead_id: string;
  event_id: string;
  occurred_at: Date;
  known_from: string;
  status: string;
}

/** Whose the keys are, and so what became of the claim, follows from the leads at the position of the view. */
async function conflictRows(view: View, wanted: Sql, limit?: number): Promise<ConflictItem[]> {
  const { tx, workspace, asOf } = view;
  const found = await rows<Row>(
    tx,
    sql`
    SELECT * FROM (
      SELECT l.key, l.other_key, one.lead_id, two.lead_id AS other_lead_id, l.event_id, l.occurred_at, l.known_from,
             CASE WHEN one.lead_id = two.lead_id THEN 'joined'
                  WHEN ${isSplit(view)} THEN 'dismissed' ELSE 'open' END AS status
      FROM touchline.identity_link l
      JOIN touchline.identity_key one ON one.workspace = l.workspace AND one.key = l.key AND ${validAt('one', asOf)}
      JOIN touchline.identity_key two
        ON two.workspace = l.workspace AND two.key = l.other_key AND ${validAt('two', asOf)}
      WHERE l.workspace = ${workspace} AND l.kind = 'refused' AND ${validAt('l', asOf)}) c
    WHERE ${wanted}
    ORDER BY c.occurred_at DESC, c.event_id, c.key COLLATE "C", c.other_key COLLATE "C"
    ${limit === undefined ? sql`` : sql`LIMIT ${limit}`}`,
  );
  return found.map((row) => ({
    key: row.key,
    otherKey: row.other_key,
    leadId: row.lead_id,
    otherLeadId: row.other_lead_id,
    eventId: row.event_id,
    occurredAt: row.occurred_at,
    knownFrom: row.known_from,
    status: row.status,
  }));
}

/** Somebody split these two leads after the claim. */
const isSplit = ({ asOf }: View): Sql => sql`EXISTS (
  SELECT FROM touchline.identity_key own
  JOIN touchline.identity_link s
    ON s.workspace = own.workspace AND own.key IN (s.key, s.other_key) AND s.kind = 'split' AND ${validAt('s', asOf)}
   AND s.occurred_at > l.occurred_at
  JOIN touchline.identity_key others
    ON others.workspace = s.workspace AND others.key IN (s.key, s.other_key) AND ${validAt('others', asOf)}
  WHERE own.workspace = l.workspace AND own.lead_id = one.lead_id AND others.lead_id = two.lead_id
    AND ${validAt('own', asOf)})`;
