import {
  type InputChange,
  inputChanges,
  membersOf,
  noChange,
} from '../../read-models/attribution/input-changes.js';
import type { TermsOfRange } from '../../read-models/attribution/terms.js';
import type { PositionRange } from '../../read-models/range.js';
import type { ChangeAt } from './change-causes.js';
import { hasCatalogueCut, hasSegmentCut } from './changed-opportunities.js';
import type { DriftHistory, DriftReport } from './opportunity-states.js';

/** The positions of a range at which something changed that may move an opportunity to other cells, or give it other credits. */
export class OpportunityChanges {
  private readonly publications: ReadonlySet<bigint>;

  constructor(
    private readonly range: PositionRange,
    terms: TermsOfRange,
    private readonly report: DriftReport,
    private readonly history: DriftHistory,
  ) {
    const byDocument = hasCatalogueCut(report.by) || hasSegmentCut(report.by);
    this.publications = new Set(
      terms.publications(range).filter((position) => byDocument || terms.changedAt(position)),
    );
  }

  /** In the order of positions; some may change nothing. */
  of(opportunityId: string): ChangeAt[] {
    const { range, history, report, publications } = this;
    const changes = new Map<bigint, InputChange>();
    for (const change of inputChanges(history.inputs, opportunityId, range, report.model.committee))
      changes.set(change.position, change);
    const at = (position: bigint): InputChange => {
      const change = changes.get(position) ?? noChange(position);
      changes.set(position, change);
      return change;
    };
    const accounts = report.by.includes('accountSegment') ? this.accountsOf(opportunityId) : [];
    for (const { position, leadId } of history.segments.accountChanges(accounts, range)) {
      const change = at(position);
      change.profiles = true;
      change.leads.add(leadId);
    }
    const named = hasCatalogueCut(report.by) ? this.contentsOf(opportunityId) : new Set<string>();
    const contents = history.contents.changes(named, range);
    for (const position of [...publications, ...contents]) at(position);
    const segments = this.segmentChanges(opportunityId);
    const others = new Set(changes.keys());
    return [...new Set([...others, ...segments])]
      .sort((a, b) => (a < b ? -1 : 1))
      .map((position) => ({
        ...at(position),
        isPublication: publications.has(position),
        segments: segments.has(position),
        onlySegments: !others.has(position),
      }));
  }

  /** Touchpoints that are looked at, of all that ever were members of the committee. */
  sizeOf(opportunityId: string): number {
    const { journeys } = this.history.inputs;
    return [...this.membersOf(opportunityId)].reduce(
      (sum, lead) => sum + (journeys.get(lead)?.length ?? 0),
      1,
    );
  }

  private membersOf(opportunityId: string): ReadonlySet<string> {
    return membersOf(this.history.inputs, opportunityId, this.range, this.report.model.committee);
  }

  private contentsOf(opportunityId: string): ReadonlySet<string> {
    const { journeys } = this.history.inputs;
    const touched = [...this.membersOf(opportunityId)].flatMap((lead) => journeys.get(lead) ?? []);
    return new Set(touched.flatMap(({ content_id }) => content_id ?? []));
  }

  private accountsOf(opportunityId: string): readonly string[] {
    const versions = this.history.inputs.opportunities.get(opportunityId) ?? [];
    return [...new Set(versions.flatMap(({ account_id }) => account_id ?? []))];
  }

  private segmentChanges(opportunityId: string): ReadonlySet<bigint> {
    const { by } = this.report;
    const leads = by.includes('segment') ? [...this.membersOf(opportunityId)] : [];
    const accounts = by.includes('accountSegment') ? this.accountsOf(opportunityId) : [];
    return this.history.segments.changes({ leads, accounts }, this.range);
  }
}
