import { money } from '../../domain/attribution/money.js';
import { proportion } from '../../domain/calibration.js';
import { type Interval, intervalOf } from '../../domain/planning/estimate.js';
import type { Lags } from '../../domain/planning/lags.js';
import {
  gapOf,
  type History,
  LEAD_STEPS,
  type LeadStep,
  type Needed,
  neededAt,
  type Outcome,
  type Pipe,
  type Plan,
  planOf,
  type StepPlan,
} from '../../domain/planning/plan.js';
import type { MoneyItem } from '../money.js';
import { cautionsOf, FEW } from './cautions.js';
import type {
  ConversionItem,
  MoneyRange,
  NeededRange,
  PersonaPlanItem,
  PlanStepItem,
} from './magic-number-answer.js';

/** How a plan is shown: its currency and the days that it has. */
export interface PlanFrame {
  readonly currency: string;
  readonly at: Date;
  readonly deadline: Date;
  readonly daysLeft: number;
}

export interface PersonaPlanInput {
  readonly persona: string | null;
  readonly label: string;
  readonly share: number;
  /** Minor units. */
  readonly goal: bigint;
  readonly booked: bigint;
  readonly history: History;
  readonly pipe: Pipe;
}

/** @param minor may have a fraction: what is expected of many */
export const moneyRounded = (minor: number, currency: string): MoneyItem =>
  money(BigInt(Math.round(minor)), currency);

export const moneyRange = (value: number, { low, high }: Interval, currency: string): MoneyRange => ({
  value: moneyRounded(value, currency),
  low: moneyRounded(low, currency),
  high: moneyRounded(high, currency),
});

export const atLeastZero = (minor: bigint): bigint => (minor > 0n ? minor : 0n);

export function personaPlan(
  { persona, label, share, goal, booked, history, pipe }: PersonaPlanInput,
  frame: PlanFrame,
): { readonly item: PersonaPlanItem; readonly expected: Outcome } {
  const { currency, daysLeft } = frame;
  const plan = planOf(history, pipe, daysLeft);
  const remaining = atLeastZero(goal - booked);
  const gap = gapOf(Number(remaining), plan.expected);
  const figures = {
    ...{ persona, label, share },
    goal: money(goal, currency),
    booked: money(booked, currency),
    remaining: money(remaining, currency),
    expected: moneyRange(plan.expected.mean, intervalOf(plan.expected), currency),
    gap: moneyRange(gap.value, gap, currency),
    revenuePerSale: revenuePerSale(plan, history, currency),
    steps: plan.steps.map((step) => stepItem(step, history, { remaining: Number(remaining), gap }, frame)),
  };
  return { item: { ...figures, cautions: cautionsOf(figures, daysLeft) }, expected: plan.expected };
}

function revenuePerSale(
  { sale }: Plan,
  { sales }: History,
  currency: string,
): PersonaPlanItem['revenuePerSale'] {
  if (sales.amounts.length === 0) return null;
  return { ...moneyRange(sale.value, intervalOf(sale), currency), sales: sales.amounts.length };
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

function stepItem(
  step: StepPlan,
  history: History,
  { remaining, gap }: { readonly remaining: number; readonly gap: Needed },
  { currency, deadline }: PlanFrame,
): PlanStepItem {
  const { taken, reached, conversion, days } = observed(step, history);
  const isKnown = step.daysToWin.count > 0;
  const p75 = step.daysToWin.percentile(0.75);
  const all = { value: remaining, low: remaining, high: remaining };
  return {
    ...{ step: step.step, taken, reached, conversion, days, daysToWin: quartiles(step.daysToWin) },
    winShare: isKnown ? rounded(step.chance.value, 6) : null,
    timely: isKnown ? rounded(step.timely, 6) : null,
    reachBy: p75 === undefined ? null : new Date(+deadline - Math.round(p75 * 86_400_000)),
    inPipe: step.inPipe,
    expectedRevenue: moneyRounded(step.expectedRevenue, currency),
    expectedSales: rounded(step.expectedSales, 2),
    needed: neededRange(neededAt(step, all)),
    missing: neededRange(neededAt(step, gap)),
    smallSample: conversion !== null && conversion.conversions < FEW,
  };
}

const MOST = 1e9;

const neededRange = (needed: Needed | null): NeededRange | null =>
  needed && { ...needed, high: needed.high > MOST ? null : needed.high };

type Observed = Pick<PlanStepItem, 'taken' | 'reached' | 'conversion' | 'days'>;

const isLead = (step: string): step is LeadStep => (LEAD_STEPS as readonly string[]).includes(step);

function observed({ step }: StepPlan, { leads, sales }: History): Observed {
  if (isLead(step)) {
    const { taken, reached, trials, conversions, matureDays, days } = leads[step];
    const [p25 = 0, median = 0, p75 = 0] = days ?? [];
    return {
      ...{ taken, reached },
      conversion: conversionItem(conversions, trials, matureDays),
      days: days && { p25: rounded(p25, 2), median: rounded(median, 2), p75: rounded(p75, 2) },
    };
  }
  const { opened, won, lost, daysToWin } = sales;
  if (step === 'won') return { taken: won, reached: won, conversion: null, days: null };
  return {
    ...{ taken: opened, reached: opened, conversion: conversionItem(won, won + lost, null) },
    days: quartiles(daysToWin),
  };
}

function conversionItem(conversions: number, trials: number, matureDays: number | null): ConversionItem {
  const { rate, low, high } = proportion(conversions, trials);
  const digits = (value: number | null): number | null => value && rounded(value, 6);
  return {
    ...{ rate: digits(rate), low: digits(low), high: digits(high), trials, conversions },
    matureDays: matureDays === null ? null : rounded(matureDays, 2),
  };
}

function quartiles(lags: Lags): PlanStepItem['days'] {
  const [p25, median, p75] = [0.25, 0.5, 0.75].map((share) => lags.percentile(share));
  return p25 === undefined || median === undefined || p75 === undefined
    ? null
    : { p25: rounded(p25, 2), median: rounded(median, 2), p75: rounded(p75, 2) };
}
