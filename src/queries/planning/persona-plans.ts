import type { CreditView } from '../credit-ledger.js';
import { unconvertedSales } from '../metrics/closed-cells.js';
import { handOffTurnover } from '../metrics/hand-offs.js';
import type { ReportScope } from '../report-scope.js';
import { runAtOnce } from '../run-at-once.js';
import { givenWeights, goalShares } from './goal-shares.js';
import { historyOf, pipeOf } from './history.js';
import { leadRows, type Window } from './lead-rows.js';
import type { MagicNumberInput } from './magic-number.input.js';
import { personaPlan, type PlanFrame } from './persona-plan.js';
import { type ClosedSales, closedSales, openSales } from './sales.js';

/** What a plan is about, with dates resolved at the position. */
export interface PlanScopes {
  /** Minor units. */
  readonly goal: bigint;
  readonly frame: PlanFrame;
  readonly history: ReportScope;
  readonly window: Window;
  /** Undefined: nothing that is booked counts. */
  readonly booked: ReportScope | undefined;
}

type Planned = ReturnType<typeof personaPlan> & { readonly booked: bigint };

/** The plan of each persona, in the order of the answer, what became of hand-offs, and the opportunities in no plan, as they have no rate. */
export async function personaPlans(
  view: CreditView,
  { shares }: MagicNumberInput,
  { goal, frame, history: scope, window, booked: bookedScope }: PlanScopes,
) {
  const personas = view.model?.data.document.personas ?? [];
  const [leads, closed, open, turnover, unconverted] = await runAtOnce(view, [
    (own) => leadRows(own, window),
    (own) => closedSales(own, scope, bookedScope),
    (own) => openSales(own, frame, scope.timeZone),
    (own) => handOffTurnover(own, own.at, window),
    (own) => unconvertedSales(own, scope, undefined),
  ]);
  const weightOf = shares ? givenWeights(shares, personas) : revenueWeights(closed);
  const booked = new Map(closed.map((row) => [row.key, BigInt(row.booked)]));
  const found = [...closed, ...open.rows, ...leads.steps, ...leads.open].map(({ key }) => key);
  const keys = keysOf(personas, found, weightOf);
  const goals = goalShares(goal, keys, weightOf);
  const plans = keys.map((key): Planned => {
    const won = booked.get(key) ?? 0n;
    const plan = personaPlan(
      {
        persona: key === '' ? null : key,
        label: personas.find(({ id }) => id === key)?.name ?? (key === '' ? '(none)' : key),
        ...(goals.get(key) ?? { goal: 0n, share: 0 }),
        booked: won,
        history: historyOf(
          key,
          leads.steps,
          closed.find((row) => row.key === key),
        ),
        pipe: pipeOf(key, leads.open, open.rows),
      },
      frame,
    );
    return { ...plan, booked: won };
  });
  const unpriced = unconverted.map(({ currency, opportunities }) => ({
    ...{ currency, count: opportunities.length },
  }));
  return { plans, turnover, unconverted: [...unpriced, ...open.unconverted] };
}

const revenueWeights = (closed: readonly ClosedSales[]): ((key: string) => bigint) => {
  const revenues = new Map(closed.map(({ key, revenue }) => [key, BigInt(revenue)]));
  return (key) => revenues.get(key) ?? 0n;
};

/** In the order of the model, then what else there is, and last what has no persona: of that is a goal that nobody has a weight for. */
function keysOf(
  personas: readonly { readonly id: string }[],
  found: readonly string[],
  weightOf: (key: string) => bigint,
): string[] {
  const known = personas.map(({ id }) => id);
  const others = [...new Set(found)].filter((key) => key !== '' && !known.includes(key)).sort();
  const named = [...known, ...others];
  return found.includes('') || named.every((key) => weightOf(key) === 0n) ? [...named, ''] : named;
}
