import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EXAMPLE } from '../../../test/example-workspace.js';
import { type ExampleApi, exampleApi } from '../../../test/example-api.js';
import { EXAMPLE_HAND_OFFS } from '../../../test/example-hand-offs.js';
import { EXAMPLE_NURTURE } from '../../../test/example-nurture.js';
import { EXAMPLE_READERS } from '../../../test/example-readers.js';
import { day, type Entry, entry, opportunityEvents, pageView } from '../../../test/sample-events.js';
import { type IdentityKey, leadIdOf } from '../../domain/identity/keys.js';
import type { FunnelAnswer } from './funnel.js';
import type { NurtureGroupItem, NurtureLiftAnswer } from './nurture-lift-answer.js';

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
});
afterAll(() => api?.close());

const report = async (query = '', workspace?: string) =>
  (await api.get<NurtureLiftAnswer>(`/api/metrics/nurture-lift${query}`, workspace)).body;
const leads = ({ leads: all, steps }: NurtureGroupItem) => [all, ...steps.map((step) => step.leads)];
const liftOf = ({ lift }: Pick<NurtureLiftAnswer, 'lift'>, of: string) =>
  lift.find((item) => item.of === of) ?? { ratio: null, difference: null };

/** A workspace with the model of the example and these events. */
async function workspaceWith(name: string, entries: readonly Entry[]): Promise<string> {
  await api.add(name, [...EXAMPLE.slice(0, 1), ...entries]);
  await api.runner.catchUp();
  return name;
}

const keyOf = (name: string): IdentityKey => `email:${name}@lift.example`;
const visit = (name: string, at: number): Entry => pageView(`visit ${name} ${at}`, at, [keyOf(name)]);
const mail = (name: string, at: number): Entry =>
  pageView(`mail ${name} ${at}`, at, [keyOf(name)], {
    kind: 'email_delivered',
    channel: 'email',
    campaign: 'drip',
  });
const decided = (workspace: string, type: 'LeadQualified', name: string, at: number): Entry => {
  const leadId = leadIdOf(workspace, keyOf(name));
  return entry(`${type} ${name} ${at}`, `lead-${leadId}`, type, at, {
    ...{ leadId, cycle: 1, modelVersion: 1, score: 50, grade: 'B', reasons: [] },
  });
};
const sold = (id: string, names: readonly string[], status: 'won' | 'lost', amount: string): Entry[] =>
  opportunityEvents(
    id,
    {
      name: id,
      amount,
      openedAt: day(30),
      contacts: names.map((name) => ({ keys: [keyOf(name)], role: 'user' })),
    },
    { status, closedAt: day(60) },
  );

test('the worked example: of two nurtured leads one was qualified, of four others one', async () => {
  await api.add('main', [...EXAMPLE_READERS, ...EXAMPLE_HAND_OFFS, ...EXAMPLE_NURTURE]);
  await api.runner.catchUp();
  const answer = await report();
  expect(leads(answer.nurtured)).toEqual([2, 1, 0, 0, 0]);
  expect(leads(answer.cold)).toEqual([4, 1, 0, 2, 2]);
  expect(liftOf(answer, 'qualified')).toEqual({
    of: 'qualified',
    ratio: { value: 2, low: 0.223541, high: 17.893787 },
    difference: { value: 0.25, low: -0.35525, high: 0.704081 },
  });
  expect(answer.cold).toMatchObject({ won: 1, revenuePerSale: { amount: '120000.00' }, medianDaysToWin: 35 });
  const { body } = await api.get<FunnelAnswer>('/api/metrics/funnel?by=nurture');
  expect(body.rows.map(({ key, steps }) => [key, steps[0]?.leads, steps[2]?.leads])).toEqual([
    ['cold', 5, 1],
    ['nurtured', 2, 1],
  ]);
});

test('only a nurture touch before the first step makes a lead nurtured, at whatever step it came in', async () => {
  const names = ['before', 'at', 'after', 'skipped', 'late', 'never', 'stays'];
  const workspace = await workspaceWith('rule', [
    ...names.map((name) => visit(name, 1)),
    ...[
      mail('before', 9),
      mail('at', 10),
      mail('after', 11),
      mail('skipped', 29),
      mail('late', 31),
      mail('stays', 80),
    ],
    ...['before', 'at', 'after'].map((name) => decided('rule', 'LeadQualified', name, 10)),
    ...sold('o-rule', ['skipped', 'late'], 'won', '10.00'),
  ]);
  const { nurtured, cold } = await report('', workspace);
  expect([leads(nurtured), leads(cold)]).toEqual([
    [3, 1, 0, 1, 1],
    [4, 2, 0, 1, 1],
  ]);
});

test('a landmark leaves out leads that had taken a step by then, and nurture touches after it', async () => {
  const workspace = await workspaceWith('landmark', [
    ...['soon', 'early', 'tardy', 'cold'].map((name) => visit(name, 1)),
    visit('young', 80),
    ...[mail('early', 5), mail('tardy', 20)],
    ...[decided('landmark', 'LeadQualified', 'soon', 3), decided('landmark', 'LeadQualified', 'early', 40)],
  ]);
  const { nurtured, cold, landmarkDays } = await report('?landmarkDays=14', workspace);
  expect(landmarkDays).toBe(14);
  expect([leads(nurtured), leads(cold)]).toEqual([
    [1, 1, 0, 0, 0],
    [2, 0, 0, 0, 0],
  ]);
  expect(leads((await report('', workspace)).cold)).toEqual([3, 1, 0, 0, 0]);
});

test('an opportunity with contacts of both groups counts once, as nurtured', async () => {
  const workspace = await workspaceWith('both', [
    ...['warm', 'cool', 'alone'].map((name) => visit(name, 1)),
    mail('warm', 2),
    ...sold('o-1', ['warm', 'cool'], 'won', '100.00'),
    ...sold('o-2', ['alone'], 'won', '50.00'),
    ...sold('o-3', ['alone', 'cool'], 'lost', '70.00'),
  ]);
  const { nurtured, cold, lift } = await report('', workspace);
  expect([nurtured.won, nurtured.lost, nurtured.revenue.amount]).toEqual([1, 0, '100.00']);
  expect([cold.won, cold.lost, cold.revenuePerSale?.amount]).toEqual([1, 1, '50.00']);
  expect(liftOf({ lift }, 'winRate').ratio?.value).toBe(2);
});

test('nobody can write to strangers: they are in neither group', async () => {
  const workspace = await workspaceWith('strangers', [
    pageView('stranger', 1, ['anonymous:s-1'], { campaign: 'drip' }),
    visit('known', 1),
  ]);
  const { nurtured, cold } = await report('', workspace);
  expect([leads(nurtured)[0], leads(cold)[0]]).toEqual([0, 1]);
});

test('by month of the first touch each cell has its own groups, and a won opportunity without a rate is named', async () => {
  const yen = opportunityEvents(
    'o-yen',
    {
      amount: '900',
      currency: 'JPY',
      openedAt: day(40),
      contacts: [{ keys: [keyOf('march')], role: 'user' }],
    },
    { status: 'won', closedAt: day(80) },
  );
  const workspace = await workspaceWith('months', [
    ...[visit('january', 2), mail('january', 3), visit('other', 4), visit('march', 70)],
    ...yen,
  ]);
  const { rows, unconverted } = await report('?by=month', workspace);
  expect(rows.map(({ key, nurtured, cold }) => [key, nurtured.leads, cold.leads, cold.won])).toEqual([
    ['2026-01', 1, 1, 0],
    ['2026-03', 0, 1, 1],
  ]);
  expect(rows[1]?.cold.revenuePerSale).toBeNull();
  expect(unconverted).toMatchObject([{ currency: 'JPY', opportunities: ['o-yen'] }]);
});

test('a workspace without events has empty groups and no lift', async () => {
  const { nurtured, cold, lift, rows } = await report('?by=persona', 'nobody');
  expect([leads(nurtured), leads(cold), rows]).toEqual([[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], []]);
  expect(lift.map(({ of, ratio, difference }) => [of, ratio, difference])).toEqual(
    ['qualified', 'accepted', 'opportunity', 'won', 'winRate'].map((of) => [of, null, null]),
  );
});

test('as of a position the lift is the same for ever, whatever arrives for the same leads', async () => {
  const workspace = await workspaceWith('stable', [visit('ann', 2), visit('ben', 3), mail('ann', 4)]);
  const before = await report('?by=persona', workspace);
  await api.add(workspace, [
    ...[mail('ben', 1), decided(workspace, 'LeadQualified', 'ann', 3)],
    ...sold('o-later', ['ann', 'ben'], 'won', '5.00'),
  ]);
  await api.runner.catchUp();
  expect(await report('?by=persona', workspace)).not.toMatchObject({ nurtured: before.nurtured });
  expect(await report(`?by=persona&asOf=${before.asOf}`, workspace)).toEqual(before);
});

test.each([
  ['by=nurture', 'cut-unknown', 'by'],
  ['by=month;drop', 'cut-unknown', 'by'],
  ['landmarkDays=0', 'landmark-days-invalid', 'landmarkDays'],
  ['landmarkDays=1e9', 'landmark-days-invalid', 'landmarkDays'],
  ['currency=GBP', 'currency-unknown', 'currency'],
  ['segment=nobody', 'segment-unknown', 'segment'],
  ['from=2026-03-02&to=2026-03-01', 'period-reversed', 'to'],
])('nurture-lift refuses %s with the code %s', async (query, code, path) => {
  const { status, body } = await api.get<{ code: string; errors: { path: string }[] }>(
    `/api/metrics/nurture-lift?${query}`,
  );
  expect([status, body.code, body.errors[0]?.path]).toEqual([400, code, path]);
});
