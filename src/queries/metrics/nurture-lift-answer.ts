import { money } from '../../domain/attribution/money.js';
import { type Proportion, proportion } from '../../domain/calibration.js';
import { compareProportions } from '../../domain/proportion-comparison.js';
import { UnconvertedItem } from '../attribution.js';
import { EstimateItem, estimateItem, rounded, ShareItem, shareItem } from '../estimates.js';
import { MoneyItem } from '../money.js';
import {
  Enum,
  Enums,
  Integer,
  MaybeDecimal,
  MaybeInstant,
  MaybeInteger,
  MaybeNested,
  MaybeText,
  MaybeTexts,
  Nested,
  NestedList,
  Text,
} from '../response-fields.js';
import { perSale } from './closed-cells.js';
import { CutAnswer } from './cut-request.js';
import { LEAD_CUTS } from './lead-steps.js';
import { LIFT_STEPS, type LiftStep, type NurtureFigures } from './nurture-rows.js';

const COMPARED = [...LIFT_STEPS, 'winRate'] as const;

export class NurtureStepItem {
  @Enum('The step', LIFT_STEPS) step!: LiftStep;
  @Integer('Leads of the group that took it') leads!: number;
  @Nested('leads / all leads of the group', () => ShareItem) conversion!: ShareItem;
  @MaybeDecimal('Median of the days from the first touch to the step; null: none took it') medianDays!:
    number | null;
}

export class NurtureGroupItem {
  @Integer('Leads') leads!: number;
  @NestedList('All steps, in order', () => NurtureStepItem) steps!: NurtureStepItem[];
  @Integer('Opportunities won that one of them is a contact of') won!: number;
  @Integer('Opportunities lost') lost!: number;
  @Nested('won / (won + lost)', () => ShareItem) winRate!: ShareItem;
  @Nested('Amount of the won ones', () => MoneyItem) revenue!: MoneyItem;
  @MaybeNested('Revenue per won opportunity; null: none was won', () => MoneyItem)
  revenuePerSale!: MoneyItem | null;
  @MaybeDecimal('Median of the days from opening to close of the won ones; null: none was won')
  medianDaysToWin!: number | null;
}

export class LiftItem {
  @Enum('What is compared: conversion to a step, or the win rate', COMPARED) of!: (typeof COMPARED)[number];
  @MaybeNested(
    'nurtured / cold, with its log interval (Katz); null: a group is empty, or cold has none',
    () => EstimateItem,
  )
  ratio!: EstimateItem | null;
  @MaybeNested('nurtured − cold, with its interval (Newcombe); null: a group is empty', () => EstimateItem)
  difference!: EstimateItem | null;
}

export class NurtureComparison {
  @Nested('Leads with a nurture touch in time', () => NurtureGroupItem) nurtured!: NurtureGroupItem;
  @Nested('Leads without', () => NurtureGroupItem) cold!: NurtureGroupItem;
  @NestedList('Nurtured against cold', () => LiftItem) lift!: LiftItem[];
}

export class NurtureLiftItem extends NurtureComparison {
  @MaybeText('Value of the cut in `by`; null: there is none. With several cuts, `keys` as a JSON array')
  key!: string | null;
  @MaybeTexts('The value of each cut, in the order of `by`') keys!: (string | null)[];
  @Text('Label for display: names of persona, segment and campaign, else the key, or "(none)"')
  label!: string;
}

export class NurtureLiftAnswer extends CutAnswer {
  @Text('Currency of all sums: that of the journey model') currency!: string;
  @MaybeInstant('Start by first touch, inclusive') from!: Date | null;
  @MaybeInstant('End, exclusive') to!: Date | null;
  @MaybeInteger('Days from the first touch after which the groups are formed; null: at the first step')
  landmarkDays!: number | null;
  @Nested('Leads with a nurture touch in time', () => NurtureGroupItem) nurtured!: NurtureGroupItem;
  @Nested('Leads without', () => NurtureGroupItem) cold!: NurtureGroupItem;
  @NestedList('Nurtured against cold', () => LiftItem) lift!: LiftItem[];
  @NestedList(
    'Won opportunities that are in no sum, since their currency has no published rate',
    () => UnconvertedItem,
  )
  unconverted!: UnconvertedItem[];
  @Enums('Cuts', LEAD_CUTS) by!: (typeof LEAD_CUTS)[number][];
  @NestedList('By the cuts, most leads first; by time if the first cut is the month', () => NurtureLiftItem)
  rows!: NurtureLiftItem[];
}

/** Both groups of a cell, and what they have come to. Without figures a group is empty. */
export function comparisonOf(
  nurtured: NurtureFigures | undefined,
  cold: NurtureFigures | undefined,
  currency: string,
): NurtureComparison {
  const [ours, others] = [sharesOf(nurtured), sharesOf(cold)];
  return {
    nurtured: groupItem(nurtured, currency),
    cold: groupItem(cold, currency),
    lift: COMPARED.map((of) => {
      const { ratio, difference } = compareProportions(ours[of], others[of]);
      return { of, ratio: estimateItem(ratio), difference: estimateItem(difference) };
    }),
  };
}

type Shares = Readonly<Record<(typeof COMPARED)[number], Proportion>>;

function sharesOf(group: NurtureFigures | undefined): Shares {
  const { total = 0, leads = [], won = 0, lost = 0 } = group ?? {};
  const at = (step: LiftStep): Proportion => proportion(leads[LIFT_STEPS.indexOf(step)] ?? 0, total);
  return {
    ...{
      qualified: at('qualified'),
      accepted: at('accepted'),
      opportunity: at('opportunity'),
      won: at('won'),
    },
    winRate: proportion(won, won + lost),
  };
}

function groupItem(group: NurtureFigures | undefined, currency: string): NurtureGroupItem {
  const shares = sharesOf(group);
  const {
    total = 0,
    leads = [],
    days = [],
    won = 0,
    lost = 0,
    converted = 0,
    daysToWin = null,
  } = group ?? {};
  const revenue = BigInt(group?.revenue ?? 0);
  return {
    leads: total,
    steps: LIFT_STEPS.map((step, index) => ({
      step,
      leads: leads[index] ?? 0,
      conversion: shareItem(shares[step]),
      medianDays: rounded(days[index] ?? null, 2),
    })),
    ...{ won, lost, winRate: shareItem(shares.winRate), revenue: money(revenue, currency) },
    revenuePerSale: converted === 0 ? null : money(perSale(revenue, BigInt(converted)), currency),
    medianDaysToWin: rounded(daysToWin, 2),
  };
}
