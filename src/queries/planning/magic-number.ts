import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { money, parseAmount } from '../../domain/attribution/money.js';
import { chanceOfAtLeast, intervalOf } from '../../domain/planning/estimate.js';
import { gapOf, PLAN_STEPS, sumOf } from '../../domain/planning/plan.js';
import { type CreditView, withLedger } from '../credit-ledger.js';
import { MEMORY } from '../metrics/metric.js';
import { POSITION_PARAMETERS, readRequestOf } from '../page-request.js';
import { Params, type RawParams } from '../params.js';
import { type ReadRequest, ReadModels, type View } from '../read-models.js';
import { type ReportScope, resolveScope } from '../report-scope.js';
import { firstRow, sql } from '../sql.js';
import { capacityOf } from './capacity.js';
import { totalCautions } from './cautions.js';
import {
  MagicNumberAnswer,
  type NeededRange,
  type PersonaPlanItem,
  type PlanTotalStep,
} from './magic-number-answer.js';
import type { MagicNumberInput } from './magic-number.input.js';
import { atLeastZero, moneyRange } from './persona-plan.js';
import { personaPlans, type PlanScopes } from './persona-plans.js';

export class FindMagicNumber extends Query<MagicNumberAnswer> {
  readonly request: ReadRequest;

  /** @throws Problem 400 naming every parameter at fault */
  constructor(
    workspace: string,
    given: RawParams,
    readonly input: MagicNumberInput,
  ) {
    super();
    const params = new Params(given, POSITION_PARAMETERS);
    this.request = readRequestOf(workspace, params);
    params.check();
  }
}

const PROJECTIONS = ['journey', 'opportunities', 'attribution', 'lifecycle'];

@QueryHandler(FindMagicNumber)
export class FindMagicNumberHandler implements IQueryHandler<FindMagicNumber> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute({ request, input }: FindMagicNumber): Promise<MagicNumberAnswer> {
    return this.models.view(request, PROJECTIONS, async (opened) => {
      await opened.tx.query(MEMORY);
      return answerOf(await withLedger(opened, { metric: 'pipeline', models: [] }), input);
    });
  }
}

async function answerOf(view: CreditView, input: MagicNumberInput): Promise<MagicNumberAnswer> {
  const scopes = await scopesOf(view, input);
  const { frame, goal, window } = scopes;
  const { plans, turnover, unconverted } = await personaPlans(view, input, scopes);
  const personas = plans.map(({ item }) => item);
  const expected = sumOf(plans.map((plan) => plan.expected));
  const booked = plans.reduce((sum, plan) => sum + plan.booked, 0n);
  const remaining = atLeastZero(goal - booked);
  const gap = gapOf(Number(remaining), expected);
  const steps = totalSteps(personas);
  const missing = steps.find(({ step }) => step === 'accepted')?.missing?.value ?? null;
  const capacity = capacityOf(view, turnover, { daysLeft: frame.daysLeft, missing });
  const { currency } = frame;
  const status = statusOf({ remaining, gap: gap.value, daysLeft: frame.daysLeft, personas });
  return {
    ...{ asOf: String(view.asOf), modelVersion: view.modelVersion, at: view.at },
    ...{ goal: money(goal, currency), by: input.by, deadline: frame.deadline },
    daysLeft: Math.round(frame.daysLeft * 100) / 100,
    ...{ from: scopes.booked?.from ?? null, currency, historyFrom: window.from, historyTo: window.to },
    sharesBy: input.shares ? 'given' : 'history',
    status,
    booked: money(booked, currency),
    remaining: money(remaining, currency),
    expected: moneyRange(expected.mean, intervalOf(expected), currency),
    chance: Math.round(chanceOfAtLeast(Number(remaining), expected) * 1e6) / 1e6,
    gap: moneyRange(gap.value, gap, currency),
    ...{ steps, capacity },
    cautions: totalCautions({ status, by: input.by, capacity, personas }, unconverted),
    personas,
  };
}

const DAY_MS = 86_400_000;

/** @throws Refused of an amount; Problem 400 `currency-unknown`, `period-reversed` */
async function scopesOf(view: View, input: MagicNumberInput): Promise<PlanScopes> {
  const scope = (from: string | undefined, to: string | undefined): Promise<ReportScope> =>
    resolveScope(view, {
      metric: 'revenue',
      from: from === undefined ? undefined : { day: from },
      to: to === undefined ? { instant: view.at } : { day: to },
      currency: input.currency,
    });
  const dayAfter = new Date(Date.parse(input.by) + DAY_MS).toISOString().slice(0, 10);
  const { to, currency, timeZone } = await scope(undefined, dayAfter);
  const deadline = to ?? view.at;
  const history = await scope(
    input.historyFrom ?? (await monthsBefore(view, input.historyTo, timeZone)),
    input.historyTo,
  );
  const daysLeft = (+deadline - +view.at) / DAY_MS;
  return {
    goal: BigInt(parseAmount(input.goal, currency, 'goal')),
    frame: { currency, at: view.at, deadline, daysLeft },
    history,
    window: { from: history.from ?? view.at, to: history.to ?? view.at },
    booked: input.from === undefined ? undefined : await scope(input.from, undefined),
  };
}

const HISTORY_MONTHS = 12;

/** The first day of a history that ends on a day, or with the position. */
async function monthsBefore(
  { tx, at }: View,
  to: string | undefined,
  timeZone: string,
): Promise<string | undefined> {
  const end = to === undefined ? sql`${at}::timestamptz AT TIME ZONE ${timeZone}` : sql`${to}::timestamp`;
  const query = sql`SELECT to_char(${end} - make_interval(months => ${HISTORY_MONTHS}), 'YYYY-MM-DD') AS day`;
  return (await firstRow<{ day: string }>(tx, query))?.day;
}

function totalSteps(personas: readonly PersonaPlanItem[]): PlanTotalStep[] {
  return PLAN_STEPS.map((step, index) => {
    const own = personas.flatMap(({ steps }) => steps[index] ?? []);
    return {
      step,
      inPipe: own.reduce((sum, { inPipe }) => sum + inPipe, 0),
      needed: totalOf(own.map(({ needed }) => needed)),
      missing: totalOf(own.map(({ missing }) => missing)),
      isComplete: own.every(({ needed, missing }) => needed !== null && missing !== null),
    };
  });
}

/** Ends are added up, which is the most that they can be apart. */
function totalOf(ranges: readonly (NeededRange | null)[]): NeededRange | null {
  const known = ranges.filter((range) => range !== null);
  const isUnknown = known.length < ranges.length && known.every(({ value }) => value === 0);
  if (isUnknown) return null;
  return known.reduce<NeededRange>(
    (total, { value, low, high }) => ({
      value: total.value + value,
      low: total.low + low,
      high: total.high === null || high === null ? null : total.high + high,
    }),
    { value: 0, low: 0, high: 0 },
  );
}

interface Standing {
  readonly remaining: bigint;
  readonly gap: number;
  readonly daysLeft: number;
  readonly personas: readonly PersonaPlanItem[];
}

function statusOf({ remaining, gap, daysLeft, personas }: Standing): MagicNumberAnswer['status'] {
  if (remaining === 0n) return 'met';
  if (daysLeft <= 0) return 'past';
  if (personas.every(({ revenuePerSale }) => revenuePerSale === null)) return 'unknown';
  return gap > 0 ? 'short' : 'covered';
}
