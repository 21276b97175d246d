import type { Cells } from '../../domain/attribution/drift.js';
import { weightTouches } from '../../domain/attribution/models.js';
import { dayOf, distribute } from '../../domain/attribution/money.js';
import type { Touch } from '../../domain/attribution/touches.js';
import { creditsAt, type Path, type Terms } from '../../read-models/attribution/credits.js';
import { type Inputs, trueAt } from '../../read-models/attribution/inputs.js';
import type { DayOrInstant } from '../params.js';
import type { DriftCut, Metric, ModelName, ReportScope } from '../report-scope.js';
import type { PublishedContents } from './published-contents.js';

/** The report whose cells are compared. */
export interface DriftReport {
  readonly metric: Metric;
  readonly model: ModelName;
  readonly by: readonly DriftCut[];
  readonly period: ReportScope['period'];
}

/** The cell of what is unattributed: keys of all others are JSON arrays. */
export const UNATTRIBUTED = '';

export const cellOf = (keys: readonly (string | null)[]): string => JSON.stringify(keys);

/** What an opportunity gives to each cell of a report at any position of a range: as `creditRows` and `totalsOf` read it at one. */
export class OpportunityCells {
  constructor(
    private readonly report: DriftReport,
    private readonly inputs: Inputs,
    private readonly contents: PublishedContents,
  ) {}

  at(opportunityId: string, position: bigint, terms: Terms): Cells {
    const { metric, model, period } = this.report;
    const path = creditsAt(this.inputs, opportunityId, position, terms).find(
      (each) => each.metric === metric,
    );
    const amount = path?.reported_minor ?? null;
    if (!path || amount === null || !isWithin(path.credited_at, period, zoneOf(terms))) return new Map();
    const { touches } = path;
    if (touches.length === 0) return withoutZeros([[UNATTRIBUTED, amount]]);
    const amounts = distribute(amount, weightTouches(model, touches, terms.settings));
    const valueOf = this.valuesOf(path, position, terms);
    return withoutZeros(
      touches.map((touch, index) => [
        cellOf(this.report.by.map((cut) => valueOf(cut, touch))),
        amounts[index] ?? 0n,
      ]),
    );
  }

  private valuesOf(
    path: Path,
    position: bigint,
    terms: Terms,
  ): (cut: DriftCut, touch: Touch) => string | null {
    const day = dayOf(path.credited_at, zoneOf(terms));
    const [opportunity] = trueAt(this.inputs.opportunities.get(path.opportunity_id) ?? [], position);
    const values: Readonly<Record<DriftCut, (touch: Touch) => string | null>> = {
      content: ({ contentId }) => contentId,
      channel: ({ channel }) => channel,
      campaign: ({ campaign }) => campaign,
      source: ({ source }) => source,
      contentType: ({ contentId }) => this.detail(contentId, position)?.contentType ?? null,
      author: ({ contentId }) => this.detail(contentId, position)?.author ?? null,
      publisher: ({ contentId }) => this.detail(contentId, position)?.publisher ?? null,
      publisherKind: ({ contentId }) => this.detail(contentId, position)?.publisherKind ?? null,
      persona: ({ leadId }) => trueAt(this.inputs.profiles.get(leadId) ?? [], position)[0]?.persona ?? null,
      owner: () => opportunity?.owner ?? null,
      month: () => day.slice(0, -3),
      week: () => weekOf(day),
    };
    return (cut, touch) => values[cut](touch);
  }

  private readonly detail = (id: string | null, position: bigint) =>
    id === null ? undefined : this.contents.at(id, position);
}

const zoneOf = ({ reporting }: Terms): string => reporting?.timeZone ?? 'UTC';

function withoutZeros(amounts: readonly (readonly [cell: string, minor: bigint])[]): Cells {
  const cells = new Map<string, bigint>();
  for (const [cell, minor] of amounts) if (minor !== 0n) cells.set(cell, (cells.get(cell) ?? 0n) + minor);
  return cells;
}

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
