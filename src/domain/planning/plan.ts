import {
  type Estimate,
  type Interval,
  intervalOf,
  meanEstimate,
  productOf,
  shareEstimate,
} from './estimate.js';
import { chanceAmongOpen, chanceWithin, Lags } from './lags.js';

/** Steps of leads on the way to an opportunity, as in the funnel. */
export const LEAD_STEPS = ['lead', 'engaged', 'qualified', 'accepted'] as const;
export type LeadStep = (typeof LEAD_STEPS)[number];
export const PLAN_STEPS = [...LEAD_STEPS, 'opportunity', 'won'] as const;
export type PlanStep = (typeof PLAN_STEPS)[number];

/** What became of the leads that reached a step. */
export interface StepHistory {
  /** Leads that took the step itself. */
  readonly taken: number;
  /** Leads that took it or a later one. */
  readonly reached: number;
  /** Of these, those that reached it long enough ago, and how many of them reached the next one. */
  readonly trials: number;
  readonly conversions: number;
  /** Younger ones are no trials; null: none moved on. */
  readonly matureDays: number | null;
  /** Quartiles of the days to the next step; null: none moved on. */
  readonly days: readonly [p25: number, median: number, p75: number] | null;
  readonly daysToWin: Lags;
}

/** Opportunities that were opened and closed; amounts in minor units. */
export interface SalesHistory {
  readonly opened: number;
  readonly won: number;
  readonly lost: number;
  readonly amounts: readonly number[];
  readonly daysToWin: Lags;
  readonly daysToLoss: Lags;
}

export interface History {
  readonly leads: Readonly<Record<LeadStep, StepHistory>>;
  readonly sales: SalesHistory;
}

/** What is open now, by its age in days. */
export interface Pipe {
  readonly leads: readonly { readonly step: LeadStep; readonly age: number; readonly count: number }[];
  /** With sums of their amounts, and of the squares of these. */
  readonly opportunities: readonly {
    readonly age: number;
    readonly count: number;
    readonly sum: number;
    readonly squares: number;
  }[];
}

/** What a target needs; amounts in minor units. */
export interface Target {
  readonly remaining: number;
  /** Until the date; none are left where it is not positive. */
  readonly daysLeft: number;
}

/** What the pipe brings by the date. */
export type Outcome = Pick<Estimate, 'mean' | 'squaredCv'>;

export interface Needed extends Interval {
  readonly value: number;
}

export interface StepPlan {
  readonly step: PlanStep;
  /** That one at the step is won at last. */
  readonly chance: Estimate;
  /** That and the revenue of a sale. */
  readonly revenue: Estimate;
  /** Days to the win. */
  readonly daysToWin: Lags;
  /** Share of those that are won at last which are won by the date if they reach the step now. */
  readonly timely: number;
  readonly inPipe: number;
  readonly expectedSales: number;
  /** Whole minor units. */
  readonly expectedRevenue: number;
}

export interface Plan {
  readonly sale: Estimate;
  readonly winRate: Estimate;
  readonly steps: readonly StepPlan[];
  readonly expected: Outcome;
}

/** How far an amount is from the goal with what is in the pipe, and what must reach each step to close the gap. */
export function planOf(history: History, pipe: Pipe, daysLeft: number): Plan {
  const { sales } = history;
  const winRate = shareEstimate(sales.won, sales.won + sales.lost);
  const sale = meanEstimate(sales.amounts);
  const chances = chancesOf(history, winRate);
  const steps = PLAN_STEPS.map((step, index): StepPlan => {
    const chance = chances[index] ?? CERTAIN;
    const daysToWin = lagsOf(history, step);
    const timely = daysLeft > 0 ? daysToWin.within(daysLeft) : 0;
    const part = expectedAt(step, { history, pipe, chance, daysToWin, daysLeft });
    const revenue = productOf(chance, sale);
    const expectedRevenue = Math.round(step === 'opportunity' ? part.revenue : part.sales * sale.value);
    const inPipe = inPipeAt(step, pipe);
    return {
      ...{ step, chance, revenue, daysToWin, timely, inPipe },
      ...{ expectedSales: part.sales, expectedRevenue },
    };
  });
  return { sale, winRate, steps, expected: outcomeOf({ history, pipe, steps, winRate, daysLeft }) };
}

const CERTAIN: Estimate = { value: 1, mean: 1, squaredCv: 0 };
const NOW = new Lags([0]);

/** Of each step to be won: the product of the conversions behind it. */
function chancesOf({ leads }: History, winRate: Estimate): Estimate[] {
  const conversions = LEAD_STEPS.map((step) => shareEstimate(leads[step].conversions, leads[step].trials));
  return [...LEAD_STEPS.map((_, index) => productOf(...conversions.slice(index), winRate)), winRate, CERTAIN];
}

const isLeadStep = (step: PlanStep): step is LeadStep => (LEAD_STEPS as readonly string[]).includes(step);

function lagsOf({ leads, sales }: History, step: PlanStep): Lags {
  if (isLeadStep(step)) return leads[step].daysToWin;
  return step === 'opportunity' ? sales.daysToWin : NOW;
}

function inPipeAt(step: PlanStep, { leads, opportunities }: Pipe): number {
  const at = step === 'opportunity' ? opportunities : leads.filter((each) => each.step === step);
  return at.reduce((sum, { count }) => sum + count, 0);
}

interface AtStep {
  readonly history: History;
  readonly pipe: Pipe;
  readonly chance: Estimate;
  readonly daysToWin: Lags;
  readonly daysLeft: number;
}

/** Sales by the date of what is at a step; of opportunities, whose amounts are known, their revenue too. */
function expectedAt(step: PlanStep, at: AtStep): { sales: number; revenue: number } {
  const found = { sales: 0, revenue: 0 };
  if (at.daysLeft <= 0) return found;
  if (step === 'opportunity') {
    for (const { age, count, sum } of at.pipe.opportunities) {
      const chance = openChance(at.history, at.chance, age, at.daysLeft);
      found.sales += count * chance;
      found.revenue += sum * chance;
    }
    return found;
  }
  for (const { step: own, age, count } of at.pipe.leads)
    if (own === step) found.sales += count * chanceWithin(at.chance.value, at.daysToWin, age, at.daysLeft);
  return found;
}

const openChance = ({ sales }: History, winRate: Estimate, age: number, daysLeft: number): number =>
  chanceAmongOpen(winRate.value, { won: sales.daysToWin, lost: sales.daysToLoss }, age, daysLeft);

/**
 * Expected revenue of the whole pipe with its variance: that of the outcomes, each won or not, and that of the rates and of the
 * revenue of a sale. The steps share rates, so their deviations are added up as if they moved together, which is the most it can be.
 */
function outcomeOf({
  history,
  pipe,
  steps,
  winRate,
  daysLeft,
}: Pick<AtStep, 'history' | 'pipe' | 'daysLeft'> & Pick<Plan, 'steps' | 'winRate'>): Outcome {
  const mean = steps.reduce((sum, { expectedRevenue }) => sum + expectedRevenue, 0);
  if (mean === 0 || daysLeft <= 0) return { mean: 0, squaredCv: 0 };
  const { amounts } = history.sales;
  const square = amounts.reduce((sum, amount) => sum + amount ** 2, 0) / Math.max(1, amounts.length);
  let [variance, deviation] = [0, 0];
  for (const { step, chance, revenue, expectedSales, expectedRevenue } of steps) {
    const { squaredCv } = step === 'opportunity' ? chance : revenue;
    deviation += expectedRevenue * Math.sqrt(squaredCv);
    // At most a Poisson number of sales: the chance of each is small.
    if (isLeadStep(step)) variance += expectedSales * square;
  }
  for (const { age, squares } of pipe.opportunities) {
    const chance = openChance(history, winRate, age, daysLeft);
    variance += chance * (1 - chance) * squares;
  }
  return { mean, squaredCv: (variance + deviation ** 2) / mean ** 2 };
}

/** Independent parts of an outcome, such as personas. */
export function sumOf(outcomes: readonly Outcome[]): Outcome {
  const mean = outcomes.reduce((sum, outcome) => sum + outcome.mean, 0);
  const variance = outcomes.reduce((sum, outcome) => sum + outcome.squaredCv * outcome.mean ** 2, 0);
  return { mean, squaredCv: mean === 0 ? 0 : variance / mean ** 2 };
}

/**
 * How many must reach a step for revenues within `amount` by the date, if they reach it now. Ends of the amount that come with high
 * rates go with high rates.
 *
 * @returns null: none of those that reached it was won, or none so fast
 */
export function neededAt({ revenue, timely }: StepPlan, amount: Needed): Needed | null {
  if (amount.high <= 0) return { value: 0, low: 0, high: 0 };
  const each = revenue.value * timely;
  if (each <= 0) return null;
  const { low, high } = intervalOf(revenue);
  return {
    value: whole(amount.value / each),
    low: whole(amount.low / (high * timely)),
    high: whole(amount.high / (low * timely)),
  };
}

/** Up, but not for what is a whole number but for the last digits of a product. */
const whole = (number: number): number => Math.ceil(number - Math.abs(number) * 1e-9);

/** What is left of an amount after an outcome. */
export function gapOf(remaining: number, expected: Outcome): Needed {
  const { low, high } = intervalOf(expected);
  const left = (outcome: number): number => Math.max(0, remaining - outcome);
  return { value: left(expected.mean), low: left(high), high: left(low) };
}
