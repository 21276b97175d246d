import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { Segment } from '../domain/model/lead-management.js';
import { Problem } from '../http/problem.js';
import { INSTANT, UUID } from './cursor.js';
import {
  PAGE_PARAMETERS,
  type PageRequest,
  pageOf,
  pageRequestOf,
  POSITION_PARAMETERS,
  readRequestOf,
} from './page-request.js';
import { Params, type RawParams } from './params.js';
import { type ReadRequest, ReadModels, type View } from './read-models.js';
import {
  Answer,
  Instant,
  Integer,
  MaybeText,
  NestedList,
  PageAnswer,
  Text,
  Uuid,
} from './response-fields.js';
import { allOf, rows, sql, type Sql } from './sql.js';
import { validAt } from './valid-at.js';

/** The reactor that keeps the members: answers are as of where it is. */
export const SEGMENT_PROJECTIONS = ['follow_segments', 'journey'] as const;

export class SegmentItem {
  @Text('Id in the journey model') id!: string;
  @Text('Name in the journey model') name!: string;
  @MaybeText('What the journey model says of it') description!: string | null;
  @Integer('Leads that are in it') size!: number;
}

export class SegmentsAnswer extends Answer {
  @NestedList('Segments in the order of the journey model', () => SegmentItem) items!: SegmentItem[];
}

export class SegmentMember {
  @Uuid('The lead') leadId!: string;
  @MaybeText('Its e-mail address') email!: string | null;
  @MaybeText('Its name') name!: string | null;
  @Instant('Since when it is in the segment') enteredAt!: Date;
}

export class SegmentMembersAnswer extends PageAnswer {
  @NestedList('Leads, those that entered last first', () => SegmentMember) items!: SegmentMember[];
}

export class SegmentPair {
  @Text('One segment') a!: string;
  @Text('Another one') b!: string;
  @Integer('Leads that are in both') both!: number;
  @Integer('Leads that are in at least one of them') either!: number;
}

export class SegmentOverlapAnswer extends Answer {
  @NestedList('Each segment with its size', () => SegmentItem) segments!: SegmentItem[];
  @NestedList('Each two of them', () => SegmentPair) pairs!: SegmentPair[];
}

export class FindSegments extends Query<SegmentsAnswer> {
  readonly request: ReadRequest;

  /** @throws Problem 400 */
  constructor(workspace: string, given: RawParams) {
    super();
    const params = new Params(given, POSITION_PARAMETERS);
    this.request = readRequestOf(workspace, params);
    params.check();
  }
}

@QueryHandler(FindSegments)
export class FindSegmentsHandler implements IQueryHandler<FindSegments> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute({ request }: FindSegments): Promise<SegmentsAnswer> {
    return this.models.view(request, SEGMENT_PROJECTIONS, async (view) => ({
      ...moment(view),
      items: await segmentItems(view, segmentsOf(view)),
    }));
  }
}

export class FindSegmentMembers extends Query<SegmentMembersAnswer> {
  readonly request: PageRequest;

  /** @throws Problem 400 */
  constructor(
    workspace: string,
    readonly segment: string,
    given: RawParams,
  ) {
    super();
    const name = `segments/${segment}`;
    const shapes = [INSTANT, UUID];
    this.request = pageRequestOf(workspace, new Params(given, PAGE_PARAMETERS), { name, given, shapes });
  }
}

@QueryHandler(FindSegmentMembers)
export class FindSegmentMembersHandler implements IQueryHandler<FindSegmentMembers> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute({ request, segment }: FindSegmentMembers): Promise<SegmentMembersAnswer> {
    return this.models.view(request, SEGMENT_PROJECTIONS, async (view) => {
      if (!segmentsOf(view).some(({ id }) => id === segment)) throw segmentNotFound(view, segment);
      const found = await rows<SegmentMember>(view.tx, membersPage(view, segment, request));
      const { page, next } = pageOf(request, view, found, ({ enteredAt, leadId }) => [
        enteredAt.toISOString(),
        leadId,
      ]);
      return { ...moment(view), items: [...page], next };
    });
  }
}

const MOST_SEGMENTS = 20;

export class FindSegmentOverlap extends Query<SegmentOverlapAnswer> {
  readonly request: ReadRequest;
  /** Undefined: all. */
  readonly ids: readonly string[] | undefined;

  /** @throws Problem 400 */
  constructor(workspace: string, given: RawParams) {
    super();
    const params = new Params(given, [...POSITION_PARAMETERS, 'ids']);
    this.request = readRequestOf(workspace, params);
    const ids = params.text('ids');
    this.ids = ids === undefined ? undefined : [...new Set(ids.split(',').map((id) => id.trim()))];
    if (this.ids && this.ids.length > MOST_SEGMENTS)
      params.fault(
        'ids-invalid',
        'ids',
        `names ${this.ids.length} segments: must be at most ${MOST_SEGMENTS}`,
      );
    params.check();
  }
}

@QueryHandler(FindSegmentOverlap)
export class FindSegmentOverlapHandler implements IQueryHandler<FindSegmentOverlap> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute({ request, ids }: FindSegmentOverlap): Promise<SegmentOverlapAnswer> {
    return this.models.view(request, SEGMENT_PROJECTIONS, async (view) => {
      const all = segmentsOf(view);
      for (const id of ids ?? []) checkSegment(view, id, 'ids');
      const chosen = all.filter(({ id }) => ids?.includes(id) ?? true).slice(0, MOST_SEGMENTS);
      const segments = await segmentItems(view, chosen);
      return { ...moment(view), segments, pairs: await pairsOf(view, segments) };
    });
  }
}

/** Leads in a segment, as a condition on `lead_id` of a row. */
export const isInSegment = ({ workspace, asOf }: View, leadId: Sql, segment: string): Sql => sql`
  ${leadId} IN (SELECT m.lead_id FROM touchline.segment_membership m
    WHERE m.workspace = ${workspace} AND m.segment_id = ${segment} AND ${validAt('m', asOf)})`;

/** Who is in which segment: lead_id, segment_id. */
export const segmentMembers = ({ workspace, asOf }: View): Sql => sql`
  SELECT m.lead_id, m.segment_id FROM touchline.segment_membership m WHERE m.workspace = ${workspace} AND ${validAt('m', asOf)}`;

/** A segment that the model does not have would silently select no lead. @throws Problem 400 */
export function checkSegment(view: View, id: string, path: string): void {
  const known = segmentsOf(view).map((segment) => segment.id);
  if (known.includes(id)) return;
  const message = `"${id}" is no segment of the journey model at ${view.asOf}; it has ${known.join(', ') || 'none'}`;
  throw new Problem(400, 'segment-unknown', `${path}: ${message}`, [{ path, message }]);
}

const segmentsOf = ({ model }: View): readonly Segment[] => model?.data.document.segments ?? [];

export const moment = ({ asOf, modelVersion }: View) => ({ asOf: String(asOf), modelVersion });

const segmentNotFound = ({ asOf }: View, id: string): Problem =>
  new Problem(404, 'segment-not-found', `There is no segment ${id} in the journey model at position ${asOf}`);

async function segmentItems(view: View, segments: readonly Segment[]): Promise<SegmentItem[]> {
  const { tx, workspace, asOf } = view;
  const found = await rows<{ id: string; size: number }>(
    tx,
    sql`SELECT m.segment_id AS id, count(*)::int AS size FROM touchline.segment_membership m
        WHERE m.workspace = ${workspace} AND ${validAt('m', asOf)} GROUP BY m.segment_id`,
  );
  const sizes = new Map(found.map(({ id, size }) => [id, size]));
  return segments.map(({ id, name, description }) => ({
    ...{ id, name, description: description ?? null },
    size: sizes.get(id) ?? 0,
  }));
}

async function pairsOf(
  { tx, workspace, asOf }: View,
  segments: readonly SegmentItem[],
): Promise<SegmentPair[]> {
  const ids = segments.map(({ id }) => id);
  const found = await rows<{ a: string; b: string; both: number }>(
    tx,
    sql`SELECT m.segment_id AS a, n.segment_id AS b, count(*)::int AS both
        FROM touchline.segment_membership m
        JOIN touchline.segment_membership n
          ON n.workspace = m.workspace AND n.lead_id = m.lead_id AND ${validAt('n', asOf)}
        WHERE m.workspace = ${workspace} AND ${validAt('m', asOf)}
          AND m.segment_id = ANY(${ids}::text[]) AND n.segment_id = ANY(${ids}::text[])
        GROUP BY m.segment_id, n.segment_id`,
  );
  const both = new Map(found.map((row) => [JSON.stringify([row.a, row.b]), row.both]));
  return segments.flatMap((a, nr) =>
    segments.slice(nr + 1).map((b) => {
      const shared = both.get(JSON.stringify([a.id, b.id])) ?? 0;
      return { a: a.id, b: b.id, both: shared, either: a.size + b.size - shared };
    }),
  );
}

const membersPage = ({ workspace, asOf }: View, segment: string, { after, limit }: PageRequest): Sql => sql`
  SELECT m.lead_id AS "leadId", p.email, p.name, m.entered_at AS "enteredAt"
  FROM touchline.segment_membership m
  LEFT JOIN touchline.lead_profile p
    ON p.workspace = m.workspace AND p.lead_id = m.lead_id AND ${validAt('p', asOf)}
  WHERE ${allOf([
    sql`m.workspace = ${workspace} AND m.segment_id = ${segment} AND ${validAt('m', asOf)}`,
    after &&
      sql`(m.entered_at < ${after[0]} OR (m.entered_at = ${after[0]} AND m.lead_id > ${after[1]}::uuid))`,
  ])}
  ORDER BY m.entered_at DESC, m.lead_id LIMIT ${limit + 1}`;
