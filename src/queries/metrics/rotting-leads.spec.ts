import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { identityKey, leadIdOf } from '../../domain/identity/keys.js';
import type { JourneyModel } from '../../domain/model/journey-model.js';
import { type ExampleApi, exampleApi, HEAD } from '../../../test/example-api.js';
import { CARLA, DORA, EXAMPLE_HAND_OFFS } from '../../../test/example-hand-offs.js';
import { EXAMPLE_READERS } from '../../../test/example-readers.js';
import { EXAMPLE } from '../../../test/example-workspace.js';
import { day, entry, opportunityEvents, pageView } from '../../../test/sample-events.js';
import { ReadModels } from '../read-models.js';
import { rows, sql } from '../sql.js';
import { endedHandOffs } from './hand-off-ends.js';
import type { RepLoadAnswer } from './rep-load.js';
import type { RottingLeadsAnswer } from './rotting-leads.js';

const NOW = { workspace: 'main', asOf: undefined, minPosition: undefined };
const EVE = identityKey('email', 'eve@reader.example');

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
  await api.add('main', [...EXAMPLE_READERS, ...EXAMPLE_HAND_OFFS]);
  await api.runner.catchUp();
});
afterAll(() => api?.close());

const rotting = async (query = '', workspace?: string) =>
  (await api.get<RottingLeadsAnswer>(`/api/metrics/rotting-leads${query}`, workspace)).body;
const load = async (query = '', workspace?: string) =>
  (await api.get<RepLoadAnswer>(`/api/metrics/rep-load${query}`, workspace)).body;

test('the worked example: one of two rots on 5 March, none on the 7th', async () => {
  expect(await rotting('?at=2026-03-05')).toMatchObject({
    ...{ at: '2026-03-04T23:00:00.000Z', open: 2, rotten: 1, rate: 0.5, series: [] },
    rows: [{ key: 'rep-7', label: 'rep-7', open: 2, rotten: 1, rate: 0.5 }],
  });
  expect(await rotting('?at=2026-03-07&by=persona')).toMatchObject({
    ...{ open: 2, rotten: 0, rate: 0 },
    rows: [{ key: 'technical', label: 'Technical buyer', open: 2, rotten: 0 }],
  });
});

const SERIES = '?from=2026-03-01&to=2026-03-09';
const points = async (query: string) =>
  (await rotting(query)).series.map(({ open, rotten, rate }) => [open, rotten, rate]);

test('each point of the series is what the metric says at that instant', async () => {
  const { series } = await rotting(SERIES);
  expect(series.map(({ open, rotten }) => [open, rotten])).toEqual([
    ...[
      [0, 0],
      [0, 0],
      [2, 0],
      [2, 1],
      [2, 1],
      [2, 1],
      [2, 0],
      [2, 0],
    ],
  ]);
  for (const point of series) {
    const { at, open, rotten, rate } = await rotting(`?at=${point.at}`);
    expect({ at, open, rotten, rate }).toEqual(point);
  }
});

test('a hand-off begins, is due and ends at the very instant', async () => {
  const at = async (instant: Date) => {
    const { open, rotten } = await rotting(`?at=${instant.toISOString()}`);
    return [open, rotten];
  };
  expect(await at(new Date(+day(60.4) - 1))).toEqual([0, 0]);
  expect(await at(day(60.4))).toEqual([2, 0]);
  expect(await at(day(61.4))).toEqual([2, 1]);
  expect(await at(day(64.5))).toEqual([2, 0]);
});

test('a lead that is recycled, reassigned or in an opportunity is no longer open, but is as of before', async () => {
  const before = await rotting(SERIES);
  const [carla, dora] = [leadIdOf('main', CARLA), leadIdOf('main', DORA)];
  await api.add('main', [
    entry('recycled', `lead-${carla}`, 'LeadRecycled', 66, {
      leadId: carla,
      cycle: 1,
      by: 'rep-7',
      reason: 'later',
    }),
    ...opportunityEvents('opp-9', {
      ...{
        name: 'Readers',
        amount: '5.00',
        openedAt: day(65),
        owner: 'rep-7',
        contacts: [{ keys: [DORA], role: 'user' }],
      },
    }),
    entry('reassigned', `lead-${dora}`, 'LeadHandedOff', 62, {
      ...{ leadId: dora, cycle: 1, modelVersion: 1, recipient: { id: 'rep-8', kind: 'rep' } },
      ...{ rule: 'assigned', by: 'ada', dueBy: day(63).toISOString() },
    }),
  ]);
  await api.runner.catchUp();
  expect(await points(SERIES)).toEqual([
    ...[
      [0, 0, null],
      [0, 0, null],
      [2, 0, 0],
      [2, 1, 0.5],
      [2, 0, 0],
      [2, 1, 0.5],
      [2, 0, 0],
      [1, 0, 0],
    ],
  ]);
  expect(
    (await rotting('?at=2026-03-05T12:00:00Z')).rows.map(({ key, open, rotten }) => [key, open, rotten]),
  ).toEqual([
    ['rep-8', 1, 1],
    ['rep-7', 1, 0],
  ]);
  expect(await rotting(`${SERIES}&asOf=${before.asOf}`)).toEqual(before);
  expect(await rotting('', 'other')).toMatchObject({ open: 0, rotten: 0, rate: null, rows: [] });
});

test('the load of a rep is leads and opportunities in process against the capacity of the journey model', async () => {
  const document = (EXAMPLE[0]?.event.data as { document: JourneyModel }).document;
  const routing = {
    recipients: [
      { id: 'rep-7', name: 'Grace', kind: 'rep' as const, capacity: 4 },
      { id: 'rep-9', name: 'Idle', kind: 'partner' as const },
    ],
  };
  await api.add('main', [
    entry('model 2', 'model', 'JourneyModelPublished', 67, {
      document: { ...document, routing },
      by: 'ada@touchline.example',
    }),
    ...opportunityEvents('opp-8', { name: 'Nobody', amount: '5.00', openedAt: day(65) }),
  ]);
  await api.runner.catchUp();
  const answer = await load();
  expect(answer).toMatchObject({ openLeads: 0, openOpportunities: 2, opportunitiesWithoutOwner: 1 });
  expect(answer.rows).toEqual([
    expect.objectContaining({
      rep: 'rep-7',
      label: 'Grace',
      openLeads: 0,
      openOpportunities: 1,
      capacity: 4,
      load: 0,
    }),
    expect.objectContaining({ rep: 'rep-9', label: 'Idle', kind: 'partner', inProcess: 0, load: null }),
  ]);
  const before = await load(`?asOf=${HEAD + EXAMPLE_READERS.length + EXAMPLE_HAND_OFFS.length}`);
  expect(before.rows).toEqual([
    expect.objectContaining({ rep: 'rep-7', label: 'rep-7', openLeads: 2, rottenLeads: 0, capacity: null }),
  ]);
  expect(await load('', 'other')).toMatchObject({ openLeads: 0, rows: [] });
});

test('a lead that has opted out is no longer open', async () => {
  const leadId = leadIdOf('main', EVE);
  const qualified = { leadId, cycle: 1, modelVersion: 1 };
  await api.add('main', [
    pageView('eve reads', 70, [EVE]),
    entry('eve handed off', `lead-${leadId}`, 'LeadHandedOff', 71, {
      ...{ ...qualified, recipient: { id: 'rep-8', kind: 'rep' }, rule: 'all', dueBy: day(72).toISOString() },
    }),
    entry('eve opts out', 'identity-eve', 'ConsentChanged', 74, {
      ...{ identity: [EVE], channel: 'email', status: 'unsubscribed', reason: 'unsubscribe' },
    }),
  ]);
  await api.runner.catchUp();
  const at = async (days: number) => (await rotting(`?at=${day(days).toISOString()}`)).rotten;
  expect([await at(71.5), await at(73), await at(74)]).toEqual([0, 1, 0]);
});

test('metrics find the end of each hand-off where the function handoff_end does', async () => {
  const { asOf } = await rotting();
  const { rows } = await api.db.pool.query<{ open: number; rotten: number }>(
    `SELECT count(*) FILTER (WHERE is_open)::int AS open, count(*) FILTER (WHERE is_open AND is_rotten)::int AS rotten
     FROM generate_series(50, 80) AS day
     CROSS JOIN LATERAL (SELECT $2::timestamptz + make_interval(hours => 24 * day + 1) AS at) moment
     LEFT JOIN LATERAL (
       SELECT d.occurred_at <= at AND (e.ended_at IS NULL OR e.ended_at > at) AS is_open,
              (d.data ->> 'dueBy')::timestamptz <= at AND (e.first_activity_at IS NULL OR e.first_activity_at > at) AS is_rotten
       FROM touchline.lead_decision d
       CROSS JOIN LATERAL touchline.handoff_end(d.workspace, d.lead_id, d.lead_id, d.position, d.occurred_at, $1) e
       WHERE d.workspace = 'main' AND d.type = 'LeadHandedOff') h ON true
     GROUP BY day ORDER BY day`,
    [asOf, day(0)],
  );
  const found: unknown[] = [];
  for (let nr = 50; nr <= 80; nr += 1) {
    const { open, rotten } = await rotting(`?at=${new Date(+day(nr) + 3_600_000).toISOString()}`);
    found.push({ open, rotten });
  }
  expect(found).toEqual(rows);
  expect(rows.some(({ rotten }) => rotten > 0)).toBe(true);
});

test('hand-offs end alike, whether what their leads opened is looked up or read at once', async () => {
  const ends = (many: boolean) =>
    api.app
      .get(ReadModels)
      .view(NOW, ['journey', 'opportunities', 'lifecycle'], async (view) =>
        rows<{ ended_at: Date | null; left_at: Date | null }>(
          view.tx,
          sql`SELECT * FROM (${await endedHandOffs(view, undefined, many)}) h ORDER BY lead_id, began_at, recipient`,
        ),
      );
  const found = await ends(false);
  expect(await ends(true)).toEqual(found);
  expect(found.some(({ ended_at, left_at }) => ended_at !== null && left_at === null)).toBe(true);
});

test.each([
  ['rotting-leads?by=channel', 'cut-unknown', 'by'],
  ['rotting-leads?at=yesterday', 'at-invalid', 'at'],
  ['rotting-leads?from=2026-01-01', 'period-incomplete', 'to'],
  ['rotting-leads?from=2026-03-02&to=2026-03-01', 'period-reversed', 'to'],
  ['rotting-leads?from=2020-01-01&to=2026-03-01', 'period-too-long', 'to'],
  ['rep-load?by=recipient', 'cut-unknown', 'by'],
  ['rep-load?segment=nobody', 'segment-unknown', 'segment'],
])('%s is refused with the code %s', async (query, code, path) => {
  const { status, body } = await api.get<{ code: string; errors: { path: string }[] }>(
    `/api/metrics/${query}`,
  );
  expect([status, body.code, body.errors[0]?.path]).toEqual([400, code, path]);
});
