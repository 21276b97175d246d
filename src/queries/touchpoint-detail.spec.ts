import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { leadIdOf } from '../domain/identity/keys.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import type { Clamped } from '../domain/touchpoint.js';
import { entry, pageView } from '../../test/sample-events.js';
import { type ExampleApi, exampleApi } from '../../test/example-api.js';
import type { AccountJourneyAnswer } from './account-journey.js';
import type { LeadJourneyAnswer } from './lead-journey.js';

const PROPERTIES = { plan: 'pro', seats: 25, nested: { list: [1, null, 'ü'] }, amount: 0.1 };
const CLAMPED: Clamped = { reason: 'future', original: '2036-03-02T09:30:00Z' };

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
  await api.add('main', [
    pageView('sent-1', 60, ['anonymous:zoe'], {
      properties: PROPERTIES,
      content: { id: 'quiz', title: 'Quiz' },
    }),
    pageView('sent-2', 61, ['anonymous:zoe'], { clamped: CLAMPED }),
    pageView('sent-3', 62, ['anonymous:zoe']),
  ]);
  await api.runner.catchUp();
  // The person becomes known, and her journey is folded again under another lead.
  await api.add('main', [
    entry('zoe-claim', 'identity-zoe', 'IdentityClaimed', 63, {
      identity: ['email:zoe@zenith.example', 'anonymous:zoe'],
    }),
    pageView('zoe-late', 59, ['email:zoe@zenith.example'], {
      properties: PROPERTIES,
      clamped: { reason: 'absurd', original: '"soon"' },
    }),
  ]);
  await api.runner.catchUp();
});
afterAll(() => api?.close());

const EXPECTED = [
  { properties: PROPERTIES, replacedTime: { reason: 'absurd', original: '"soon"' } },
  { properties: PROPERTIES, replacedTime: null },
  { properties: {}, replacedTime: CLAMPED },
  { properties: {}, replacedTime: null },
];

test('the journey has the properties of each touchpoint as sent, and replaced times', async () => {
  const lead = await api.get<LeadJourneyAnswer>('/api/leads/email:zoe@zenith.example/journey');
  expect(lead.body.items.map(({ properties, replacedTime }) => ({ properties, replacedTime }))).toEqual(
    EXPECTED,
  );
  const account = await api.get<AccountJourneyAnswer>('/api/accounts/zenith.example/journey');
  expect(account.body.items).toEqual(lead.body.items);
});

test("the day of a touchpoint is that of the model's time zone, even after another model was published", async () => {
  const days = async () => {
    const { rows } = await api.db.pool.query<{ differing: number; days: string }>(
      `SELECT count(*) FILTER (WHERE occurred_date IS DISTINCT FROM (occurred_at AT TIME ZONE m.time_zone)::date)::int AS differing,
              count(*) > 5 AS several, string_agg(occurred_date::text, ' ' ORDER BY occurred_at, touchpoint_key) AS days
         FROM bi.fact_touchpoint_history f JOIN bi.dim_journey_model m ON m.workspace = f.workspace AND m.is_current
        WHERE f.workspace = 'main'`,
    );
    return rows[0];
  };
  const before = await days();
  expect(before).toMatchObject({ differing: 0, several: true });
  const { rows } = await api.db.pool.query<{ document: JourneyModel }>(
    `SELECT document FROM touchline.journey_model WHERE workspace = 'main' AND superseded_at IS NULL`,
  );
  const document = { ...rows[0]!.document, timeZone: 'Pacific/Kiritimati' };
  await api.add('main', [entry('model-2', 'model', 'JourneyModelPublished', 70, { document })]);
  await api.runner.catchUp();
  const after = await days();
  expect(after).toMatchObject({ differing: 0, several: true });
  expect(after?.days).not.toBe(before?.days);
});

test('bi.fact_touchpoint and its history have properties and replaced times', async () => {
  for (const view of ['fact_touchpoint', 'fact_touchpoint_history']) {
    const { rows } = await api.db.pool.query(
      `SELECT properties, occurred_at_replaced_because AS reason, occurred_at_original AS original
         FROM bi.${view} WHERE lead_key = $1 ORDER BY occurred_at`,
      [leadIdOf('main', 'email:zoe@zenith.example')],
    );
    expect(rows).toEqual(
      EXPECTED.map(({ properties, replacedTime }) => ({
        properties: Object.keys(properties).length > 0 ? properties : null,
        reason: replacedTime?.reason ?? null,
        original: replacedTime?.original ?? null,
      })),
    );
  }
});
