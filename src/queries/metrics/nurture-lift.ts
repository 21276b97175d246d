import { slice } from '../attribution.js';
import { cellName, cellNames } from '../cell-names.js';
import { moneyOf } from '../money.js';
import type { RawParams } from '../params.js';
import type { View } from '../read-models.js';
import { compareCells } from './cut-columns.js';
import { CUT_PARAMETERS, cutRequestOf, cutsOf, resolveCuts } from './cut-request.js';
import { LEAD_CUTS } from './lead-steps.js';
import { defineMetric } from './metric.js';
import { comparisonOf, NurtureLiftAnswer } from './nurture-lift-answer.js';
import {
  type NurtureFigures,
  type NurtureRequest,
  nurtureRows,
  unconvertedNurtureSales,
} from './nurture-rows.js';

const parse = (workspace: string, given: RawParams): NurtureRequest =>
  cutRequestOf(
    workspace,
    given,
    { name: 'nurture-lift', cuts: LEAD_CUTS },
    {
      names: ['landmarkDays', 'currency'],
      read: (params) => ({
        landmarkDays: params.integer('landmarkDays', 1, 365),
        currency: params.text('currency'),
      }),
    },
  );

async function find(view: View, asked: NurtureRequest): Promise<NurtureLiftAnswer> {
  const { by, request, currency } = asked;
  const scope = await resolveCuts(view, asked, { metric: 'revenue', currency });
  const found = await nurtureRows(view, scope, asked);
  const groupsOf = (rows: readonly NurtureFigures[]) =>
    comparisonOf(
      rows.find(({ isNurtured }) => isNurtured),
      rows.find(({ isNurtured }) => !isNurtured),
      scope.currency,
    );
  const cells = cellsOf(found).sort(compareCells(by));
  const { page, next } = slice(request, view, cells);
  const names = await cellNames(view, by, page);
  const total = found.filter(({ isTotal }) => isTotal);
  const unconverted = total.some(({ won, converted }) => converted < won)
    ? await unconvertedNurtureSales(view, scope, asked)
    : [];
  return {
    asOf: String(view.asOf),
    modelVersion: view.modelVersion,
    ...{ currency: scope.currency, from: scope.from, to: scope.to, landmarkDays: asked.landmarkDays ?? null },
    ...groupsOf(total),
    unconverted: unconverted.map(({ amount, ...row }) => ({ ...row, amount: moneyOf(amount, row.currency) })),
    ...cutsOf(asked),
    rows: page.map((cell) => ({ ...cellName(cell, by, names), ...groupsOf(cell.groups) })),
    next,
  };
}

interface NurtureCell {
  readonly keys: readonly (string | null)[];
  readonly groups: readonly NurtureFigures[];
  readonly size: number;
}

function cellsOf(found: readonly NurtureFigures[]): NurtureCell[] {
  const rows = found.filter(({ isTotal }) => !isTotal);
  return [...Map.groupBy(rows, ({ keys }) => JSON.stringify(keys)).values()].map((groups) => ({
    keys: groups[0]?.keys ?? [],
    groups,
    size: groups.reduce((sum, { total }) => sum + total, 0),
  }));
}

const DESCRIPTION = `
Leads that were nurtured against those that came cold. A nurture touch is a touchpoint of a person that a \`nurture\` rule of the journey
model matches. A lead is nurtured if it had one before it qualified, or before the first step after that if it skipped this one; touches
after it do not count, for who gets further has more time for them. The cohort is the known leads whose first touch lies in the period.
Each group has its conversion to each step with a confidence interval, and win rate, revenue per sale and days of the closed
opportunities that its leads are contacts of; one with contacts of both groups counts as nurtured.

\`lift\` compares the two: the ratio with its log interval (Katz), the difference with that of Newcombe; of 100 intervals 95 hold the true value.
With \`landmarkDays\` the groups are formed that many days after the first touch, from leads that had taken no step by then: without
it a lead that qualifies soon has less time to be nurtured, which makes nurturing look worse than it is. It is an observation, no
experiment: whoever wants to be nurtured may be about to buy anyway.

Example: of six known leads two got nurture mails, of which one was qualified later, and of the four others one: conversion 0.5
against 0.25. The ratio is 2, with an interval from 0.223541 to 17.893787: with so few leads nobody can tell.`;

/** Conversion of nurtured leads against that of others. */
export const nurtureLift = defineMetric({
  name: 'nurture-lift',
  summary: 'Get conversion, win rate and revenue of nurtured leads against others',
  description: DESCRIPTION,
  answer: NurtureLiftAnswer,
  parameters: ['nurtureBy', 'landmarkDays', 'currency', ...CUT_PARAMETERS],
  projections: ['journey', 'opportunities', 'lifecycle', 'catalogue'],
  parse,
  find,
});
