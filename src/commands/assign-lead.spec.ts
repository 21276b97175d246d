import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testApp, type TestApp } from '../../test/app.js';
import { leadOf, SalesLog } from '../../test/hand-offs.js';
import { until } from '../../test/until.js';

let server: TestApp;
let log: SalesLog;
let head = 0n;

beforeAll(async () => {
  server = await testApp();
  log = new SalesLog(server.runtime.store);
  const recipients = ['ada', 'bob'].map((id) => ({ id, name: id, kind: 'rep' as const, capacity: 1 }));
  const managers = [{ id: 'eva', name: 'Eva' }];
  await log.publish({
    routing: { recipients, managers },
    serviceLevels: [{ name: 'all', dueWithinHours: 8 }],
  });
  for (const name of ['ann', 'ben', 'cid', 'dan']) await log.person(name);
  await log.qualify('ann', 'ben', 'cid');
  await until(async () => (await log.handOffs()).length === 2, 20_000);
  head = await log.store.head();
});
afterAll(() => server?.close());

const ask = (method: 'GET' | 'POST', url: string, payload?: object) =>
  server.app.inject({
    ...{ method, url, headers: { authorization: `Bearer ${server.keys.apiKey}` } },
    ...(payload && { payload }),
  });
const assign = (name: string, input: object) =>
  ask('POST', `/api/leads/email:${name}@${name}.example/assign`, input);
const codeOf = async (name: string, input: object): Promise<[number, string]> => {
  const { statusCode, ...response } = await assign(name, input);
  return [statusCode, response.json<{ code: string }>().code];
};

test('a lead is assigned over the capacity of a recipient, and its former one gets the lead that waits', async () => {
  const before = (await log.handOffs()).map(({ data }) => [data.leadId, data.recipient.id]);
  expect(before).toEqual([
    [leadOf('ann'), 'ada'],
    [leadOf('ben'), 'bob'],
  ]);
  const { statusCode, ...response } = await assign('ann', { to: 'bob', by: 'eva', reason: 'knows her' });
  const { position } = response.json<{ position: string }>();
  expect([statusCode, response.json()]).toMatchObject([
    200,
    { status: 'handed_off', changed: true, cycle: 1 },
  ]);
  const list = await ask('GET', `/api/handoffs?state=all&minPosition=${position}`);
  const mine = list.json<{ items: { lead: { leadId: string }; state: string }[] }>().items;
  expect(mine.filter(({ lead }) => lead.leadId === leadOf('ann')).map(({ state }) => state)).toEqual([
    'reassigned',
    'handed_off',
  ]);
  const [latest] = (await log.handOffs()).slice(2);
  expect(latest?.data).toMatchObject({ rule: 'assigned', by: 'eva', reason: 'knows her', modelVersion: 2 });
  expect(Date.parse(latest?.data.dueBy ?? '') - +(latest?.occurredAt ?? 0)).toBe(8 * 3_600_000);
  expect(await until(async () => (await log.handOffs()).length === 4, 20_000)).toBe(true);
  expect((await log.handOffs()).at(-1)?.data).toMatchObject({
    leadId: leadOf('cid'),
    recipient: { id: 'ada' },
  });
  const again = (await assign('ann', { to: 'bob', by: 'eva' })).json<{ changed: boolean }>();
  expect(again.changed).toBe(false);
});

test('only a lead in the process of sales is assigned, and only to a recipient of the model', async () => {
  await ask('GET', `/api/leads/email:dan@dan.example?minPosition=${head}`);
  expect(await codeOf('cid', { to: 'somebody', by: 'eva' })).toEqual([404, 'recipient-not-found']);
  expect(await codeOf('cid', { to: 'bob', by: 'nobody' })).toEqual([404, 'decider-not-found']);
  expect(await codeOf('nobody', { to: 'ada', by: 'eva' })).toEqual([404, 'lead-not-found']);
  expect(await codeOf('dan', { to: 'ada', by: 'eva' })).toEqual([409, 'lead-not-qualified']);
  expect((await assign('cid', { to: 'ada' })).statusCode).toBe(400);
});

test('a lead that left the process of sales is assigned to nobody', async () => {
  await log.person('eve');
  await ask('GET', `/api/leads/email:eve@eve.example?minPosition=${await log.store.head()}`);
  const decide = (command: string) =>
    ask('POST', `/api/leads/email:eve@eve.example/${command}`, { by: 'ada', reason: 'student' });
  await decide('disqualify');
  expect(await codeOf('eve', { to: 'ada', by: 'eva' })).toEqual([409, 'lead-disqualified']);
  await decide('recycle');
  expect(await codeOf('eve', { to: 'ada', by: 'eva' })).toEqual([409, 'lead-recycled']);
});

test('of two reps who accept a lead at once one has it, and the other is told who', async () => {
  const accept = (by: string) => ask('POST', '/api/leads/email:ben@ben.example/accept', { by });
  const answers = await Promise.all([accept('ada'), accept('bob')]);
  expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 409]);
  const refused = answers.find(({ statusCode }) => statusCode === 409);
  const winner = answers[0]?.statusCode === 200 ? 'ada' : 'bob';
  expect(refused?.json()).toMatchObject({ code: 'lead-already-accepted' });
  expect(refused?.json<{ detail: string }>().detail).toContain(winner);
});
