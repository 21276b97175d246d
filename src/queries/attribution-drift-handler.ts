import { Inject } from '@nestjs/common';
import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import { Problem } from '../http/problem.js';
import { TermsOfRange } from '../read-models/attribution/terms.js';
import { Drift } from '../domain/attribution/drift.js';
import { CreditComputer } from './computed-credits.js';
import { reportProjections } from './report-filters.js';
import { type DriftAnswer, FindDrift } from './attribution-drift.js';
import { ChangeCauses } from './drift/change-causes.js';
import { changedOpportunities } from './drift/changed-opportunities.js';
import { driftAnswer } from './drift/drift-answer.js';
import { ChainDrift } from './drift/chain-drift.js';
import { DriftDeadline, DriftWalk } from './drift/drift-walk.js';
import type { DriftReport } from './drift/opportunity-states.js';
import { type ReportAt, readReport } from './drift/report-ends.js';
import { RuleDrift } from './drift/rule-drift.js';
import { weighState } from './drift/state-cells.js';
import { unchangedStates } from './drift/unchanged-states.js';
import type { DayOrInstant } from './params.js';
import { hasLostPaths } from './report-source.js';
import { SOLVE_CHAIN, type SolveChain } from './solve-chain.js';
import { ReadModels, type View } from './read-models.js';
import { resolveScope, type ScopeQuery } from './report-scope.js';

@QueryHandler(FindDrift)
export class FindDriftHandler implements IQueryHandler<FindDrift> {
  constructor(
    @Inject(ReadModels) private readonly models: ReadModels,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(CreditComputer) private readonly computer: CreditComputer,
    @Inject(SOLVE_CHAIN) private readonly solve: SolveChain,
  ) {}

  async execute(query: FindDrift): Promise<DriftAnswer> {
    const { request } = query;
    const from = await this.positionOf(query, 'from', query.from);
    const to =
      request.asOf ?? (query.to === undefined ? undefined : await this.positionOf(query, 'to', query.to));
    const projections = reportProjections(query.by);
    return this.models.view({ ...request, asOf: to }, projections, async (later) => {
      if (from > later.asOf) throw reversed(from, later.asOf);
      const earlier = await this.models.earlier(later, from, projections);
      return this.compare(query, earlier, later);
    });
  }

  private async compare(query: FindDrift, earlier: View, later: View): Promise<DriftAnswer> {
    const range = { after: earlier.asOf, upTo: later.asOf };
    const terms = await TermsOfRange.load(later.tx, range, later.workspace);
    const to = await this.reportAt(query, later, query.scope);
    refuseOtherCurrencies(terms, range, to.scope.currency);
    // That its currency is the same is checked.
    const from = await this.reportAt(query, earlier, { ...query.scope, currency: undefined });
    const { metric, period } = to.scope;
    const { model, by } = query;
    const report = { metric, period, model, by, withLost: hasLostPaths(model, to.scope) };
    const changed = await changedOf({ from, to }, report);
    const causes = new ChangeCauses(later, this.store);
    const drift = new Drift(query.perCause);
    const deadline = new DriftDeadline();
    const walk = new DriftWalk({ view: later, range, report, terms, causes, deadline });
    if (model.model !== 'markov') {
      await walk.follow(changed, new RuleDrift(drift, weighState(model, {})));
    } else if (changed.length > 0) {
      const chain = new ChainDrift(drift, { request: model, basis: to.basis, solve: this.solve, deadline });
      await walk.follow(changed, chain);
      await chain.addAll(await unchangedStates(to, changed, query));
    }
    return driftAnswer(query, { from, to, drift, causes, changed: changed.length });
  }

  private async reportAt(query: FindDrift, view: View, asked: ScopeQuery): Promise<ReportAt> {
    const scope = await resolveScope(view, asked, { names: { from: 'periodFrom', to: 'periodTo' } });
    return readReport(view, scope, query, this.computer);
  }

  /** @throws Problem 400 naming the parameter */
  private async positionOf(
    { request: { workspace } }: FindDrift,
    name: 'from' | 'to',
    asOf: bigint | DayOrInstant,
  ): Promise<bigint> {
    try {
      return await this.models.position({ workspace, asOf, minPosition: undefined });
    } catch (error) {
      throw error instanceof Problem ? renamed(error, name) : error;
    }
  }
}

/** Opportunities of the reports that changed, by what they earn and, where the model looks at these, as paths of lost ones. */
async function changedOf(
  { from, to }: { readonly from: ReportAt; readonly to: ReportAt },
  { model, by, withLost }: DriftReport,
): Promise<readonly string[]> {
  const changed = await changedOpportunities(from, to, { model, by });
  if (!withLost) return changed;
  const lost = await changedOpportunities(await from.source.lostReport(), await to.source.lostReport(), {
    model,
    by: [],
  });
  return [...new Set([...changed, ...lost])];
}

/** A fault of `asOf` is one of this parameter. */
function renamed(problem: Problem, name: string): Problem {
  const { code, detail, errors, headers } = problem;
  const named = errors.map(({ path, message }) => ({ path: path === 'asOf' ? name : path, message }));
  return new Problem(problem.getStatus(), code, detail.replace(/^asOf:/, `${name}:`), named, headers);
}

function reversed(from: bigint, to: bigint): Problem {
  const message = `position ${from} lies after that of to, ${to}`;
  return new Problem(400, 'drift-reversed', `from: ${message}`, [{ path: 'from', message }]);
}

/** @throws Problem 400 `currency-changed` */
function refuseOtherCurrencies(
  terms: TermsOfRange,
  range: { readonly after: bigint; readonly upTo: bigint },
  currency: string,
): void {
  for (const position of [range.after, ...terms.publications(range)]) {
    const other = terms.at(position).reporting?.currency ?? currency;
    if (other === currency) continue;
    const message = `reports were in ${other} at position ${position}, and are in ${currency} at to; choose both ends on one side of the change`;
    throw new Problem(400, 'currency-changed', `from: ${message}`, [{ path: 'from', message }]);
  }
}
