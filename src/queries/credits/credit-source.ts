import type { CommitteeRule } from '../../domain/attribution/committee-rule.js';
import type { ShareRow } from '../../read-models/attribution/records.js';
import { totalsOf, type Totals } from '../attribution-rows.js';
import { withCommittee } from '../committee-paths.js';
import { inReportCurrency } from '../converted-ledger.js';
import { type CreditView, withLedger } from '../credit-ledger.js';
import type { View } from '../read-models.js';
import type { ModelName, ReportScope } from '../report-scope.js';
import { withShares } from '../weighed-report.js';

/** The credits of a report, of some opportunities at a time: what is converted or computed of them is in memory only so long. */
export interface CreditSource {
  /** The ledger with all opportunities and no credits. */
  readonly view: CreditView;
  readonly totals: Totals;
  ledgerOf(opportunityIds: readonly string[]): Promise<CreditView>;
}

/** As stored. */
export async function storedCredits(view: View, scope: ReportScope, model: ModelName): Promise<CreditSource> {
  const { metric } = scope;
  const whole = await inReportCurrency(await withLedger(view, { metric, models: [] }), scope, []);
  return {
    view: whole,
    totals: await totalsOf(whole, scope),
    ledgerOf: async (opportunityIds) => {
      const part = await withLedger(view, { metric, models: [model], opportunityIds });
      return inReportCurrency(part, { ...scope, opportunityIds }, [model]);
    },
  };
}

/** What a model gives to the touches of a committee. */
export interface SharedCredits {
  readonly rule: CommitteeRule;
  readonly totals: Totals;
  /** By opportunity. */
  readonly shares: ReadonlyMap<string, ShareRow>;
}

/** Shares of all paths of a report. */
export const sharedCredits = (
  view: CreditView,
  scope: ReportScope,
  { rule, totals, shares }: SharedCredits,
): CreditSource => ({
  view,
  totals,
  ledgerOf: async (opportunityIds) =>
    withShares(
      await withCommittee(view, scope, rule, opportunityIds),
      opportunityIds.flatMap((id) => shares.get(id) ?? []),
    ),
});
