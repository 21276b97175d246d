import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { COMMITTEES } from '../domain/attribution/committee-rule.js';
import { MODEL_NAMES } from '../domain/attribution/models.js';
import { convert } from '../domain/attribution/money.js';
import { linesOf, sumOf } from '../../test/credit-ledger.js';
import type { Json } from '../../test/query-api.js';
import { type ExampleApi, exampleApi } from '../../test/example-api.js';
import { day, opportunityEvents, pageView } from '../../test/sample-events.js';
import type { CompareAnswer } from './attribution-compare-items.js';
import type { AttributionExplanation } from './attribution-explanation.js';
import type { AttributionAnswer } from './attribution.js';
import type { Conversion, RateItem } from './conversions.js';
import type { MoneyItem } from './money.js';
import type { OpportunityAttributionAnswer } from './opportunity-attribution-items.js';

const GLOBEX = ['ann', 'ben', 'cy', 'dana'] as const;
const ROLE_NAMES = ['Decision Maker', 'user', 'primary', 'champion'] as const;

/** Deals with any of these people as contacts, in any currency; some have no contacts and some no account. */
const generated = fc.sample(
  fc.record({
    contacts: fc.array(
      fc.record({
        name: fc.constantFrom(...GLOBEX),
        role: fc.constantFrom(...ROLE_NAMES),
        isPrimary: fc.boolean(),
      }),
      { maxLength: 4 },
    ),
    minor: fc.integer({ min: 0, max: 10 ** 6 }),
    currency: fc.constantFrom('USD', 'EUR', 'JPY'),
    accountId: fc.constantFrom('globex.example', undefined),
  }),
  { numRuns: 12, seed: 63 },
);

let api: ExampleApi;
let head: bigint;
beforeAll(async () => {
  api = await exampleApi();
  // Ann decides, Ben uses, Cy is the primary contact, and Dana works there without a role.
  const ann = ['email:ann@globex.example'] as const;
  const ben = ['email:ben@globex.example'] as const;
  const cy = ['email:cy@globex.example'] as const;
  head = await api.add('main', [
    pageView('ann-1', 5, ann, { channel: 'email' }),
    pageView('ben-1', 10, ben, { channel: 'paid_search' }),
    pageView('dana-1', 12, ['email:dana@globex.example'], { channel: 'organic_social' }),
    pageView('cy-1', 15, cy, { channel: 'organic_search' }),
    pageView('ann-2', 20, ann, { channel: 'event', kind: 'meeting', rep: 'rep-7' }),
    pageView('cy-2', 35, cy, { channel: 'direct' }),
    ...opportunityEvents(
      'deal',
      {
        ...{ name: 'Globex', accountId: 'globex.example', amount: '1000.00', openedAt: day(30) },
        contacts: [
          { keys: ann, role: 'Decision Maker' },
          { keys: ben, role: 'user' },
          { keys: cy, role: 'primary' },
        ],
      },
      { status: 'won', closedAt: day(40) },
    ),
    ...opportunityEvents(
      'deal-jpy',
      {
        ...{
          name: 'In yen',
          accountId: 'globex.example',
          amount: '1001',
          currency: 'JPY',
          openedAt: day(30),
        },
        contacts: [
          { keys: ann, role: 'user' },
          { keys: cy, role: 'primary' },
        ],
      },
      { status: 'won', closedAt: day(41) },
    ),
    // Each milestone of this one is another person's: Kate is known only after the close.
    pageView('kate-1', 2, ['anonymous:k-1'], { channel: 'paid_search' }),
    pageView('austin-1', 6, ['email:austin@umbrella.example'], { channel: 'email' }),
    pageView('mia-1', 29, ['email:mia@umbrella.example'], { channel: 'event' }),
    pageView('zoe-1', 36, ['email:zoe@umbrella.example'], { channel: 'direct' }),
    pageView('kate-2', 38, ['anonymous:k-1', 'email:kate@umbrella.example']),
    ...opportunityEvents(
      'four',
      {
        ...{ name: 'Umbrella', accountId: 'umbrella.example', amount: '400.00', openedAt: day(30) },
        contacts: ['kate', 'austin', 'mia', 'zoe', 'tom'].map((name) => ({
          keys: [`email:${name}@umbrella.example`],
          role: name,
          isPrimary: name === 'mia',
        })),
      },
      { status: 'won', closedAt: day(37) },
    ),
    ...generated.flatMap(({ contacts, minor, currency, accountId }, nr) =>
      opportunityEvents(
        `generated-${nr}`,
        {
          ...{ name: `Deal ${nr}`, currency, openedAt: day(30), ...(accountId && { accountId }) },
          amount: currency === 'JPY' ? String(minor) : (minor / 100).toFixed(2),
          contacts: contacts.map(({ name, ...seat }) => ({
            keys: [`email:${name}@globex.example`],
            ...seat,
          })),
        },
        { status: 'won', closedAt: day(60 + nr) },
      ),
    ),
  ]);
  await api.runner.catchUp();
});
afterAll(() => api?.close());

/** Of the deal alone. */
const PERIOD = 'from=2026-02-09&to=2026-02-20';
const weights = (given: object): string => `roleWeights=${encodeURIComponent(JSON.stringify(given))}`;
const report = async (parameters: string) =>
  (await api.get<AttributionAnswer>(`/api/attribution?asOf=${head}&${PERIOD}&by=channel&${parameters}`)).body;
const credits = async (parameters: string) =>
  Object.fromEntries((await report(parameters)).rows.map(({ key, value }) => [String(key), value.amount]));

describe('the committee of a report', () => {
  test('is by default the contacts, and is not named in what is stored', async () => {
    const stored = await report('model=linear');
    expect(stored).not.toHaveProperty('request');
    expect(await report('model=linear&committee=contacts')).toEqual(stored);
  });

  const CASES = {
    'the primary contact alone': ['committee=primary', { organic_search: '500.00', direct: '500.00' }],
    'all leads of the account': [
      'committee=account',
      {
        ...{ email: '166.67', paid_search: '166.67', organic_social: '166.67' },
        ...{ organic_search: '166.67', event: '166.66', direct: '166.66' },
      },
    ],
    'a decision maker who weighs twice': [
      weights({ decision_maker: 2 }),
      { email: '285.71', event: '285.71', paid_search: '142.86', organic_search: '142.86', direct: '142.86' },
    ],
    'a user who weighs nothing': [
      weights({ DECISION_MAKER: 2, user: 0, procurement: 5 }),
      { email: '333.33', event: '333.33', organic_search: '166.67', direct: '166.67' },
    ],
    'all leads of the account, weighed': [
      `committee=account&${weights({ primary: 0, 'decision maker': 0.5 })}`,
      { email: '166.67', paid_search: '333.33', organic_social: '333.33', event: '166.67' },
    ],
    'nobody who weighs anything': [weights({ decision_maker: 0, user: 0, primary: 0 }), {}],
  } as const;

  test.each(Object.entries(CASES))('of %s credits their touches', async (_, [parameters, expected]) => {
    const { total, attributed, unattributed } = await report(`model=linear&${parameters}`);
    expect(await credits(`model=linear&${parameters}`)).toEqual(expected);
    expect([total.minor, attributed.minor! + unattributed.minor!]).toEqual([100_000, 100_000]);
  });

  test('is said in the answer, in one form', async () => {
    const { request } = await report(`model=first&committee=primary&${weights({ 'Decision-Maker': 3, user: 1 })}`); // prettier-ignore
    expect(request).toEqual({
      ...{ model: 'first', player: 'channel', transforms: {} },
      ...{ committee: 'primary', roleWeights: { decision_maker: 3 } },
    });
  });

  test('decides on milestones: each is that of a member', async () => {
    expect(await credits('model=u_shaped')).toEqual({ email: '1000.00' });
    expect(await credits(`model=u_shaped&${weights({ decision_maker: 0 })}`)).toEqual({ paid_search: '1000.00' }); // prettier-ignore
    expect(await credits('model=u_shaped&committee=primary')).toEqual({ organic_search: '1000.00' });
  });
});

const OPTIONS = ['committee=primary', 'committee=account', weights({ decision_maker: 2.5, user: 0 }), `committee=account&${weights({ user: 3 })}`]; // prettier-ignore

describe.each(OPTIONS)('a report with %s', (option) => {
  test('is the same as of its position, under models over all paths too', async () => {
    const path = `/api/attribution?asOf=${head}&by=channel,persona&model=markov&${option}`;
    const first = await api.get<AttributionAnswer>(path);
    await api.add('main', [pageView(`late-${option}`, 6, ['email:cy@globex.example'], { channel: 'email' })]);
    await api.runner.catchUp();
    expect((await api.get(path)).text).toBe(first.text);
    const { total, attributed, unattributed, rows } = first.body;
    expect(attributed.minor! + unattributed.minor!).toBe(total.minor);
    expect(rows.reduce((sum, { value }) => sum + value.minor!, 0)).toBe(attributed.minor);
    expect((await api.get<AttributionAnswer>(path.replace(String(head), String(head + 1n)))).text).not.toBe(first.text); // prettier-ignore
  });

  test('is exported touch by touch', async () => {
    const model = `model=linear&${option}`;
    const { text } = await api.get(`/api/attribution/credits?asOf=${head}&${PERIOD}&${model}`);
    const lines = linesOf(text);
    expect(sumOf(lines)).toBe((await report(model)).attributed.minor);
    const byChannel = Map.groupBy(lines, ({ channel }) => String(channel));
    expect([...byChannel].map(([channel, touches]) => [channel, sumOf(touches)]).sort()).toEqual(
      (await report(model)).rows.map(({ key, value }) => [key, value.minor]).sort(),
    );
  });

  test('is explained row by row, compared with others and opened for one opportunity', async () => {
    for (const model of ['linear', 'w_shaped', 'shapley']) {
      const { rows } = await report(`model=${model}&${option}`);
      expect(rows.length).toBeGreaterThan(0);
      for (const { key, value } of rows) {
        const path = `/api/attribution/explain?asOf=${head}&${PERIOD}&model=${model}&channel=${key}&${option}`;
        const { body } = await api.get<AttributionExplanation>(path);
        expect(body.value).toEqual(value);
        const touches = body.items.flatMap((item) => item.touches);
        expect(touches.reduce((sum, touch) => sum + touch.value.minor!, 0)).toBe(value.minor);
        for (const { weight, why } of touches)
          expect(why.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(weight, 8);
      }
      const compared = await api.get<CompareAnswer>(`/api/attribution/compare?asOf=${head}&${PERIOD}&by=channel&models=${model},first&${option}`); // prettier-ignore
      expect(Object.fromEntries(compared.body.rows.flatMap(({ key, values }) => values[model]!.value.minor! > 0 ? [[key, values[model]!.value]] : []))).toEqual(Object.fromEntries(rows.map(({ key, value }) => [key, value]))); // prettier-ignore
    }
  });
});

describe.each(['committee=contacts', ...OPTIONS])('the people of one opportunity with %s', (option) => {
  test.each(['USD', 'JPY'])(
    'have the credits of every model, which add up to its amount in %s',
    async (currency) => {
      const id = currency === 'JPY' ? 'deal-jpy' : 'deal';
      const models = [...MODEL_NAMES, 'markov', 'shapley', 'custom', 'hubspot_u_shaped'];
      const custom = encodeURIComponent(
        '{"channels":{"email":30,"direct":10},"others":20,"leftover":"unattributed"}',
      );
      const { body } = await api.get<OpportunityAttributionAnswer>(
        `/api/opportunities/${id}/attribution?asOf=${head}&currency=EUR&models=${models.join()}&custom=${custom}&${option}`,
      );
      expect(body.people.reduce((sum, { touches }) => sum + touches, 0)).toBe(body.touches.length);
      for (const { model, attributed, unattributed } of body.models) {
        const ofPeople = body.people.reduce(
          (sum, { credits: all }) => sum + (all[model]?.amount.minor ?? 0),
          0,
        );
        expect({ model, ofPeople }).toEqual({ model, ofPeople: attributed.minor });
        expect(attributed.minor).toBeGreaterThan(0);
        expect(attributed.minor! + unattributed.minor!).toBe(body.amount.minor);
      }
    },
  );
});

/** Minor units of an amount in another currency, by the rates that an answer names; null: by none. */
function convertedMinor(
  { rate, divisor }: Json<Conversion>,
  { minor, currency }: MoneyItem,
  to: string,
): number | null {
  if (currency === to) return minor;
  const isOf = (named: Json<RateItem> | null, of: string): boolean => (of === 'USD' ? named === null : named?.currency === of); // prettier-ignore
  if (!isOf(rate, currency) || !isOf(divisor, to)) return null;
  return Number(convert(BigInt(minor!), currency, to, rate?.rate ?? 1, divisor?.rate ?? 1));
}

/** Law 8: touches add up to the part of their opportunity, and these to the number, in any currency. */
async function checkExplained(
  question: string,
  by: readonly string[],
  { keys, without, value, touches }: AttributionAnswer['rows'][number],
): Promise<void> {
  const cell = by.flatMap((cut, index) => (keys[index] === null ? [] : [`${cut}=${keys[index]}`]));
  const named = [...cell, ...(without.length > 0 ? [`without=${without.join()}`] : [])].join('&');
  const path = `/api/attribution/explain?${question}&${named}&limit=1000`;
  const { body } = await api.get<AttributionExplanation>(path);
  const sum = (all: readonly { value: MoneyItem }[]) => all.reduce((add, each) => add + each.value.minor!, 0);
  expect([path, body.value, body.touches, sum(body.items)]).toEqual([path, value, touches, value.minor]);
  for (const item of body.items) {
    expect([item.opportunityId, sum(item.touches)]).toEqual([item.opportunityId, item.value.minor]);
    expect(item.converted.minor).toBe(convertedMinor(item, item.amount, value.currency));
  }
}

describe('credits of any committee', () => {
  const custom = encodeURIComponent('{"channels":{"email":30},"others":20,"leftover":"unattributed"}');
  const weight = fc.constantFrom(0, 0.001, 0.3, 1, 7, 1000);
  const asked = fc.record({
    model: fc.constantFrom(...MODEL_NAMES, 'markov', 'shapley', `custom&custom=${custom}`),
    committee: fc.constantFrom(...COMMITTEES),
    roleWeights: fc.dictionary(fc.constantFrom('decision_maker', 'user', 'primary', 'champion'), weight, { minKeys: 1 }), // prettier-ignore
    currency: fc.constantFrom('USD', 'EUR'),
    metric: fc.constantFrom('revenue', 'pipeline'),
    by: fc.constantFrom('channel', 'persona,week', 'content,accountSegment'),
    nr: fc.nat(generated.length - 1),
  });

  test('add up to the amounts, with what is unattributed, to the minor unit', async () => {
    const property = fc.asyncProperty(
      asked,
      async ({ roleWeights, by, currency, metric, nr, ...request }) => {
        const options = `model=${request.model}&committee=${request.committee}&${weights(roleWeights)}&metric=${metric}`;
        const path = `/api/attribution?asOf=${head}&by=${by}&currency=${currency}&${options}`;
        const { total, attributed, unattributed, rows } = (await api.get<AttributionAnswer>(path)).body;
        expect(total.minor).toBeGreaterThan(0);
        expect(attributed.minor! + unattributed.minor!).toBe(total.minor);
        expect(rows.reduce((sum, { value }) => sum + value.minor!, 0)).toBe(attributed.minor);
        const row = rows[nr % Math.max(rows.length, 1)];
        if (row) await checkExplained(`asOf=${head}&currency=${currency}&${options}`, by.split(','), row);
        const one = `/api/opportunities/generated-${nr}/attribution?asOf=${head}&currency=${currency}&${options.replace('model=', 'models=')}`;
        const { body } = await api.get<OpportunityAttributionAnswer>(one);
        const { amount, value, models, people, touches } = body;
        expect(value?.minor ?? null).toBe(convertedMinor(body, amount, currency));
        const [{ model, ...sums }] = models as [(typeof models)[number]];
        const sumOf = (items: readonly (typeof people | typeof touches)[number][]): number =>
          items.reduce((sum, { credits: all }) => sum + (all[model]?.amount.minor ?? 0), 0);
        expect([sumOf(people), sumOf(touches)]).toEqual([sums.attributed.minor, sums.attributed.minor]);
        expect(sums.attributed.minor! + sums.unattributed.minor!).toBe(amount.minor);
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });
});

test('credit by salesperson is that of their calls and meetings', async () => {
  const { rows } = await report('model=linear&rep=rep-7');
  expect(rows.map(({ key, value }) => [key, value.amount])).toEqual([['event', '200.00']]);
  const path = `/api/attribution?asOf=${head}&${PERIOD}&by=rep,owner`;
  const { body } = await api.get<AttributionAnswer>(path);
  expect(body.rows.map(({ keys, value }) => [keys, value.amount])).toEqual([
    [[null, null], '800.00'],
    [['rep-7', null], '200.00'],
  ]);
});

describe('the people of one opportunity', () => {
  const people = async (parameters: string) =>
    (
      await api.get<OpportunityAttributionAnswer>(
        `/api/opportunities/four/attribution?asOf=${head}&${parameters}`,
      )
    ).body.people // prettier-ignore
      .map(({ leadId: _, ...person }) => person);

  test('may each have a milestone of their own', async () => {
    const quarter = { full_path: { weight: 0.25, amount: { amount: '100.00' } } };
    expect(await people('models=full_path')).toMatchObject([
      {
        roles: ['kate'],
        touches: 1,
        milestones: ['first'],
        credits: quarter,
        firstTouchAt: day(2).toISOString(),
      },
      { roles: ['austin'], touches: 1, milestones: ['lead_created'], credits: quarter },
      { roles: ['mia'], touches: 1, milestones: ['opportunity_created'], credits: quarter },
      {
        roles: ['zoe'],
        touches: 1,
        milestones: ['close'],
        credits: quarter,
        lastTouchAt: day(36).toISOString(),
      },
      { roles: ['tom'], touches: 0, milestones: [], credits: {}, firstTouchAt: null },
    ]);
  });

  test('have the primary contact that the CRM names, whatever its role', async () =>
    expect(await people('models=last&committee=primary')).toMatchObject([
      { roles: ['mia'], isPrimary: true, touches: 1, credits: { last: { amount: { amount: '400.00' } } } },
    ]));

  test('that are left out leave their milestones to others', async () => {
    const names = async (parameters: string) =>
      (await people(`models=full_path&${parameters}`)).map(({ roles, milestones, roleWeight, credits: { full_path } }) => [roles[0], milestones, roleWeight, full_path?.amount.amount]); // prettier-ignore
    expect(await names(weights({ austin: 0, zoe: 0 }))).toEqual([
      ['kate', ['first'], 1, '100.00'],
      ['mia', ['lead_created', 'opportunity_created', 'close'], 1, '300.00'],
      ['tom', [], 1, undefined],
    ]);
    expect(await names(weights({ kate: 3, zoe: 2 }))).toEqual([
      ['kate', ['first'], 3, '171.43'],
      ['austin', ['lead_created'], 1, '57.14'],
      ['mia', ['opportunity_created'], 1, '57.14'],
      ['zoe', ['close'], 2, '114.29'],
      ['tom', [], 1, undefined],
    ]);
  });
});

test.each([
  ['/api/attribution?committee=everybody', 'committee-invalid', 'committee'],
  ['/api/attribution?roleWeights=2', 'role-weights-invalid', 'roleWeights'],
  ['/api/attribution?roleWeights={', 'role-weights-invalid', 'roleWeights'],
  [`/api/attribution?${weights({ user: -1 })}`, 'role-weights-invalid', 'roleWeights.user'],
  ['/api/attribution/compare?committee=', 'committee-invalid', 'committee'],
  [`/api/attribution/explain?${weights({ user: 1e6 })}`, 'role-weights-invalid', 'roleWeights.user'],
  ['/api/opportunities/deal/attribution?committee=none', 'committee-invalid', 'committee'],
  ['/api/attribution/drift?from=1&committee=none', 'committee-invalid', 'committee'],
  [`/api/attribution/drift?from=1&${weights({ user: 1e6 })}`, 'role-weights-invalid', 'roleWeights.user'],
])('%s is refused with %s and names %s', async (path, code, name) => {
  const { status, body } = await api.get<{ code: string; errors: { path: string }[] }>(path);
  expect([status, body.code, body.errors.map((error) => error.path)]).toEqual([400, code, [name]]);
});
