import { setImmediate as nextTurn } from 'node:timers/promises';
import { type DriftCause, runsOf } from '../../domain/attribution/drift.js';
import { DAY_MS } from '../../domain/model/journey-model.js';
import { loadInputs } from '../../read-models/attribution/inputs.js';
import type { TermsOfRange } from '../../read-models/attribution/terms.js';
import type { PositionRange } from '../../read-models/range.js';
import { tooLarge, type View } from '../read-models.js';
import { needsDetails } from '../report-paths.js';
import type { ChangeCauses } from './change-causes.js';
import { hasCatalogueCut, hasSegmentCut } from './changed-opportunities.js';
import { type CausedMoment, momentsOf } from './drift-moments.js';
import { OpportunityChanges } from './opportunity-changes.js';
import { type DriftReport, OpportunityStates } from './opportunity-states.js';
import { PublishedContents } from './published-contents.js';
import { SegmentHistory } from './segment-history.js';
import type { OpportunityState } from './state-cells.js';

/** Opportunities whose inputs are read at a time: at first, and at most. */
const FIRST_AT_ONCE = 50;
const MOST_AT_ONCE = 500;
/** So many touchpoints that the next read takes about: of two reads all are in memory. */
const TOUCHPOINTS_A_READ = 20_000;
/** Of more events times touches, those of one cause that follow one another are taken together. */
const MOST_ONE_BY_ONE = 200_000;
/** Touches between which other requests have their turn. */
const TOUCHES_A_TURN = 5_000;
/** As long as one statement may take (read-models.ts). */
const MOST_MS = 60_000;

/** An opportunity right after an event. */
export interface WalkedStep {
  readonly opportunityId: string;
  readonly position: bigint;
  readonly events: number;
  readonly cause: () => DriftCause | Promise<DriftCause>;
  readonly after: OpportunityState | undefined;
}

/** Takes up what the walk comes by, opportunity by opportunity, in the order of positions. */
export interface DriftWalker {
  start(opportunityId: string, before: OpportunityState | undefined): void;
  step(step: WalkedStep): Promise<void>;
}

/** Other requests have their turn between touches, and the whole lasts no longer than a minute. */
export class DriftDeadline {
  private readonly end = Date.now() + MOST_MS;
  private sinceTurn = 0;

  /** @throws Problem 503 `question-too-large` */
  async pause(touches: number): Promise<void> {
    this.sinceTurn += touches;
    if (this.sinceTurn < TOUCHES_A_TURN) return;
    this.sinceTurn = 0;
    if (Date.now() > this.end) throw tooLarge();
    await nextTurn();
  }
}

interface Walk {
  readonly view: View;
  readonly range: PositionRange;
  readonly report: DriftReport;
  readonly terms: TermsOfRange;
  readonly causes: ChangeCauses;
  readonly deadline: DriftDeadline;
}

interface Loaded {
  readonly ids: readonly string[];
  readonly touchpoints: number;
  readonly changes: OpportunityChanges;
  readonly states: OpportunityStates;
}

/**
 * Goes through the positions between two reports at which something changed that the credits of an opportunity follow from, and computes
 * what it is to the report after each. What is added up in this way is the difference between the ends, whatever happened between.
 */
export class DriftWalk {
  constructor(private readonly walk: Walk) {}

  /** @throws Problem 503 `question-too-large` */
  async follow(opportunityIds: readonly string[], walker: DriftWalker): Promise<void> {
    let next: Promise<Loaded> | undefined = this.load(opportunityIds.slice(0, FIRST_AT_ONCE));
    try {
      for (let read = 0; next;) {
        const loaded: Loaded = await next;
        read += loaded.ids.length;
        const ids = opportunityIds.slice(read, read + sizeOfNext(loaded));
        // While these are followed, the next ones are read.
        next = ids.length > 0 ? this.load(ids) : undefined;
        for (const id of loaded.ids) await this.followOne(loaded, id, walker);
      }
    } finally {
      // Whoever ends the transaction must not find a read in it.
      await next?.catch(() => undefined);
    }
  }

  private async load(ids: readonly string[]): Promise<Loaded> {
    const { view, range, report, terms } = this.walk;
    const { by, model } = report;
    const inputs = await loadInputs(view.tx, range, view.workspace, ids, {
      lookbackMs: terms.longestLookbackDays * DAY_MS,
      committee: model.committee,
      details: needsDetails(model) || by.includes('rep'),
    });
    const named = [...inputs.journeys.values()].flat().flatMap(({ content_id }) => content_id ?? []);
    const contents = hasCatalogueCut(by)
      ? await PublishedContents.load(view, range, [...new Set(named)])
      : PublishedContents.none;
    const accounts = [...inputs.opportunities.values()].flat().flatMap(({ account_id }) => account_id ?? []);
    const segments = hasSegmentCut(by)
      ? await SegmentHistory.load(view, range, {
          leads: by.includes('segment') ? [...inputs.journeys.keys()] : [],
          accounts: by.includes('accountSegment') ? [...new Set(accounts)] : [],
        })
      : SegmentHistory.none;
    const history = { inputs, contents, segments };
    return {
      ids,
      touchpoints: [...inputs.journeys.values()].reduce((sum, rows) => sum + rows.length, 0),
      changes: new OpportunityChanges(range, terms, report, history),
      states: new OpportunityStates(report, history),
    };
  }

  private async followOne({ changes, states }: Loaded, id: string, walker: DriftWalker): Promise<void> {
    const { range, terms, causes } = this.walk;
    const { after } = range;
    const touches = changes.sizeOf(id);
    const moments = momentsOf(changes.of(id), { terms, causes, after });
    walker.start(id, states.at(id, { position: after, terms: terms.at(after), segmentsAt: after }));
    for (const { moment, events, cause } of await this.stepsOf(moments, touches)) {
      await this.walk.deadline.pause(touches);
      const { position } = moment;
      await walker.step({ opportunityId: id, position, events, cause, after: states.at(id, moment) });
    }
  }

  /** One by one, or those of one cause together. */
  private async stepsOf(moments: readonly CausedMoment[], touches: number): Promise<readonly CausedMoment[]> {
    if (moments.length * touches <= MOST_ONE_BY_ONE) return moments;
    const caused: { step: CausedMoment; cause: DriftCause }[] = [];
    for (const step of moments) {
      await this.walk.deadline.pause(1);
      caused.push({ step, cause: await step.cause() });
    }
    return runsOf(caused).map(({ last: { step, cause }, events }) => ({
      ...{ moment: step.moment, events },
      cause: () => cause,
    }));
  }
}

const sizeOfNext = ({ ids, touchpoints }: Loaded): number =>
  Math.min(
    MOST_AT_ONCE,
    Math.max(1, Math.floor((ids.length * TOUCHPOINTS_A_READ) / Math.max(1, touchpoints))),
  );
