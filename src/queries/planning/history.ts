import { Lags } from '../../domain/planning/lags.js';
import {
  type History,
  LEAD_STEPS,
  type LeadStep,
  type Pipe,
  type StepHistory,
} from '../../domain/planning/plan.js';
import type { OpenLeadsRow, StepRow } from './lead-rows.js';
import type { ClosedSales, OpenSales } from './sales.js';

const NO_STEP: StepHistory = {
  ...{ taken: 0, reached: 0, trials: 0, conversions: 0 },
  ...{ matureDays: null, days: null, daysToWin: new Lags([]) },
};

function stepHistory(row: StepRow | undefined): StepHistory {
  if (!row) return NO_STEP;
  const { taken, reached: all, trials, conversions, days: moves, daysToWin } = row;
  return {
    ...{ taken, reached: all, trials, conversions, matureDays: moves?.[3] ?? null },
    days: moves && [moves[0], moves[1], moves[2]],
    daysToWin: new Lags(daysToWin ?? []),
  };
}

export function historyOf(key: string, steps: readonly StepRow[], closed: ClosedSales | undefined): History {
  const at = (step: LeadStep): StepHistory =>
    stepHistory(steps.find((row) => row.key === key && row.step === step));
  const [lead, engaged, qualified, accepted] = LEAD_STEPS.map(at);
  return {
    leads: {
      lead: lead ?? NO_STEP,
      engaged: engaged ?? NO_STEP,
      qualified: qualified ?? NO_STEP,
      accepted: accepted ?? NO_STEP,
    },
    sales: {
      ...{ opened: closed?.opened ?? 0, won: closed?.won ?? 0, lost: closed?.lost ?? 0 },
      amounts: closed?.amounts ?? [],
      daysToWin: new Lags(closed?.daysToWin ?? []),
      daysToLoss: new Lags(closed?.daysToLoss ?? []),
    },
  };
}

export const pipeOf = (
  key: string,
  leads: readonly OpenLeadsRow[],
  opportunities: readonly OpenSales[],
): Pipe => ({
  leads: leads.filter((row) => row.key === key),
  opportunities: opportunities.filter((row) => row.key === key),
});
