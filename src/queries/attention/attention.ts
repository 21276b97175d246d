import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { handOffsNow } from '../metrics/hand-offs.js';
import { MEMORY } from '../metrics/metric.js';
import { POSITION_PARAMETERS, readRequestOf } from '../page-request.js';
import { Params, type RawParams } from '../params.js';
import { PROJECTION_STATES, type ReadProjectionStates } from '../projection-states.js';
import { type ReadRequest, ReadModels, type View } from '../read-models.js';
import { resolveScope } from '../report-scope.js';
import { runAtOnce } from '../run-at-once.js';
import {
  ATTENTION_KINDS,
  AttentionAnswer,
  type AttentionKind,
  type Found,
  URGENCY,
} from './attention-answer.js';
import type { AttentionRequest } from './attention-view.js';
import { handOffItems, unroutableItems } from './lead-items.js';
import { projectionItems, rejectItems, webhookItems } from './live-items.js';
import { contentGapItems, overloadItems, stallItems } from './planning-items.js';

const DEFAULT_PER_KIND = 10;
export const MOST_PER_KIND = 100;

export class FindAttention extends Query<AttentionAnswer> {
  readonly kinds: readonly AttentionKind[];
  readonly rep: string | undefined;
  readonly perKind: number;
  readonly at: Date | undefined;
  readonly request: ReadRequest;

  /** @throws Problem 400 naming every parameter at fault */
  constructor(workspace: string, given: RawParams) {
    super();
    const params = new Params(given, ['kind', 'rep', 'perKind', 'at', ...POSITION_PARAMETERS]);
    const kinds = params.someOf('kind', ATTENTION_KINDS) ?? ATTENTION_KINDS;
    this.kinds = ATTENTION_KINDS.filter((kind) => kinds.includes(kind));
    this.rep = params.text('rep');
    this.perKind = params.integer('perKind', 1, MOST_PER_KIND) ?? DEFAULT_PER_KIND;
    this.at = params.instant('at');
    this.request = readRequestOf(workspace, params);
    params.check();
  }
}

const PROJECTIONS = ['journey', 'opportunities', 'lifecycle', 'catalogue'];

/** The queries that list all of a kind. */
function queryOf(kind: AttentionKind, { at, rep }: Pick<AttentionRequest, 'at' | 'rep'>): string {
  const about = new URLSearchParams({ ...(rep !== undefined && { rep }), at: at.toISOString() }).toString();
  const queries: Readonly<Record<AttentionKind, string>> = {
    projection_behind: '/api/projections',
    webhook_failing: '/api/webhooks',
    rejects_rising: '/api/rejected/counts?by=collector',
    lead_rotten: `/api/handoffs?clock=rotten&${about}`,
    lead_unroutable: `/api/handoffs/unroutable?at=${at.toISOString()}`,
    lead_about_to_rot: `/api/handoffs?clock=warning&${about}`,
    rep_over_capacity: '/api/metrics/rep-load',
    stage_stalled: '/api/leads',
    content_gap: '/api/metrics/content-gaps',
  };
  return queries[kind];
}

/** Undefined: the log does not have it, and an earlier position was asked for. */
type FoundByKind = Readonly<Partial<Record<AttentionKind, Found>>>;

@QueryHandler(FindAttention)
export class FindAttentionHandler implements IQueryHandler<FindAttention> {
  constructor(
    @Inject(ReadModels) private readonly models: ReadModels,
    @Inject(PROJECTION_STATES) private readonly projections: ReadProjectionStates,
  ) {}

  execute(query: FindAttention): Promise<AttentionAnswer> {
    return this.models.view(query.request, PROJECTIONS, async (view) => {
      await view.tx.query(MEMORY);
      const { timeZone } = await resolveScope(view, NOTHING_ASKED);
      const isLive = query.request.asOf === undefined;
      const now = new Date();
      const at = query.at ?? (isLive ? now : view.at);
      const request = { at, rep: query.rep, perKind: query.perKind, timeZone };
      const wanted = new Set(query.kinds);
      const found = {
        ...(await foundInLog(view, request, wanted)),
        ...(isLive && (await this.foundLive(view, request, wanted, now))),
      };
      return answerOf(view, { at, rep: query.rep, isLive, kinds: query.kinds, found });
    });
  }

  /** Nothing of it is about a recipient. */
  private async foundLive(
    view: View,
    request: AttentionRequest,
    wanted: ReadonlySet<AttentionKind>,
    now: Date,
  ): Promise<FoundByKind> {
    const find = (kind: AttentionKind, search: () => Promise<Found>): Promise<Found> =>
      wanted.has(kind) && request.rep === undefined ? search() : Promise.resolve(NONE);
    return {
      projection_behind: await find('projection_behind', () =>
        projectionItems(this.projections, view, request),
      ),
      webhook_failing: await find('webhook_failing', () => webhookItems(view, request)),
      rejects_rising: await find('rejects_rising', () => rejectItems(view, request, now)),
    };
  }
}

const NOTHING_ASKED = { metric: 'pipeline', currency: undefined, from: undefined, to: undefined } as const;
const NONE: Found = { count: 0, items: [] };

/** The longest search first. */
async function foundInLog(
  view: View,
  request: AttentionRequest,
  wanted: ReadonlySet<AttentionKind>,
): Promise<FoundByKind> {
  const find =
    (search: (view: View, request: AttentionRequest) => Promise<Found>, kind: AttentionKind) =>
    (own: View): Promise<Found> =>
      wanted.has(kind) ? search(own, request) : Promise.resolve(NONE);
  const [stalls, handOffs, gaps, unroutable] = await runAtOnce(view, [
    find(stallItems, 'stage_stalled'),
    (own) => foundOfHandOffs(own, request, wanted),
    find(contentGapItems, 'content_gap'),
    find(unroutableItems, 'lead_unroutable'),
  ]);
  return { ...handOffs, lead_unroutable: unroutable, stage_stalled: stalls, content_gap: gaps };
}

const OF_HAND_OFFS = ['lead_rotten', 'lead_about_to_rot', 'rep_over_capacity'] as const;

async function foundOfHandOffs(
  view: View,
  request: AttentionRequest,
  wanted: ReadonlySet<AttentionKind>,
): Promise<FoundByKind> {
  if (!OF_HAND_OFFS.some((kind) => wanted.has(kind))) return {};
  const { at, rep, perKind } = request;
  const { urgent, open } = await handOffsNow(view, at, { rep, limit: perKind });
  const { rotten, aboutToRot } = await handOffItems(view, request, urgent);
  const overloads = await overloadItems(view, request, open);
  return { lead_rotten: rotten, lead_about_to_rot: aboutToRot, rep_over_capacity: overloads };
}

interface Answered extends Pick<AttentionRequest, 'at' | 'rep'> {
  readonly isLive: boolean;
  readonly kinds: readonly AttentionKind[];
  readonly found: FoundByKind;
}

function answerOf(view: View, { at, rep: about, isLive, kinds, found }: Answered): AttentionAnswer {
  return {
    ...{ asOf: String(view.asOf), modelVersion: view.modelVersion, at, isLive },
    kinds: kinds.map((kind) => ({
      ...{ kind, urgency: URGENCY[kind], count: found[kind]?.count ?? null },
      ...{ shown: found[kind]?.items.length ?? 0, query: queryOf(kind, { at, rep: about }) },
    })),
    items: kinds.flatMap((kind) =>
      (found[kind]?.items ?? []).map(({ text, leadId, rep, since, worseAt, figures, query }) => ({
        ...{ kind, urgency: URGENCY[kind], text, leadId: leadId ?? null, rep: rep ?? null },
        ...{ since: since ?? null, worseAt: worseAt ?? null, figures, query },
      })),
    ),
  };
}
