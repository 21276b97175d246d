import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import { type ExampleApi, exampleApi, HEAD } from '../../../test/example-api.js';
import { cohortEvents, leadOfCohort, modelEvent, STUDY } from '../../../test/lead-cohorts.js';
import type { Json } from '../../../test/query-api.js';
import { day, entry, opportunityEvents } from '../../../test/sample-events.js';
import type { FunnelAnswer } from '../metrics/funnel.js';
import type { VelocityAnswer } from '../metrics/velocity.js';
import { goalShares } from './goal-shares.js';
import type { MagicNumberAnswer } from './magic-number-answer.js';

type Plan = Json<MagicNumberAnswer>;

const OFFICE = {
  recipients: [
    { id: 'rep-7', name: 'Grace', kind: 'rep' as const, capacity: 6 },
    { id: 'rep-8', name: 'Edsger', kind: 'rep' as const, capacity: 4 },
  ],
};

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
  for (const study of STUDY) await api.add(study.name, [modelEvent(), ...cohortEvents(study.name, study)]);
  await api.add('pipe', [
    modelEvent({ routing: OFFICE }),
    ...cohortEvents('pipe', {
      name: 'old',
      at: -60,
      leads: 40,
      qualified: 20,
      accepted: 10,
      won: 5,
      lost: 5,
    }),
    ...cohortEvents('pipe', { name: 'hot', at: 68, leads: 4, qualified: 4, accepted: 4, opportunities: 4 }),
    ...cohortEvents('pipe', { name: 'new', at: 85, leads: 8 }),
  ]);
  await api.runner.catchUp();
  await api.db.pool.query('ANALYZE');
}, 60_000);
afterAll(() => api?.close());

interface Refusal {
  readonly code: string;
  readonly errors: readonly { readonly path: string }[];
}

async function ask(
  workspace: string,
  payload: object,
  query = '',
): Promise<{ status: number; body: Plan & Refusal }> {
  const { statusCode, body } = await api.app.inject({
    ...{ method: 'POST', url: `/api/planning/magic-number${query}`, payload },
    headers: { authorization: `Bearer ${workspace}` },
  });
  return { status: statusCode, body: JSON.parse(body) as Plan & Refusal };
}

const plan = async (workspace: string, payload: object, query?: string): Promise<Plan> =>
  (await ask(workspace, payload, query)).body;

const values = (steps: Plan['steps'], of: 'needed' | 'missing' = 'needed') =>
  steps.map((step) => step[of]?.value ?? null);

const page = await readFile(new URL('../../../docs/planning.md', import.meta.url), 'utf8');
const STUDY_ROW = /^\| (\w+) +\| \d+ +\| \d+ +\| \d+ +\| \d+ +\| (\d+) +\| (\d+) +\| (\d+) +\|$/gm;
const rows = [...page.matchAll(STUDY_ROW)].map(([, name = '', ...numbers]) => ({
  name,
  needed: numbers.map(Number),
}));

// Without an accept step its leads are those of opportunities.
test.each([
  ...rows.map(
    ({ name, needed: [sales = 0, qualified = 0, leads = 0] }) =>
      [name, [leads, leads, qualified, sales, sales, sales]] as const,
  ),
])('the table of docs/planning.md: 10 million take %s leads %j at each step', async (workspace, needed) => {
  const { steps, status, personas, cautions } = await plan(workspace, {
    goal: '10000000.00',
    by: '2026-12-31',
  });
  expect(values(steps)).toEqual(needed);
  expect(values(steps, 'missing')).toEqual(needed);
  expect(status).toBe('short');
  for (const step of steps) {
    expect(step.needed?.low).toBeLessThan(step.needed?.value ?? 0);
    expect(step.needed?.high ?? Infinity).toBeGreaterThan(step.needed?.value ?? 0);
  }
  expect(personas[0]?.steps.map(({ smallSample }) => smallSample)).toEqual([
    false,
    false,
    true,
    true,
    true,
    false,
  ]);
  expect(cautions.join()).toMatch(/fewer than 10 moved on from qualified \(\d of \d+\)/);
  expect(cautions.join()).toMatch(/nobody was recorded as accepted/);
});

test('the table of docs/planning.md has the three cohorts of the published study', () => {
  expect(rows.map(({ name }) => name)).toEqual(STUDY.map(({ name }) => name));
});

test('the worked example of docs/planning.md is what the API answers', async () => {
  const [, request = '', answer = ''] = /-d '([^']+)'\n```\n\n```json\n([^`]+)```/.exec(page) ?? [];
  expect(await plan('pipe', JSON.parse(request) as object)).toMatchObject(JSON.parse(answer) as object);
});

describe('a plan with leads and opportunities in the pipe', () => {
  test('has the conversions, the days and the share of wins of the leads that had time enough', async () => {
    const { personas, daysLeft } = await plan('pipe', { goal: '10000.00', by: '2026-06-30' });
    expect(daysLeft).toBe(90.92);
    const [technical] = personas;
    expect(technical).toMatchObject({
      label: 'Technical buyer',
      share: 1,
      revenuePerSale: { value: { amount: '1000.00' }, sales: 5 },
    });
    expect(
      technical?.steps.map(({ step, taken, reached, conversion, days, daysToWin, winShare }) => [
        ...[step, taken, reached, conversion && [conversion.conversions, conversion.trials, conversion.rate]],
        ...[days?.median ?? null, daysToWin?.median ?? null, winShare],
      ]),
    ).toEqual([
      ['lead', 52, 52, [52, 52, 1], 0, 50, 0.159091],
      // Of the 52, eight are younger than the ten days that it took.
      ['engaged', 52, 52, [24, 44, 0.545455], 10, 50, 0.159091],
      ['qualified', 24, 24, [14, 24, 0.583333], 2, 40, 0.291667],
      ['accepted', 14, 14, [14, 14, 1], 8, 38, 0.5],
      ['opportunity', 14, 14, [5, 10, 0.5], 30, 30, 0.5],
      ['won', 5, 5, null, null, 0, 1],
    ]);
  });

  test('expects of the pipe what its age still allows, and has gaps that the rest needs', async () => {
    const answer = await plan('pipe', { goal: '10000.00', by: '2026-06-30' });
    // Of eight that engaged five days ago 0.159 each; of four opportunities one half. Who engaged 150 days ago is late.
    expect(
      answer.personas[0]?.steps.map(({ step, inPipe, expectedSales, expectedRevenue }) => [
        ...[step, inPipe, expectedSales, expectedRevenue.amount],
      ]),
    ).toEqual([
      ['lead', 0, 0, '0.00'],
      ['engaged', 28, 1.27, '1272.73'],
      ['qualified', 10, 0, '0.00'],
      ['accepted', 0, 0, '0.00'],
      ['opportunity', 4, 2, '2000.00'],
      ['won', 0, 0, '0.00'],
    ]);
    expect([answer.expected.value.amount, answer.gap.value.amount]).toEqual(['3272.73', '6727.27']);
    expect(values(answer.steps)).toEqual([63, 63, 35, 20, 20, 10]);
    expect(values(answer.steps, 'missing')).toEqual([43, 43, 24, 14, 14, 7]);
    const { low, high } = answer.expected;
    expect(low.minor).toBeLessThan(327_273);
    expect(high.minor).toBeGreaterThan(327_273);
    expect(answer.chance).toBeLessThan(0.05);
  });

  test('says by when each step must be reached, and who comes too late', async () => {
    const early = await plan('pipe', { goal: '10000.00', by: '2026-06-30' });
    expect(early.personas[0]?.steps.map(({ reachBy }) => reachBy?.slice(0, 10))).toEqual([
      ...['2026-05-11', '2026-05-11', '2026-05-21', '2026-05-23', '2026-05-31', '2026-06-30'],
    ]);
    const late = await plan('pipe', { goal: '10000.00', by: '2026-05-01' });
    expect(late.personas[0]?.steps.map(({ timely }) => timely)).toEqual([0, 0, 0, 0, 1, 1]);
    expect(values(late.steps)).toEqual([null, null, null, null, 20, 10]);
    // Those of the pipe still come in time.
    expect(late.expected.value.amount).toBe('2000.00');
    expect(late.cautions.join()).toMatch(/who reaches accepted now, or a step before, comes too late/);
    expect((await plan('pipe', { goal: '10000.00', by: '2026-04-25' })).expected.value.amount).toBe('0.00');
  });

  test('compares what is missing with what sales can take', async () => {
    const { capacity, cautions } = await plan('pipe', { goal: '10000.00', by: '2026-06-30' });
    // Hand-offs became opportunities after ten days: ten places, free nine times in 90 days.
    expect(capacity).toEqual({
      ...{ recipients: 2, capacity: 10, openLeads: 0, free: 10, ended: 14, meanDays: 10, canTake: 100 },
      ...{ missing: 14, isEnough: true },
    });
    expect(cautions.join()).not.toMatch(/Sales can take|What sales can take/);
    const huge = await plan('pipe', { goal: '1000000.00', by: '2026-06-30' });
    expect(huge.capacity.isEnough).toBe(false);
    expect(huge.cautions.join()).toMatch(/Sales can take 100 more leads by then, of 1994 accepted ones/);
  });

  test('has the revenue per sale, win rate and days of velocity and the leads of the funnel', async () => {
    const { personas } = await plan('pipe', {
      goal: '10000.00',
      by: '2026-06-30',
      historyFrom: '2025-01-01',
    });
    const { body: velocity } = await api.get<VelocityAnswer>('/api/metrics/velocity?by=persona', 'pipe');
    const { body: funnel } = await api.get<FunnelAnswer>('/api/metrics/funnel?by=persona', 'pipe');
    for (const { persona, steps, revenuePerSale } of personas.filter(({ share }) => share > 0)) {
      const sales = velocity.rows.find(({ key }) => key === persona);
      const opportunity = steps[4];
      expect(revenuePerSale?.value).toEqual(sales?.revenuePerSale);
      expect(opportunity?.conversion?.rate).toBe(sales?.winRate);
      expect(opportunity?.daysToWin).toEqual(sales?.daysToWin);
      expect(steps.slice(0, 4).map(({ taken }) => taken)).toEqual(
        funnel.rows
          .find(({ key }) => key === persona)
          ?.steps.slice(0, 4)
          .map(({ leads }) => leads),
      );
    }
  });

  test('asked as of a position is the same whatever arrived since, and asked again', async () => {
    const before = await plan('pipe', { goal: '10000.00', by: '2026-06-30' });
    await api.add('pipe', cohortEvents('pipe', { name: 'more', at: 30, leads: 5, qualified: 5, won: 1 }));
    await api.runner.catchUp();
    expect(await plan('pipe', { goal: '10000.00', by: '2026-06-30' }, `?asOf=${before.asOf}`)).toEqual(
      before,
    );
    expect(
      (await plan('pipe', { goal: '10000.00', by: '2026-06-30' })).personas[0]?.revenuePerSale?.sales,
    ).toBe(6);
  });
});

test('leads that opted out or were disqualified are in no pipe, and recycled ones are engaged again', async () => {
  const decision = (number: number) => {
    const leadId = leadOfCohort('gone', 'gone', number);
    return { stream: `lead-${leadId}`, data: { leadId, cycle: 1, by: 'rep-7', reason: 'later' } };
  };
  const [recycled, disqualified] = [decision(0), decision(1)];
  await api.add('gone', [
    modelEvent(),
    ...cohortEvents('gone', { name: 'gone', at: 60, leads: 4, qualified: 4 }),
    entry('gone recycled', recycled.stream, 'LeadRecycled', 80, recycled.data),
    entry('gone disqualified', disqualified.stream, 'LeadDisqualified', 80, disqualified.data),
    entry('gone opts out', 'identity-gone', 'ConsentChanged', 80, {
      ...{
        identity: ['email:2@gone.example'],
        channel: 'email',
        status: 'unsubscribed',
        reason: 'unsubscribe',
      },
    }),
  ]);
  await api.runner.catchUp();
  const { steps } = await plan('gone', { goal: '1000.00', by: '2026-12-31' });
  expect(steps.map(({ inPipe }) => inPipe)).toEqual([0, 1, 1, 0, 0, 0]);
});

test('what was won since the begin of the goal counts towards it', async () => {
  const { status, booked, remaining, gap, steps, from } = await plan(
    'main',
    {
      ...{ goal: '100000.00', by: '2026-12-31', from: '2026-01-01', currency: 'USD' },
    },
    `?asOf=${HEAD}`,
  );
  expect([status, booked.amount, remaining.amount, gap.value.amount]).toEqual([
    'met',
    '128640.00',
    '0.00',
    '0.00',
  ]);
  expect(from).toBe('2025-12-31T23:00:00.000Z');
  expect(values(steps)).toEqual([0, 0, 0, 0, 0, 0]);
  const goal = { goal: '100000.00', by: '2026-12-31', from: '2026-01-01', currency: 'USD' };
  const past = await plan('main', { ...goal, historyFrom: '2020-01-01', historyTo: '2021-01-01' });
  expect([past.status, past.booked.amount]).toEqual(['met', '128640.00']);
});

test('parts of the goal follow the revenue of personas, or what is asked, to the last minor unit', async () => {
  const goals = ({ personas }: Plan) =>
    personas.map(({ persona, goal, share }) => [persona, goal.amount, share]);
  const byHistory = await plan('main', { goal: '1000.01', by: '2026-12-31' }, `?asOf=${HEAD}`);
  expect([byHistory.sharesBy, goals(byHistory)]).toEqual([
    'history',
    [
      ['technical', '932.85', 0.932836],
      ['economic', '0.00', 0],
      [null, '67.16', 0.067164],
    ],
  ]);
  const shares = { technical: 1, economic: 2 };
  const asked = await plan('main', { goal: '1000.00', by: '2026-12-31', shares }, `?asOf=${HEAD}`);
  expect([asked.sharesBy, goals(asked)]).toEqual([
    'given',
    [
      ['technical', '333.33', 0.333333],
      ['economic', '666.67', 0.666667],
      [null, '0.00', 0],
    ],
  ]);
  // Nothing was won of economic buyers, so nobody knows.
  expect(asked.personas[1]?.steps.map(({ needed }) => needed)).toEqual([null, null, null, null, null, null]);
  expect(asked.steps.map(({ isComplete }) => isComplete)).toEqual([false, false, false, false, false, false]);
  expect(values(asked.steps)).toEqual(values(asked.personas[0]?.steps as unknown as Plan['steps']));
  expect(asked.cautions.join()).toMatch(/Economic buyer: nothing was won in the history/);
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 15n }),
      fc.array(fc.bigInt({ min: 0n, max: 10n ** 12n }), { maxLength: 6 }),
      (goal, weights) => {
        const keys = [...weights.map((_, index) => `p${index}`), ''];
        const parts = goalShares(goal, keys, (key) => weights[Number(key.slice(1))] ?? 0n);
        expect([...parts.values()].reduce((sum, part) => sum + part.goal, 0n)).toBe(goal);
      },
    ),
  );
});

test('opportunities without a published rate are in no amount, and are listed', async () => {
  await api.add('rates', [
    modelEvent(),
    ...cohortEvents('rates', { name: 'rates', leads: 3, won: 2 }),
    ...opportunityEvents('yen', { name: 'Yen', amount: '5', currency: 'JPY', openedAt: day(80) }),
  ]);
  await api.runner.catchUp();
  const { cautions, personas } = await plan('rates', { goal: '5000.00', by: '2026-12-31' });
  expect(cautions).toContain('1 opportunity in JPY has no published rate and is in no amount');
  expect(personas.map(({ expected }) => expected.value.amount)).toEqual(['0.00', '0.00', '0.00']);
});

describe('a goal that is extraordinary', () => {
  test.each([
    ['of a workspace without any history', 'nobody', { goal: '1000.00', by: '2026-12-31' }, 'unknown'],
    ['of 0', 'pipe', { goal: '0', by: '2026-12-31' }, 'met'],
    ['for a date that has passed', 'pipe', { goal: '1000.00', by: '2026-03-31' }, 'past'],
    ['that the pipe covers', 'pipe', { goal: '100.00', by: '2026-12-31' }, 'covered'],
    ['of ninety trillion', 'pipe', { goal: '90000000000000.00', by: '2026-12-31' }, 'short'],
    [
      'with a history without any sale',
      'pipe',
      { goal: '1000.00', by: '2026-12-31', historyFrom: '2020-01-01', historyTo: '2021-01-01' },
      'unknown',
    ],
  ])('%s is answered with clear numbers or none', async (_, workspace, payload, expected) => {
    const { status, body } = await ask(workspace, payload);
    expect([status, body.status]).toEqual([200, expected]);
    expect(JSON.stringify(body)).not.toMatch(/NaN|Infinity|undefined/);
    if (expected === 'unknown') expect(body.cautions[0]).toMatch(/Nothing was won in the history/);
    if (expected === 'past')
      expect([body.cautions[0], body.expected.value.amount]).toEqual([
        '2026-03-31 has passed: nothing more can be booked by then',
        '0.00',
      ]);
    if (expected === 'unknown' || expected === 'past')
      expect(values(body.steps)).toEqual([null, null, null, null, null, null]);
  });

  test.each([
    [{ goal: '-1.00', by: '2026-12-31' }, 'amount-negative', 'goal'],
    [{ goal: '1000000000000000000', by: '2026-12-31' }, 'amount-too-large', 'goal'],
    [{ goal: '1.001', by: '2026-12-31' }, 'amount-decimals', 'goal'],
    [{ goal: 'much', by: '2026-12-31' }, 'invalid', 'goal'],
    [{ goal: '1.00', by: '2026-02-30' }, 'invalid', 'by'],
    [{ goal: '1.00' }, 'invalid', 'by'],
    [{ goal: '1.00', by: '2026-12-31', currency: 'EUR' }, 'currency-unknown', 'currency'],
    [{ goal: '1.00', by: '2026-12-31', shares: { nobody: 1 } }, 'persona-unknown', 'shares.nobody'],
    [{ goal: '1.00', by: '2026-12-31', shares: { technical: 0 } }, 'invalid', 'shares'],
    [{ goal: '1.00', by: '2026-12-31', shares: { technical: -1 } }, 'invalid', 'shares'],
    [
      { goal: '1.00', by: '2026-12-31', historyFrom: '2026-02-01', historyTo: '2026-01-01' },
      'period-reversed',
      'to',
    ],
    [{ goal: '1.00', by: '2026-12-31', speed: 1 }, 'invalid', 'speed'],
  ])('or wrong, as %j, is refused with the code %s', async (payload, code, path) => {
    const { status, body } = await ask('main', payload);
    expect([body.code, body.errors[0]?.path]).toEqual([code, path]);
    expect(status).toBe(code.startsWith('amount-') ? 422 : 400);
  });
});

test('a workspace sees nothing of another one, and without a key nothing at all', async () => {
  const { personas } = await plan('nobody', { goal: '1000.00', by: '2026-12-31' });
  expect(
    personas.map(({ persona, steps }) => [persona, steps.map(({ taken, inPipe }) => taken + inPipe)]),
  ).toEqual([[null, [0, 0, 0, 0, 0, 0]]]);
  const url = '/api/planning/magic-number';
  expect((await api.app.inject({ method: 'POST', url, payload: {} })).statusCode).toBe(401);
});
