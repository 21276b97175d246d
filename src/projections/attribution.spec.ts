import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import {
  day,
  opportunityEvents,
  deleteReadModels,
  logOf,
  project,
  roles,
  entry,
  pageView,
  type Entry,
} from '../../test/sample-events.js';
import { defaultModel } from '../commands/publish-model.js';
import type { IdentityKey } from '../domain/identity/keys.js';
import type { JourneyModel } from '../domain/model/journey-model.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());
beforeEach(() => deleteReadModels(db.pool));

const model: JourneyModel = {
  ...(await defaultModel()),
  currency: 'USD',
  timeZone: 'UTC',
  rates: [],
  contents: [],
};
const published = (version: number, more: Partial<JourneyModel> = {}): Entry =>
  entry(`model ${version}`, 'model', 'JourneyModelPublished', 0, { document: { ...model, ...more } });

const ada = 'email:ada@acme.example' as const;
const bob = 'email:bob@acme.example' as const;

interface Credit {
  opportunity_id: string;
  metric: string;
  model: string;
  content_id: string;
  amount_minor: string;
  reported_minor: string | null;
  known_from: string;
  superseded_at: string | null;
}
const credits = async (where: string): Promise<Credit[]> =>
  (
    await db.pool.query<Credit>(
      `SELECT * FROM touchline.attribution_credit WHERE ${where} ORDER BY opportunity_id, metric, known_from, model, touch`,
    )
  ).rows;
const byContent = (rows: readonly Credit[]): Record<string, number> =>
  Object.fromEntries(rows.map(({ content_id, amount_minor }) => [content_id, Number(amount_minor)]));
const current = async (model: string, metric = 'revenue') =>
  byContent(await credits(`superseded_at IS NULL AND model = '${model}' AND metric = '${metric}'`));

const story = [
  published(1),
  pageView('blog', 1, [ada]),
  pageView('paper', 10, [ada], { kind: 'content_download' }),
  pageView('webinar', 20, [bob]),
  ...opportunityEvents('opp-1', {
    amount: '100.00',
    openedAt: day(30),
    contacts: roles('ada@acme.example', 'bob@acme.example'),
  }),
  pageView('pricing', 40, [ada]),
  pageView('stranger', 41, ['email:eve@acme.example']),
];
const win = opportunityEvents(
  'opp-1',
  { amount: '100.00', openedAt: day(30), contacts: roles('ada@acme.example', 'bob@acme.example') },
  { status: 'won', closedAt: day(50) },
).slice(-1);

describe('credits of an opportunity', () => {
  test('are its pipeline from the opening on, over the touches of its contacts before it', async () => {
    await project(db.pool, logOf(story));
    expect(await current('linear', 'pipeline')).toEqual({
      'content-blog': 3334,
      'content-paper': 3333,
      'content-webinar': 3333,
    });
    expect(await current('linear')).toEqual({});
  });

  test('and its revenue once it is won', async () => {
    await project(db.pool, logOf([...story, ...win]));
    expect(await current('linear')).toEqual({
      'content-blog': 2500,
      'content-paper': 2500,
      'content-webinar': 2500,
      'content-pricing': 2500,
    });
    expect(await current('position')).toEqual({
      'content-blog': 4000,
      'content-paper': 1000,
      'content-webinar': 1000,
      'content-pricing': 4000,
    });
    expect(await current('first')).toEqual({ 'content-blog': 10_000 });
  });

  test('end when the opportunity is reopened, and nothing is forgotten', async () => {
    const reopened = opportunityEvents(
      'opp-1',
      { amount: '100.00' },
      { status: 'won' },
      { status: 'open' },
    ).slice(-1);
    const log = logOf([...story, ...win, ...reopened]);
    await project(db.pool, log);
    expect(await current('linear')).toEqual({});
    const revenue = await credits(`metric = 'revenue' AND model = 'first'`);
    expect(revenue).toMatchObject([
      { known_from: String(log.length - 1), superseded_at: String(log.length) },
    ]);
  });

  test('are none of a loss, whose path up to it stands from the loss on until it is reopened', async () => {
    const opening = { amount: '100.00', openedAt: day(30), contacts: roles('ada@acme.example') };
    const lost = { status: 'lost', closedAt: day(50) } as const;
    const log = logOf([
      ...story.filter(({ stream }) => stream !== 'opportunity-opp-1'),
      ...opportunityEvents('opp-1', opening, lost, { status: 'open' }),
    ]);
    await project(db.pool, log);
    expect(await credits(`metric = 'loss'`)).toEqual([]);
    const { rows } = await db.pool.query(
      `SELECT content_ids, known_from::int, superseded_at::int FROM touchline.attribution_path WHERE metric = 'loss'`,
    );
    const content_ids = ['content-blog', 'content-paper', 'content-pricing'];
    expect(rows).toEqual([{ content_ids, known_from: log.length - 1, superseded_at: log.length }]);
  });

  test('change with a touchpoint that comes late, from its position on', async () => {
    const log = logOf([...story, ...win, pageView('event', 5, [bob], { kind: 'event_attended' })]);
    await project(db.pool, log);
    expect(Object.keys(await current('linear'))).toHaveLength(5);
    const versions = await credits(`metric = 'revenue' AND model = 'last'`);
    expect(versions.map(({ known_from, superseded_at }) => [known_from, superseded_at])).toEqual([
      [String(log.length - 1), String(log.length)],
      [String(log.length), null],
    ]);
  });

  test('do not change with a touchpoint that earns nothing', async () => {
    const log = logOf([
      ...story,
      ...win,
      pageView('mail', 5, [bob], { kind: 'email_sent' }),
      pageView('later', 60, [ada]),
    ]);
    await project(db.pool, log);
    expect(await credits(`superseded_at IS NOT NULL AND metric = 'revenue'`)).toEqual([]);
  });

  test('include what a person did before anybody knew who it was', async () => {
    const anonymous = 'anonymous:a-1' as const;
    const log = logOf([
      ...story,
      ...win,
      pageView('ad', 2, [anonymous], { kind: 'ad_click', channel: 'paid_search' }),
      entry('claim', `identity-${ada}`, 'IdentityClaimed', 12, { identity: [ada, anonymous] }),
    ]);
    await project(db.pool, log);
    expect(Object.keys(await current('linear'))).toContain('content-ad');
  });

  test('are of everybody at the account while the opportunity has no contacts', async () => {
    const log = logOf([
      ...story.filter(({ stream }) => stream !== 'opportunity-opp-1'),
      ...opportunityEvents('opp-1', { amount: '90.00', openedAt: day(45), accountId: 'acme.example' }),
      ...opportunityEvents('opp-2', { amount: '90.00', openedAt: day(45), accountId: 'nobody.example' }),
    ]);
    await project(db.pool, log);
    expect(Object.keys(await current('linear', 'pipeline'))).toHaveLength(5);
    const { rows } = await db.pool
      .query(`SELECT amount_minor, event_ids, committee FROM touchline.attribution_path
      WHERE opportunity_id = 'opp-2' AND superseded_at IS NULL`);
    expect(rows).toEqual([{ amount_minor: '9000', event_ids: [], committee: 'account' }]);
  });
});

describe('lead created', () => {
  const kate = 'email:kate@acme.example' as const;
  const austin = 'email:austin@acme.example' as const;
  /** Days since January 1: the ad on the 5th, the form on the 20th, the webinar, the opening on February 15. */
  const journeys = [
    published(1),
    pageView('ad', 4, ['anonymous:kate'], { kind: 'ad_click' }),
    pageView('form', 19, [austin], { kind: 'form_fill' }),
    pageView('webinar', 33, [austin], { kind: 'webinar_attended' }),
    ...opportunityEvents('opp-1', {
      amount: '10.00',
      openedAt: day(45),
      contacts: roles('kate@acme.example', 'austin@acme.example'),
    }),
    entry('mail', `identity-${kate}`, 'IdentityClaimed', 40, { identity: [kate, 'anonymous:kate'] }),
  ];

  test.each([1, 5_000])('is the form of the member known first, in batches of %i events', async (size) => {
    await project(db.pool, logOf(journeys), size);
    expect(await current('u_shaped', 'pipeline')).toEqual({ 'content-ad': 500, 'content-form': 500 });
  });

  test('does not depend on the order of arrival', async () => {
    const [model, ...others] = journeys;
    const isOpportunity = ({ stream }: Entry) => stream.startsWith('opportunity-');
    const touches = others.filter((entry) => !isOpportunity(entry)).toReversed();
    await project(db.pool, logOf([model!, ...others.filter(isOpportunity), ...touches]));
    expect(await current('u_shaped', 'pipeline')).toEqual({ 'content-ad': 500, 'content-form': 500 });
  });
});

test('two contacts that are one person share the credit of that person once', async () => {
  const log = logOf([
    published(1),
    pageView('a', 1, [ada]),
    pageView('b', 2, [bob]),
    ...opportunityEvents('opp-1', {
      amount: '100.00',
      openedAt: day(30),
      contacts: [
        { keys: [ada], role: 'user' },
        { keys: ['crm:ada-again'], role: 'champion' },
        { keys: [bob], role: 'user' },
      ],
    }),
    entry('same', `identity-${ada}`, 'IdentityClaimed', 31, { identity: [ada, 'crm:ada-again'] }),
  ]);
  await project(db.pool, log);
  expect(await current('linear', 'pipeline')).toEqual({ 'content-a': 5000, 'content-b': 5000 });
});

describe('what changes the touches of a deal without being a touchpoint', () => {
  const eve = 'email:eve@beta.example' as const;
  const shared = 'anonymous:shared' as const;
  const claim = (name: string, at: number, ...identity: IdentityKey[]): Entry =>
    entry(name, `identity-${identity[0]}`, 'IdentityClaimed', at, { identity });
  const contacts = (...keys: IdentityKey[]) => keys.map((key) => ({ keys: [key], role: 'user' }));
  const opened = { amount: '100.00', openedAt: day(30) };
  const paths = async () =>
    (
      await db.pool.query<{ content_ids: string[]; milestones: string[]; known_from: string }>(
        `SELECT content_ids, milestones, known_from FROM touchline.attribution_path
         WHERE superseded_at IS NULL AND metric = 'pipeline'`,
      )
    ).rows;

  test('a key of a contact is found to be a lead', async () => {
    const log = logOf([
      published(1),
      pageView('a', 10, [eve]),
      ...opportunityEvents('opp-1', { ...opened, contacts: contacts('crm:77') }),
      claim('late', 12, 'crm:77', eve),
    ]);
    await project(db.pool, log, 1);
    expect(await paths()).toMatchObject([{ content_ids: ['content-a'], known_from: String(log.length) }]);
  });

  test('a shared computer on the committee has another owner', async () => {
    const log = logOf([
      published(1),
      pageView('a', 10, [ada]),
      pageView('b', 11, [bob]),
      pageView('c', 12, [bob, shared]),
      ...opportunityEvents('opp-1', { ...opened, contacts: contacts(shared) }),
      claim('later owner', 20, ada, shared),
    ]);
    await project(db.pool, log, 1);
    expect(await paths()).toMatchObject([{ content_ids: ['content-a'], known_from: String(log.length) }]);
  });

  test('what somebody did turns out to be of another', async () => {
    const log = logOf([
      published(1),
      pageView('a', 5, [shared]),
      pageView('b', 10, [ada, shared]),
      ...opportunityEvents('opp-1', { ...opened, contacts: contacts(ada) }),
      claim('earlier owner', 3, bob, shared),
    ]);
    await project(db.pool, log, 1);
    expect(await paths()).toMatchObject([{ content_ids: ['content-b'], known_from: String(log.length) }]);
  });

  test('somebody was known earlier', async () => {
    const log = logOf([
      published(1),
      pageView('a', 10, [ada]),
      pageView('b', 20, [ada]),
      ...opportunityEvents('opp-1', { ...opened, contacts: contacts(ada) }),
      claim('import', 5, ada),
    ]);
    await project(db.pool, log, 1);
    expect(await paths()).toMatchObject([
      { milestones: ['first', 'opportunity_created'], known_from: String(log.length) },
    ]);
  });

  test('somebody belongs to the account of a deal without contacts', async () => {
    const log = logOf([
      published(1),
      pageView('a', 10, [eve]),
      ...opportunityEvents('opp-1', { ...opened, accountId: 'acme' }),
      entry('group', `identity-${eve}`, 'IdentityClaimed', 12, { identity: [eve], accountId: 'acme' }),
    ]);
    await project(db.pool, log, 1);
    expect(await paths()).toMatchObject([{ content_ids: ['content-a'], known_from: String(log.length) }]);
  });
});

describe('a model published later', () => {
  test('weighs anew, from its position on', async () => {
    const attribution = { ...model.attribution, lookbackDays: 15 };
    const log = logOf([...story, ...win, published(2, { attribution })]);
    await project(db.pool, log);
    expect(await current('linear')).toEqual({ 'content-pricing': 10_000 });
    expect(
      await credits(`metric = 'revenue' AND model = 'linear' AND superseded_at = ${log.length}`),
    ).toHaveLength(4);
  });

  test('leaves the credits alone when it changes nothing about them', async () => {
    const log = logOf([...story, ...win, published(2, { name: 'other' })]);
    await project(db.pool, log);
    expect(await credits(`superseded_at IS NOT NULL AND metric = 'revenue'`)).toEqual([]);
  });
});

describe('another currency', () => {
  const opening = {
    amount: '100.00',
    currency: 'EUR',
    openedAt: day(30),
    contacts: roles('ada@acme.example'),
  };
  const euros = [story[1]!, story[2]!, pageView('third', 11, [ada]), ...opportunityEvents('opp-1', opening)];

  test('is reported at the published rate of the reference day', async () => {
    const rates = [
      { currency: 'EUR', date: '2026-01-01', rate: 1.1 },
      { currency: 'EUR', date: '2026-02-01', rate: 1.2 },
    ];
    await project(db.pool, logOf([published(1, { rates }), ...euros]));
    const rows = await credits(`model = 'linear' AND superseded_at IS NULL`);
    expect(rows.map((row) => [row.amount_minor, row.reported_minor])).toEqual([
      ['3334', '3667'],
      ['3333', '3667'],
      ['3333', '3666'],
    ]);
  });

  test('is not reported while no rate is known, and is when one is published', async () => {
    const rates = [{ currency: 'EUR', date: '2026-01-01', rate: 1.1 }];
    const log = logOf([published(1), ...euros, published(2, { rates })]);
    await project(db.pool, log);
    const rows = await credits(`model = 'first'`);
    expect(rows.map((row) => [row.amount_minor, row.reported_minor, row.known_from])).toContainEqual([
      '10000',
      null,
      '6',
    ]);
    expect(rows.at(-1)).toMatchObject({ reported_minor: '11000', known_from: String(log.length) });
  });
});
