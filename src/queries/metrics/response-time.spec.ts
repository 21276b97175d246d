import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ExampleApi, exampleApi } from '../../../test/example-api.js';
import { EXAMPLE_READERS } from '../../../test/example-readers.js';
import { entry, type Entry, pageView } from '../../../test/sample-events.js';
import type { WorkSchedule } from '../../domain/business-hours.js';
import { identityKey, leadIdOf } from '../../domain/identity/keys.js';
import { ReadModels } from '../read-models.js';
import { responseCells } from './response-rows.js';
import type { FunnelAnswer } from './funnel.js';
import type { ResponseTimeAnswer } from './response-time.js';

const WORKDAY = [{ from: '09:00', to: '17:00' }];
const OFFICE: WorkSchedule = {
  timeZone: 'Europe/Berlin',
  hours: {
    id: 'office',
    week: { monday: WORKDAY, tuesday: WORKDAY, wednesday: WORKDAY, thursday: WORKDAY, friday: WORKDAY },
  },
};

/** Days since the example began, at a time of Berlin in winter. */
const dayOf = (instant: string): number =>
  (Date.parse(instant) - Date.parse('2026-01-01T00:00:00Z')) / 86_400_000;
const FRIDAY = dayOf('2026-03-06T16:00:00+01:00');
const MONDAY = dayOf('2026-03-09T10:00:00+01:00');

interface Answered {
  readonly name: string;
  readonly recipient: string;
  readonly schedule?: WorkSchedule;
  readonly accepted?: number;
  readonly called?: number;
}

function handOff({ name, recipient, schedule, accepted, called }: Answered): Entry[] {
  const key = identityKey('email', `${name}@reader.example`);
  const leadId = leadIdOf('main', key);
  const stream = `lead-${leadId}`;
  const base = { leadId, cycle: 1 };
  return [
    pageView(`${name} reads`, FRIDAY - 1, [key], { source: name === 'cleo' ? 'partner' : 'newsletter' }),
    entry(`qualified ${name}`, stream, 'LeadQualified', FRIDAY, {
      ...{ ...base, modelVersion: 1, score: 60, grade: 'B', reasons: [] },
    }),
    entry(`handed off ${name}`, stream, 'LeadHandedOff', FRIDAY, {
      ...{ ...base, modelVersion: 1, recipient: { id: recipient, kind: 'rep' }, rule: 'all' },
      ...{ dueBy: '2026-03-09T12:00:00.000Z', ...(schedule && { workSchedule: schedule }) },
    }),
    ...(accepted === undefined
      ? []
      : [entry(`accepted ${name}`, stream, 'LeadAccepted', accepted, { ...base, by: recipient })]),
    ...(called === undefined ? [] : [pageView(`${name} called`, called, [key], { kind: 'sales_call' })]),
  ];
}

const minute = 1 / 1440;
const HAND_OFFS: readonly Entry[] = [
  ...handOff({
    name: 'abe',
    recipient: 'rep-7',
    schedule: OFFICE,
    accepted: MONDAY - 30 * minute,
    called: MONDAY,
  }),
  ...handOff({ name: 'bea', recipient: 'rep-7', schedule: OFFICE, called: FRIDAY + 30 * minute }),
  ...handOff({ name: 'cleo', recipient: 'rep-8', accepted: FRIDAY + minute }),
  ...handOff({ name: 'dan', recipient: 'rep-8' }),
];

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
  await api.add('main', [...EXAMPLE_READERS, ...HAND_OFFS]);
  await api.runner.catchUp();
});
afterAll(() => api?.close());

const responses = async (query = '', workspace?: string) =>
  (await api.get<ResponseTimeAnswer>(`/api/metrics/response-time${query}`, workspace)).body;

test('the worked example: from Friday afternoon to Monday morning there are two business hours', async () => {
  const { rows } = await responses();
  expect(rows).toEqual([
    {
      ...{ key: 'rep-7', keys: ['rep-7'], label: 'rep-7', handOffs: 2 },
      accepted: { handOffs: 1, rate: 0.5, medianMinutes: 3930, medianBusinessMinutes: 90 },
      firstActivity: { handOffs: 2, rate: 1, medianMinutes: 1995, medianBusinessMinutes: 75 },
    },
    {
      ...{ key: 'rep-8', keys: ['rep-8'], label: 'rep-8', handOffs: 2 },
      accepted: { handOffs: 1, rate: 0.5, medianMinutes: 1, medianBusinessMinutes: null },
      firstActivity: { handOffs: 0, rate: 0, medianMinutes: null, medianBusinessMinutes: null },
    },
  ]);
});

test('the total has every hand-off once, also by segment, and the period chooses by the beginning', async () => {
  const total = { handOffs: 4, accepted: { handOffs: 2, medianMinutes: 1965.5, medianBusinessMinutes: 90 } };
  expect(await responses()).toMatchObject(total);
  expect(await responses('?by=segment,month')).toMatchObject(total);
  expect((await responses('?by=source')).rows.map(({ key, handOffs }) => [key, handOffs])).toEqual([
    ['newsletter', 3],
    ['partner', 1],
  ]);
  expect(await responses('?from=2026-03-06&to=2026-03-07')).toMatchObject(total);
  expect(await responses('?to=2026-03-06')).toMatchObject({ handOffs: 0, rows: [] });
  expect(await responses('', 'other')).toMatchObject({ handOffs: 0, accepted: { rate: null } });
});

test('the hand-off of a lead in two segments is in both rows, and once in the total', async () => {
  const ada = identityKey('email', 'ada@acme.example');
  const leadId = leadIdOf('main', ada);
  await api.add('main', [
    entry('ada handed off', `lead-${leadId}`, 'LeadHandedOff', FRIDAY - 30, {
      ...{ leadId, cycle: 1, modelVersion: 1, recipient: { id: 'rep-5', kind: 'rep' }, rule: 'all' },
      dueBy: '2026-03-09T12:00:00.000Z',
    }),
  ]);
  await api.runner.catchUp();
  const before = '&to=2026-03-01';
  expect((await responses(`?by=segment${before}`)).rows.map(({ key, handOffs }) => [key, handOffs])).toEqual([
    ['customers', 1],
    ['price_readers', 1],
  ]);
  expect(await responses(`?by=segment${before}`)).toMatchObject({
    handOffs: 1,
    accepted: { handOffs: 0, rate: 0 },
  });
});

test('the funnel has the business minutes from the hand-off to the acceptance', async () => {
  const { body } = await api.get<FunnelAnswer>('/api/metrics/funnel?by=source');
  const minutes = (steps: FunnelAnswer['steps']) =>
    steps.map(({ medianBusinessMinutes }) => medianBusinessMinutes);
  expect(minutes(body.steps)).toEqual([null, null, null, 90, null, null]);
  const ofSource = (source: string) => minutes(body.rows.find(({ key }) => key === source)?.steps ?? []);
  expect(ofSource('newsletter')).toEqual([null, null, null, 90, null, null]);
  expect(ofSource('partner')).toEqual([null, null, null, null, null, null]);
});

test('a lead recycled and handed off again is answered by what came after each hand-off, however its calls are read', async () => {
  const leadId = leadIdOf('main', identityKey('email', 'abe@reader.example'));
  const { asOf } = await responses();
  const before = await responses();
  await api.add('main', [
    entry('recycled', `lead-${leadId}`, 'LeadRecycled', MONDAY + 1, { leadId, cycle: 1, reason: 'later' }),
    entry('handed off again', `lead-${leadId}`, 'LeadHandedOff', MONDAY + 2, {
      ...{ leadId, cycle: 2, modelVersion: 1, recipient: { id: 'rep-9', kind: 'rep' }, rule: 'all' },
      ...{ dueBy: '2026-03-19T12:00:00.000Z', workSchedule: OFFICE },
    }),
    pageView('abe called again', MONDAY + 3, [identityKey('email', 'abe@reader.example')], {
      kind: 'meeting',
    }),
  ]);
  await api.runner.catchUp();
  expect((await responses()).rows.find(({ key }) => key === 'rep-9')).toMatchObject({
    accepted: { handOffs: 0 },
    firstActivity: { handOffs: 1, medianMinutes: 1440, medianBusinessMinutes: 480 },
  });
  expect((await responses()).rows.find(({ key }) => key === 'rep-7')).toEqual(
    before.rows.find(({ key }) => key === 'rep-7'),
  );
  expect(await responses(`?asOf=${asOf}`)).toEqual(before);
  const scope = { timeZone: 'UTC', from: null, to: null, by: ['recipient'] as const, segment: undefined };
  const cells = (many: boolean) =>
    api.app
      .get(ReadModels)
      .view(
        { workspace: 'main', asOf: undefined, minPosition: undefined },
        ['journey', 'lifecycle'],
        async (view) =>
          (await responseCells(view, scope, many)).cells.sort((a, b) =>
            (a.keys[0] ?? '') < (b.keys[0] ?? '') ? -1 : 1,
          ),
      );
  expect(await cells(true)).toEqual(await cells(false));
});
