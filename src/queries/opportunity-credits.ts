import type { ModelRequest } from '../domain/attribution/model-request.js';
import { fractionsOf, type ModelName, sharesOf as sharesOfModel } from '../domain/attribution/models.js';
import { distribute } from '../domain/attribution/money.js';
import { type Share, sharesOfParts } from '../domain/attribution/parts.js';
import { MILESTONES } from '../domain/attribution/touches.js';
import { type Basis, dividerOf, pathSteps, weigherOf } from '../domain/attribution/weigh-paths.js';
import type { Channel } from '../domain/touchpoint.js';
import { milestonesOf, type PathRow, type ShareRow, sharesOf } from './attribution-paths.js';
import type { CreditView } from './credit-ledger.js';
import { needsDetails, type ReportPath, reportPaths } from './report-paths.js';
import type { ReportScope } from './report-scope.js';
import { attributionSettingsOf } from './weighed-report.js';

/** What a model gives to the touches of an opportunity, and what for. */
export interface OpportunityCredit {
  /** Of each touch; they add up to 1 without what is unattributed. */
  readonly weights: readonly number[];
  /** Minor units of the currency of the opportunity. */
  readonly amounts: readonly bigint[];
  /** Minor units of the reporting currency; null: no rate is published. */
  readonly reported: readonly bigint[] | null;
  readonly shares: readonly Share[];
}

/** By opportunity, from the ledger. */
export async function storedCredits(
  view: CreditView,
  model: ModelName,
  paths: readonly PathRow[],
): Promise<ReadonlyMap<string, OpportunityCredit>> {
  const found = await sharesOf(view, paths.map(({ path_id }) => path_id), model); // prettier-ignore
  return new Map(
    paths.flatMap((path) => {
      const share = found.find(({ path_id }) => path_id === path.path_id);
      if (!share) return [];
      const touches = path.event_ids.map((_, index) => ruleTouch(path, index));
      const shares = sharesOfModel(model, touches, attributionSettingsOf(view));
      return [[path.opportunity_id, { ...creditOf(share), shares }] as const];
    }),
  );
}

export const creditOf = ({ weights, amounts, reported }: ShareRow): Omit<OpportunityCredit, 'shares'> => ({
  weights,
  amounts: amounts.map(BigInt),
  reported: reported?.map(BigInt) ?? null,
});

/** The touch as rule models look at it: by time, channel and milestones. */
function ruleTouch(path: PathRow, index: number) {
  const named = milestonesOf(path.milestones[index]);
  return {
    occurredAt: path.occurred_at[index] ?? path.credited_at,
    channel: (path.channels[index] ?? 'other') as Channel,
    milestones: MILESTONES.filter((milestone) => named.includes(milestone)),
  };
}

/** By opportunity, under a model that is computed, with a view that has the paths of its committee. Those that the transforms leave without touches have none. */
export async function computedCredits(
  view: CreditView,
  scope: ReportScope,
  { model, basis }: { readonly model: ModelRequest; readonly basis: Basis },
  opportunityIds: readonly string[],
): Promise<ReadonlyMap<string, OpportunityCredit>> {
  const paths = await reportPaths(view, scope, {
    details: needsDetails(model),
    rule: model,
    opportunityIds,
  });
  const settings = attributionSettingsOf(view);
  const weigh = weigherOf(model, settings, basis);
  const divide = dividerOf(model, settings, basis);
  return new Map(
    paths.flatMap((path) => {
      const steps = pathSteps(model, path);
      const { touches, unattributed } = weigh(steps, path.touches.length);
      if (touches.every((weight) => weight === 0n)) return [];
      const { parts, unattributed: left } = divide(steps);
      const shares = sharesOfParts(parts, left);
      const credit = {
        ...amountsOf(path, [...touches, unattributed]),
        shares: shares.map((share) => ({ ...share, touch: steps[share.touch]?.index ?? share.touch })),
      };
      return [[path.opportunityId, credit] as const];
    }),
  );
}

/** @param weights of the touches, and last of what no touch gets */
function amountsOf(
  { amountMinor, reportedMinor }: ReportPath,
  weights: readonly bigint[],
): Omit<OpportunityCredit, 'shares'> {
  return {
    weights: fractionsOf(weights).slice(0, -1),
    amounts: distribute(amountMinor, weights).slice(0, -1),
    reported: reportedMinor === null ? null : distribute(reportedMinor, weights).slice(0, -1),
  };
}
