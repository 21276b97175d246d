import type { ModelRequest } from '../../domain/attribution/model-request.js';
import { dayOf } from '../../domain/attribution/money.js';
import type { Touch } from '../../domain/attribution/touches.js';
import { type ModelTouch, pathSteps } from '../../domain/attribution/weigh-paths.js';
import { roleWeightsAt } from '../../read-models/attribution/committee.js';
import { type CreditPath, creditPath, type Terms } from '../../read-models/attribution/credits.js';
import { type Inputs, trueAt } from '../../read-models/attribution/inputs.js';
import type { DayOrInstant } from '../params.js';
import type { Cut, Metric, PathScope, ReportScope } from '../report-scope.js';
import type { PublishedContents } from './published-contents.js';
import type { SegmentHistory } from './segment-history.js';
import { cellOf, type OpportunityState } from './state-cells.js';

/** The report whose cells are compared. */
export interface DriftReport {
  readonly metric: Metric;
  readonly model: ModelRequest;
  readonly by: readonly Cut[];
  readonly period: ReportScope['period'];
  /** Lost opportunities are part of it, as paths without conversion. */
  readonly withLost: boolean;
}

/** A step of the walk between two reports. */
export interface Moment {
  readonly position: bigint;
  readonly terms: Terms;
  /** Who is in which segment right after the event there: what changes at a position itself is a step of its own. */
  readonly segmentsAt: bigint;
}

/** All versions, in a range of the log, of what opportunities and their cells follow from. */
export interface DriftHistory {
  readonly inputs: Inputs;
  readonly contents: PublishedContents;
  readonly segments: SegmentHistory;
}

/** What opportunities are to a report at any position of a range: as reports read it at one. */
export class OpportunityStates {
  constructor(
    private readonly report: DriftReport,
    private readonly history: DriftHistory,
  ) {}

  /** Undefined: it is not in the report. */
  at(opportunityId: string, moment: Moment): OpportunityState | undefined {
    const path = this.pathAt(opportunityId, moment, this.report.metric);
    if (path) return path.reported_minor === null ? undefined : this.stateOf(path, path.reported_minor, moment); // prettier-ignore
    const lost = this.report.withLost ? this.pathAt(opportunityId, moment, 'loss') : undefined;
    return lost && this.stateOf(lost, undefined, moment);
  }

  private pathAt(
    opportunityId: string,
    { position, terms }: Moment,
    metric: PathScope['metric'],
  ): CreditPath | undefined {
    const { model: rule, period } = this.report;
    const path = creditPath(this.history.inputs, opportunityId, { position, terms, rule, metric });
    return path && isWithin(path.credited_at, period, zoneOf(terms)) ? path : undefined;
  }

  private stateOf(path: CreditPath, amount: bigint | undefined, moment: Moment): OpportunityState {
    const { inputs } = this.history;
    const { model, by } = this.report;
    const { position, terms } = moment;
    const { opportunity_id: id, credited_at: reference } = path;
    const [opportunity] = trueAt(inputs.opportunities.get(id) ?? [], position);
    const weightOf = roleWeightsAt(inputs, id, position, model);
    const steps = pathSteps(model, {
      revenue: 0,
      dates: {
        ...{ reference, openedAt: opportunity?.opened_at ?? reference },
        ...(path.metric !== 'pipeline' && { closedAt: reference }),
      },
      touches: path.touches.map((touch) => modelTouch(touch, weightOf(touch.leadId))),
    });
    const valueOf = this.valuesOf(path, moment);
    const cells =
      amount === undefined ? [] : path.touches.map((touch) => cellOf(by.map((cut) => valueOf(cut, touch))));
    return { amount, steps, cells, settings: terms.settings };
  }

  private valuesOf(
    path: CreditPath,
    { position, terms, segmentsAt }: Moment,
  ): (cut: Cut, touch: Touch) => string | null {
    const { inputs, segments } = this.history;
    const { by } = this.report;
    const [opportunity] = trueAt(inputs.opportunities.get(path.opportunity_id) ?? [], position);
    const day = by.includes('month') || by.includes('week') ? dayOf(path.credited_at, zoneOf(terms)) : '';
    const account = opportunity?.account_id;
    const values: Readonly<Record<Cut, (touch: Touch) => string | null>> = {
      content: ({ contentId }) => contentId,
      channel: ({ channel }) => channel,
      campaign: ({ campaign }) => campaign,
      source: ({ source }) => source,
      contentType: ({ contentId }) => this.detail(contentId, position)?.contentType ?? null,
      author: ({ contentId }) => this.detail(contentId, position)?.author ?? null,
      publisher: ({ contentId }) => this.detail(contentId, position)?.publisher ?? null,
      publisherKind: ({ contentId }) => this.detail(contentId, position)?.publisherKind ?? null,
      contentStage: ({ contentStage }) => contentStage ?? null,
      rep: ({ details }) => details?.rep ?? null,
      persona: ({ leadId }) => trueAt(inputs.profiles.get(leadId) ?? [], position)[0]?.persona ?? null,
      segment: ({ leadId }) => segments.ofLead(leadId, position, segmentsAt),
      owner: () => opportunity?.owner ?? null,
      accountSegment: () => (account ? segments.ofAccount(account, position, segmentsAt) : null),
      month: () => day.slice(0, -3),
      week: () => weekOf(day),
    };
    return (cut, touch) => values[cut](touch);
  }

  private readonly detail = (id: string | null, position: bigint) =>
    id === null ? undefined : this.history.contents.at(id, position);
}

function modelTouch(touch: Touch, roleWeight: number): ModelTouch {
  const {
    leadId,
    occurredAt,
    kind,
    channel,
    campaign,
    contentId,
    contentStage = null,
    milestones,
    details,
  } = touch;
  return {
    ...{ leadId, occurredAt, kind, channel, campaign, contentId, milestones, roleWeight },
    contentType: details?.contentType ?? null,
    contentStage,
  };
}

const zoneOf = ({ reporting }: Terms): string => reporting?.timeZone ?? 'UTC';

function isWithin(at: Date, { from, to }: DriftReport['period'], timeZone: string): boolean {
  const isBefore = (date: DayOrInstant): boolean =>
    'day' in date ? dayOf(at, timeZone) < date.day : at < date.instant;
  return !(from && isBefore(from)) && !(to && !isBefore(to));
}

const DAY_MS = 86_400_000;

/** The week of ISO 8601: that of its Thursday. */
function weekOf(day: string): string {
  const date = Date.parse(`${day}T00:00:00Z`);
  const thursday = new Date(date + (3 - ((new Date(date).getUTCDay() + 6) % 7)) * DAY_MS);
  const year = thursday.getUTCFullYear();
  const week = 1 + Math.floor((+thursday - Date.UTC(year, 0, 1)) / (7 * DAY_MS));
  return `${year}-W${String(week).padStart(2, '0')}`;
}
