import { compareTexts } from '../../domain/compare-texts.js';
import {
  type Cells,
  differencesOf,
  type Drift,
  DRIFT_CAUSES,
  type DriftCause,
} from '../../domain/attribution/drift.js';
import type { ModelRequest } from '../../domain/attribution/model-request.js';
import type { Basis } from '../../domain/attribution/weigh-paths.js';
import { MAX_REPORT_TOUCHES, tooLarge } from '../report-size.js';
import type { SolveChain } from '../solve-chain.js';
import { basisOf } from '../weighed-report.js';
import type { DriftDeadline, DriftWalker, WalkedStep } from './drift-walk.js';
import { isSameState, type OpportunityState, weighState } from './state-cells.js';

type State = OpportunityState | undefined;

/** What consecutive events of one cause made of an opportunity. */
interface Run {
  readonly cause: DriftCause;
  readonly after: State;
}

interface Chain {
  readonly request: ModelRequest;
  /** Of the later report. */
  readonly basis: Basis;
  readonly solve: SolveChain;
  readonly deadline: DriftDeadline;
}

/** An opportunity on its way from one report to the other. */
interface FollowedOpportunity {
  state: State;
  readonly runs: Run[];
}

/**
 * Adds up what each cause changed under `markov`, whose credits of every opportunity follow from all paths. Each opportunity goes through
 * its changes in the order of positions. Across opportunities, causes take turns in the order of DRIFT_CAUSES: in its turn, each
 * opportunity whose next events are of the cause goes through them, and what all credits are then others than before is what the cause
 * changed. So there are as many computations as turns, however many events.
 */
export class ChainDrift implements DriftWalker {
  private readonly followed = new Map<string, FollowedOpportunity>();
  private last: State;
  private touches = 0;
  private readonly ownCells: (state: State) => Cells;

  constructor(
    private readonly drift: Drift,
    private readonly chain: Chain,
  ) {
    this.ownCells = weighState(chain.request, chain.basis);
  }

  start(opportunityId: string, before: State): void {
    this.followed.set(opportunityId, { state: before, runs: [] });
    this.keep(before);
  }

  async step({ opportunityId, position, events, cause: findCause, after }: WalkedStep): Promise<void> {
    const before = this.last;
    if (isSameState(before, after)) return;
    const cause = await findCause();
    const runs = this.followed.get(opportunityId)?.runs ?? [];
    if (runs.at(-1)?.cause === cause) runs.pop();
    runs.push({ cause, after });
    this.keep(after);
    const differences = differencesOf(this.ownCells(before), this.ownCells(after));
    this.drift.list({ opportunityId, cause, position, events, differences });
  }

  private keep(state: State): void {
    this.last = state;
    this.touches += state?.steps.length ?? 0;
    if (this.touches > MAX_REPORT_TOUCHES) throw tooLarge();
  }

  /** @param unchanged what the other opportunities of both reports are, by id */
  async addAll(unchanged: ReadonlyMap<string, OpportunityState>): Promise<void> {
    const followed = new Map(this.followed);
    for (const [id, state] of unchanged) followed.set(id, { state, runs: [] });
    // In the order in which reports read paths: equal chains have equal effects, to the last bit.
    const all = [...followed].sort(([a], [b]) => compareTexts(a, b)).map(([, each]) => each);
    const moving = all.filter(({ runs }) => runs.length > 0);
    let before = await this.cellsOf(all);
    while (moving.some(({ runs }) => runs.length > 0)) {
      for (const cause of DRIFT_CAUSES) {
        const inTurn = moving.filter(({ runs }) => runs[0]?.cause === cause);
        if (inTurn.length === 0) continue;
        for (const each of inTurn) each.state = each.runs.shift()?.after;
        const after = await this.cellsOf(all);
        this.drift.add(cause, differencesOf(before, after));
        before = after;
      }
    }
  }

  /** What the opportunities give to the cells of a report that has these paths. */
  private async cellsOf(all: readonly FollowedOpportunity[]): Promise<Cells> {
    const { request, solve, deadline } = this.chain;
    const states = all.flatMap(({ state }) => state ?? []);
    const [lost, converting] = partition(states, ({ amount }) => amount === undefined);
    const basis = await basisOf(request, { converting, nonConverting: lost, revenues: [] }, solve);
    const cellsOf = weighState(request, basis);
    const sums = new Map<string, bigint>();
    for (const state of states) {
      await deadline.pause(state.cells.length);
      for (const [cell, minor] of cellsOf(state)) sums.set(cell, (sums.get(cell) ?? 0n) + minor);
    }
    return sums;
  }
}

function partition(
  states: readonly OpportunityState[],
  isLost: (state: OpportunityState) => boolean,
): [OpportunityState['steps'][], OpportunityState['steps'][]] {
  const lost: OpportunityState['steps'][] = [];
  const converting: OpportunityState['steps'][] = [];
  for (const state of states) (isLost(state) ? lost : converting).push(state.steps);
  return [lost, converting];
}
