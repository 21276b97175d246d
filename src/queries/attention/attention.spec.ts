import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { leadIdOf } from '../../domain/identity/keys.js';
import { countRejected } from '../../intake/rejected-counts.js';
import { RejectedLog } from '../../intake/rejected.js';
import { EXAMPLE_HAND_OFFS } from '../../../test/example-hand-offs.js';
import { EXAMPLE_READERS } from '../../../test/example-readers.js';
import { type ExampleApi, exampleApi } from '../../../test/example-api.js';
import { modelEvent } from '../../../test/lead-cohorts.js';
import type { Json } from '../../../test/query-api.js';
import { day, entry, type Entry, pageView } from '../../../test/sample-events.js';
import type { HandOffsAnswer } from '../hand-offs.js';
import type { ContentGapsAnswer } from '../metrics/content-gaps.js';
import type { RepLoadAnswer } from '../metrics/rep-load.js';
import type { RottingLeadsAnswer } from '../metrics/rotting-leads.js';
import type { ProjectionState } from '../projection-states.js';
import type { UnroutableLeadsAnswer } from '../unroutable-leads.js';
import { ATTENTION_KINDS, type AttentionAnswer, type AttentionKind, URGENCY } from './attention-answer.js';

type Attention = Json<AttentionAnswer>;

const page = await readFile(new URL('../../../docs/attention.md', import.meta.url), 'utf8');

const recipients = [
  { id: 'rep-7', name: 'Grace', kind: 'rep' as const, capacity: 2 },
  { id: 'rep-8', name: 'Edsger', kind: 'rep' as const, capacity: 5 },
];

const EMIL = leadIdOf('main', 'email:emil@reader.example');
/** Due an hour after the warning. */
const EMIL_IS_HANDED_OFF: readonly Entry[] = [
  entry('emil q', `lead-${EMIL}`, 'LeadQualified', 86, {
    ...{ leadId: EMIL, cycle: 1, modelVersion: 2, score: 50, grade: 'B', reasons: [] },
  }),
  entry('emil h', `lead-${EMIL}`, 'LeadHandedOff', 86.01, {
    ...{ leadId: EMIL, cycle: 1, modelVersion: 2, rule: 'home', recipient: { id: 'rep-7', kind: 'rep' } },
    ...{ dueBy: '2026-03-30T09:00:00.000Z', warnAt: '2026-03-30T08:00:00.000Z' },
  }),
];

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
  await api.add('main', [
    modelEvent({ routing: { recipients } }, 2),
    ...EXAMPLE_READERS,
    ...EXAMPLE_HAND_OFFS,
    ...EMIL_IS_HANDED_OFF,
  ]);
  await api.runner.catchUp();
}, 60_000);
afterAll(() => api?.close());

const attention = async (query = '', workspace?: string): Promise<Attention> =>
  (await api.get<AttentionAnswer>(`/api/attention${query}`, workspace)).body;
const countOf = ({ kinds }: Attention, kind: AttentionKind) =>
  kinds.find((each) => each.kind === kind)?.count;
const itemsOf = ({ items }: Attention, kind: AttentionKind) => items.filter((item) => item.kind === kind);

const AT = '2026-03-30T08:30:00Z';

test('a lead that nobody called is listed first, with whom it waits for and since when', async () => {
  const answer = await attention('?at=2026-03-05T12:00:00Z');
  const [dora] = itemsOf(answer, 'lead_rotten');
  expect(dora).toEqual({
    ...{
      kind: 'lead_rotten',
      urgency: 'now',
      leadId: leadIdOf('main', 'email:dora@reader.example'),
      rep: 'rep-7',
    },
    text: 'dora@reader.example has waited for Grace since Mon 2 Mar, 10:36; a call was due by Tue 3 Mar, 10:36. Call now, or assign the lead to somebody else',
    ...{ since: '2026-03-03T09:36:00.000Z', worseAt: null },
    figures: {
      handedOffAt: '2026-03-02T09:36:00.000Z',
      dueBy: '2026-03-03T09:36:00.000Z',
      hoursOverdue: 50.4,
    },
    query: '/api/handoffs?rep=rep-7&clock=rotten&at=2026-03-05T12%3A00%3A00.000Z',
  });
  expect(answer.items[0]?.kind).toBe('lead_rotten');
});

test('a lead that is about to rot is listed with whom and until when', async () => {
  expect(itemsOf(await attention(`?at=${AT}`), 'lead_about_to_rot')).toMatchObject([
    {
      ...{ urgency: 'today', leadId: EMIL, rep: 'rep-7', worseAt: '2026-03-30T09:00:00.000Z' },
      ...{
        text: 'emil@reader.example will rot if Grace does not call by Mon 30 Mar, 11:00',
        figures: { hoursLeft: 0.5 },
      },
    },
  ]);
});

test('the example of docs/attention.md is what the API answers', async () => {
  const [, parameters = '', answer = ''] =
    /attention -H [^-]+(.*)\n```\n\n```json\n([^`]+)```/.exec(page) ?? [];
  const query = [...parameters.matchAll(/-d (\S+)/g)].map(([, parameter]) => parameter).join('&');
  expect(await attention(`?${query}`)).toMatchObject(JSON.parse(answer) as object);
});

test('docs/attention.md lists the kinds in the order of the answer, each with its urgency', () => {
  const table = [...page.matchAll(/^\| `(\w+)` +\| (\w+) /gm)].map(([, kind, urgency]) => [kind, urgency]);
  expect(table).toEqual(ATTENTION_KINDS.map((kind) => [kind, URGENCY[kind]]));
});

test('kinds come in the documented order, each with the number of all', async () => {
  const { kinds, items, isLive } = await attention(`?at=${AT}`);
  expect(isLive).toBe(true);
  expect(kinds.map(({ kind }) => kind)).toEqual([...ATTENTION_KINDS]);
  const places = items.map(({ kind }) => ATTENTION_KINDS.indexOf(kind));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  for (const { kind, count, shown } of kinds) {
    expect(items.filter((item) => item.kind === kind)).toHaveLength(shown);
    expect(count).toBeGreaterThanOrEqual(shown);
  }
});

describe('each number is that of the query it comes from', () => {
  test.each([
    '2026-03-01T00:00:00Z',
    '2026-03-03T09:36:00Z',
    '2026-03-05T12:00:00Z',
    '2026-03-07T00:00:00Z',
    AT,
    '2026-03-30T12:00:00Z',
  ])('of leads that rot or are about to, at %s', async (at) => {
    const answer = await attention(`?at=${at}`);
    const { body: rotting } = await api.get<RottingLeadsAnswer>(`/api/metrics/rotting-leads?at=${at}`);
    const { body: warned } = await api.get<HandOffsAnswer>(`/api/handoffs?clock=warning&at=${at}`);
    const handedOffBy = warned.items.filter(({ handedOffAt }) => handedOffAt <= new Date(at).toISOString());
    expect([countOf(answer, 'lead_rotten'), countOf(answer, 'lead_about_to_rot')]).toEqual([
      rotting.rotten,
      handedOffBy.length,
    ]);
  });

  test('of recipients over capacity', async () => {
    const answer = await attention('?at=2026-04-01T00:00:00Z');
    const { body } = await api.get<RepLoadAnswer>('/api/metrics/rep-load');
    const over = body.rows.filter(({ openLeads, capacity }) => capacity !== null && openLeads > capacity);
    expect(
      itemsOf(answer, 'rep_over_capacity').map(({ rep, text, figures }) => [rep, text, figures]),
    ).toEqual(
      over.map(({ rep, openLeads, rottenLeads, capacity, load }) => [
        rep,
        'Grace has 3 open leads, 1 over the capacity of 2; 1 lead rots. Give some to others, or close those that lead nowhere',
        { openLeads, rottenLeads, capacity, load },
      ]),
    );
    expect(over).toHaveLength(1);
  });

  test('of content gaps in which leads wait', async () => {
    const answer = await attention(`?at=${AT}`);
    const { body } = await api.get<ContentGapsAnswer>('/api/metrics/content-gaps');
    const waited = body.rows.filter(({ waiting }) => waiting > 0);
    expect(itemsOf(answer, 'content_gap').map(({ figures }) => figures)).toEqual(
      waited.map(({ persona, stage, waiting, leads }) => ({ persona, stage, waiting, leads })),
    );
    expect(countOf(answer, 'content_gap')).toBe(1);
  });

  test('of qualified leads that nobody takes, with the reason', async () => {
    const leadId = leadIdOf('alone', 'email:eve@alone.example');
    await api.add('alone', [
      modelEvent(),
      pageView('eve', 80, ['email:eve@alone.example']),
      entry('eve q', `lead-${leadId}`, 'LeadQualified', 81, {
        ...{ leadId, cycle: 1, modelVersion: 1, score: 50, grade: 'B', reasons: [] },
      }),
    ]);
    await api.runner.catchUp();
    const answer = await attention(`?at=${AT}`, 'alone');
    const { body } = await api.get<UnroutableLeadsAnswer>('/api/handoffs/unroutable', 'alone');
    expect(countOf(answer, 'lead_unroutable')).toBe(body.items.length);
    expect(itemsOf(answer, 'lead_unroutable')).toMatchObject([
      { leadId, since: day(81).toISOString(), figures: { reason: body.items[0]?.reason } },
    ]);
    expect(itemsOf(answer, 'lead_unroutable')[0]?.text).toMatch(
      /went to nobody; the journey model has no recipients/,
    );
  });
});

const reader = (name: string, at: number, moved?: number): Entry[] => {
  const key = `email:${name}@stall.example` as const;
  const traits = { title: 'CTO' };
  return [
    pageView(`${name} guide`, at, [key], { kind: 'content_download', traits }),
    ...(moved === undefined ? [] : [pageView(`${name} demo`, moved, [key], { kind: 'demo_request' })]),
  ];
};

test('a stage stalls for leads that stay longer than three of four of at least ten stayed', async () => {
  const movers = (count: number) =>
    Array.from({ length: count }, (_, number) => reader(`m${number}`, 10, 11 + number)).flat();
  const stayers = [reader('a', 20), reader('b', 50), reader('c', 87)].flat();
  await api.add('stall', [modelEvent(), ...movers(9), ...stayers]);
  await api.runner.catchUp();
  expect(countOf(await attention(`?at=${AT}`, 'stall'), 'stage_stalled')).toBe(0);
  await api.add('stall', reader('m9', 10, 20));
  await api.runner.catchUp();
  // They stayed 1 to 10 days, three of four at most 7.75; a and b have stayed longer, c will have in time.
  expect(itemsOf(await attention(`?at=${AT}`, 'stall'), 'stage_stalled')).toEqual([
    {
      ...{ kind: 'stage_stalled', urgency: 'soon', leadId: null, rep: null },
      text: 'Technical buyer in Explore: 2 leads stay longer than 7.8 days, within which three of four move on. Offer them the content of the next stage, or have them called',
      ...{ since: day(27.75).toISOString(), worseAt: day(94.75).toISOString() },
      figures: { persona: 'technical', stage: 'explore', stalled: 2, inStage: 3, usualDays: 7.8, moves: 10 },
      query: '/api/leads?persona=technical&stage=explore',
    },
  ]);
});

const rot = (number: number): Entry[] => {
  const key = `email:r${number}@rot.example` as const;
  const leadId = leadIdOf('rot', key);
  const decision = { leadId, cycle: 1, modelVersion: 1 };
  return [
    pageView(`rot ${number}`, 50, [key]),
    entry(`rot h ${number}`, `lead-${leadId}`, 'LeadHandedOff', 51, {
      ...{ ...decision, rule: 'all', recipient: { id: `rep-${number % 2}`, kind: 'rep' as const } },
      dueBy: day(52 + number / 10_000).toISOString(),
    }),
  ];
};

test('a thousand rotting leads leave room for the rest: the longest overdue are listed, all are counted', async () => {
  await api.add('rot', [modelEvent(), ...Array.from({ length: 1_000 }, (_, number) => rot(number)).flat()]);
  await api.runner.catchUp();
  await api.db.pool.query('ANALYZE');
  const answer = await attention(`?at=${AT}&perKind=3`, 'rot');
  expect([countOf(answer, 'lead_rotten'), itemsOf(answer, 'lead_rotten').map(({ since }) => since)]).toEqual([
    1_000,
    [0, 1, 2].map((number) => day(52 + number / 10_000).toISOString()),
  ]);
  const own = await attention(`?at=${AT}&rep=rep-1&kind=lead_rotten`, 'rot');
  expect([own.kinds.length, countOf(own, 'lead_rotten'), own.items.length]).toEqual([1, 500, 10]);
  expect(new Set(own.items.map(({ rep }) => rep))).toEqual(new Set(['rep-1']));
  const everything = await attention(`?at=${AT}&rep=rep-1`, 'rot');
  expect(everything.kinds.filter(({ count }) => count !== 0).map(({ kind }) => kind)).toEqual([
    'lead_rotten',
  ]);
}, 60_000);

describe('what the log does not have', () => {
  const now = Date.now();
  const rejected = (workspace: string, collector: string, hoursAgo: number, count: number) =>
    Array.from({ length: count }, (_, number) => ({
      ...{ workspace, collector, call: 'track', receivedAt: new Date(now - hoursAgo * 3_600_000) },
      ...{
        unit: 'item' as const,
        format: 'native',
        payload: Buffer.from(`${collector} ${hoursAgo} ${number}`),
      },
      reason: { code: number === 0 ? 'kind-unknown' : 'identity-missing', message: 'has no identity' },
    }));

  beforeAll(async () => {
    await new RejectedLog(api.db.pool).keep([
      ...rejected('main', 'site', 2, 15),
      ...[50, 75, 100].flatMap((hoursAgo) => rejected('main', 'site', hoursAgo, 1)),
      ...rejected('main', 'mail', 2, 9),
      ...rejected('main', 'crm', 3, 30),
      ...[30, 60, 80, 100, 120, 140, 160].flatMap((hoursAgo) => rejected('main', 'crm', hoursAgo, 30)),
      ...rejected('other', 'site', 2, 500),
    ]);
    await api.db.pool.query(
      `INSERT INTO touchline.workspace (slug, name) VALUES ('main', 'Main'), ('other', 'Other') ON CONFLICT DO NOTHING`,
    );
    const { rows } = await api.db.pool.query<{ id: string }>(
      `INSERT INTO touchline.webhook_endpoint (workspace, url, start_position)
       VALUES ('main', 'https://crm.example/in', 0), ('main', 'https://fine.example/in', 0), ('other', 'https://other.example/in', 0) RETURNING id`,
    );
    const [failing, fine, others] = rows.map(({ id }) => id);
    await api.db.pool.query(
      `INSERT INTO touchline.webhook_delivery (endpoint, message_id, lead_id, type, body, state, last_error, last_attempt_at)
       SELECT e.id, e.state || n, 'l', 'lead.qualified', '{}', e.state, 'status 500', '2026-03-29T10:00:00Z'
       FROM (VALUES ($1, 'dead', 4), ($1, 'delivered', 9), ($2, 'delivered', 3), ($3, 'dead', 5)) e (id, state, count), generate_series(1, e.count) n`,
      [failing, fine, others],
    );
  });

  test('rejected input rises where the last day has more than the week before lets expect', async () => {
    const answer = await attention('?kind=rejects_rising');
    expect(answer.items.map(({ text, figures }) => [text, figures])).toEqual([
      [
        'site: 15 items were rejected in the last 24 hours, 0.4 a day in the week before, most of them as identity-missing. Correct the sender or the mapping, then replay them',
        { collector: 'site', lastDay: 15, perDayBefore: 0.4, code: 'identity-missing' },
      ],
    ]);
    const query = new URLSearchParams(answer.items[0]?.query.split('?')[1]);
    const counted = await countRejected(
      api.db.pool,
      {
        ...{ workspace: 'main', by: 'code' as const, interval: 'day' as const, collector: 'site' },
        ...{ from: new Date(query.get('from') ?? ''), to: new Date(query.get('to') ?? '') },
      },
      100,
    );
    expect(counted.reduce((sum, { open, replayed }) => sum + open + replayed, 0)).toBe(15);
  });

  test('a webhook fails whose messages were given up', async () => {
    const answer = await attention('?kind=webhook_failing');
    expect(answer.items).toMatchObject([
      {
        text: '4 messages to https://crm.example/in could not be delivered, the last on Sun 29 Mar, 12:00. Correct the endpoint, then replay the messages',
        figures: { dead: 4, lastError: 'status 500' },
      },
    ]);
    expect(answer.items[0]?.query).toMatch(/^\/api\/webhooks\/wh_\w+\/deliveries\?state=dead$/);
  });

  test('projections are behind that have not applied old events, and say so', async () => {
    expect(countOf(await attention('?kind=projection_behind'), 'projection_behind')).toBe(0);
    await api.add('stall', reader('late', 30));
    const behind = await attention('?kind=projection_behind');
    const { rows } = await api.db.pool.query<ProjectionState>(
      `SELECT name FROM touchline.projection WHERE is_live`,
    );
    expect(countOf(behind, 'projection_behind')).toBe(rows.length);
    expect(behind.items[0]?.text).toMatch(/^\w+ is \d+ minutes behind the log: what it makes is out of date/);
    await api.runner.catchUp();
    expect(countOf(await attention('?kind=projection_behind'), 'projection_behind')).toBe(0);
  });

  test('is not listed as of a position, and what the log has is the same whatever arrived since', async () => {
    const before = await attention(`?at=${AT}`);
    await api.add('main', reader('after', 50));
    await api.runner.catchUp();
    const again = await attention(`?at=${AT}&asOf=${before.asOf}`);
    const inLog = (item: { kind: string }): boolean =>
      ATTENTION_KINDS.indexOf(item.kind as AttentionKind) > 2;
    expect(again.items).toEqual(before.items.filter(inLog));
    expect(again.kinds.slice(0, 3).map(({ count }) => count)).toEqual([null, null, null]);
    expect(again.kinds.slice(3)).toEqual(before.kinds.slice(3));
    expect(again).toEqual(await attention(`?at=${AT}&asOf=${before.asOf}`));
  });
});

test('a workspace without anything needs no attention, and sees nothing of others', async () => {
  const answer = await attention(`?at=${AT}`, 'empty');
  expect(answer.items).toEqual([]);
  expect(answer.kinds.map(({ count }) => count)).toEqual(ATTENTION_KINDS.map(() => 0));
  expect((await api.app.inject({ url: '/api/attention' })).statusCode).toBe(401);
});

test.each([
  ['kind=boredom', 'kind-unknown', 'kind'],
  ['perKind=101', 'per-kind-invalid', 'perKind'],
  ['perKind=0', 'per-kind-invalid', 'perKind'],
  ['at=today', 'at-invalid', 'at'],
  ['stage=explore', 'parameter-unknown', 'stage'],
])('%s is refused with the code %s', async (query, code, path) => {
  const { status, body } = await api.get<{ code: string; errors: { path: string }[] }>(
    `/api/attention?${query}`,
  );
  expect([status, body.code, body.errors[0]?.path]).toEqual([400, code, path]);
});
