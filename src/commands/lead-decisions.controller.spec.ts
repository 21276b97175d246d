import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { testApp, type TestApp } from '../../test/app.js';
import { TEST_MODEL } from '../../test/journey-models.js';
import { LeadLog } from '../../test/qualified-leads.js';

let server: TestApp;
let log: LeadLog;
let lead: { readonly leadId: string; readonly email: string };
let people = 0;

beforeAll(async () => {
  server = await testApp();
  log = new LeadLog(server.runtime.store);
  const recipients = ['rep-1', 'rep-2'].map((id) => ({ id, name: id, kind: 'rep' as const }));
  await log.publish({ ...TEST_MODEL, routing: { recipients, managers: [{ id: 'eva', name: 'Eva' }] } });
  await server.app.inject({
    url: `/api/model?minPosition=${await server.runtime.store.head()}`,
    headers: { authorization: `Bearer ${server.keys.apiKey}` },
  });
});
afterAll(() => server.close());

/** A lead of its own for each test, handed off to rep-7. */
beforeEach(async () => {
  const email = `ada-${(people += 1)}@acme.example`;
  await log.touch([`email:${email}`], 'form_fill');
  const { leadId } = await read(`email:${email}`);
  lead = { leadId, email };
});

const handOff = async (): Promise<void> => {
  const of = { leadId: lead.leadId, cycle: 1, modelVersion: 1 };
  await log.decide('LeadQualified', { ...of, score: 40, grade: 'B', reasons: [] });
  await log.decide('LeadHandedOff', {
    ...of,
    recipient: { id: 'rep-7', kind: 'rep' },
    rule: 'all',
    dueBy: '2027-01-01T00:00:00Z',
  });
};

const ask = (method: 'GET' | 'POST', url: string, payload?: object, headers: Record<string, string> = {}) =>
  server.app.inject({
    method,
    url: `/api/leads/${url}`,
    headers: { authorization: `Bearer ${server.keys.apiKey}`, ...headers },
    ...(payload && { payload }),
  });
const read = async (who: string): Promise<{ leadId: string; lifecycle: string }> => {
  const head = await server.runtime.store.head();
  return (await ask('GET', `${who}?minPosition=${head}`)).json();
};
interface Receipt {
  readonly leadId: string;
  readonly status: string;
  readonly cycle: number;
  readonly position: string;
  readonly changed: boolean;
}

describe('accepting a lead', () => {
  test('takes it and shows in its lifecycle, also as of a position', async () => {
    await handOff();
    const before = await server.runtime.store.head();
    const accepted = await ask('POST', `email:${lead.email}/accept`, { by: 'rep-7' });
    expect(accepted.statusCode).toBe(200);
    const { position, ...receipt } = accepted.json<Receipt>();
    expect(receipt).toEqual({ leadId: lead.leadId, status: 'accepted', cycle: 1, changed: true });
    expect((await ask('GET', `${lead.leadId}?minPosition=${position}`)).json()).toMatchObject({
      lifecycle: 'accepted',
    });
    expect((await ask('GET', `${lead.leadId}?asOf=${before}`)).json()).toMatchObject({
      lifecycle: 'handed_off',
    });
    const listed = (await ask('GET', '?lifecycle=accepted&limit=100')).json<{
      items: { leadId: string }[];
    }>();
    expect(listed.items.map(({ leadId }) => leadId)).toContain(lead.leadId);
  });

  test('by two at once succeeds for one, and the other is told who and when', async () => {
    await handOff();
    const both = await Promise.all(
      ['rep-1', 'rep-2'].map(async (by) => ({
        by,
        response: await ask('POST', `${lead.leadId}/accept`, { by }),
      })),
    );
    const winner = both.find(({ response }) => response.statusCode === 200);
    const loser = both.find(({ response }) => response.statusCode === 409);
    expect(loser?.response.json()).toMatchObject({
      code: 'lead-already-accepted',
      detail: expect.stringMatching(
        new RegExp(`accepted by ${winner?.by ?? 'nobody'} at \\d{4}-`),
      ) as unknown,
    });
  });

  test('again, or by the same idempotency key however late, returns the first response', async () => {
    await handOff();
    const key = { 'idempotency-key': `accept ${lead.leadId}` };
    const first = await ask('POST', `${lead.leadId}/accept`, { by: 'rep-7' }, key);
    const same = await ask('POST', `${lead.leadId}/accept`, { by: 'rep-7' });
    expect(same.json()).toEqual({ ...first.json<Receipt>(), changed: false });
    await ask('POST', `${lead.leadId}/recycle`, { reason: 'no budget' });
    const late = await ask('POST', `${lead.leadId}/accept`, { by: 'rep-7' }, key);
    expect(late.statusCode).toBe(200);
    expect(late.json()).toEqual(first.json());
    expect(await read(lead.leadId)).toMatchObject({ lifecycle: 'recycled' });
  });

  test('by who is no recipient of the model is refused, and by who received it is not', async () => {
    await handOff();
    const refused = await ask('POST', `${lead.leadId}/accept`, { by: 'rep-9' });
    expect([refused.statusCode, refused.json()]).toEqual([
      404,
      expect.objectContaining({ code: 'recipient-not-found' }),
    ]);
    expect((await ask('POST', `${lead.leadId}/accept`, { by: 'rep-7' })).statusCode).toBe(200);
  });

  test('that opted out is refused', async () => {
    await handOff();
    await log.consent(`email:${lead.email}`, 'unsubscribed');
    expect(await read(lead.leadId)).toMatchObject({ lifecycle: 'opted_out' });
    const refused = await ask('POST', `${lead.leadId}/accept`, { by: 'rep-7' });
    expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([409, 'lead-opted-out']);
  });
});

test('a recycled lead keeps reason and wake-up in its decision', async () => {
  await handOff();
  const wakeWhen = { when: { kind: 'demo_request' } };
  const recycled = await ask('POST', `${lead.leadId}/recycle`, {
    ...{ reason: 'no budget', by: 'rep-7', wakeWhen },
    wakeAt: '2100-01-10T09:00:00+01:00',
  });
  expect(recycled.json()).toMatchObject({ status: 'recycled', changed: true });
  const [last] = (await server.runtime.store.readStream('main', `lead-${lead.leadId}`)).slice(-1);
  expect(last).toMatchObject({
    type: 'LeadRecycled',
    data: { reason: 'no budget', by: 'rep-7', cycle: 1, wakeAt: '2100-01-10T08:00:00.000Z', wakeWhen },
  });
});

test('a lead is disqualified before it ever qualified, and recycled to be one again', async () => {
  const disqualified = await ask('POST', `${lead.leadId}/disqualify`, { reason: 'student' });
  expect(disqualified.json()).toMatchObject({ status: 'disqualified', cycle: 0 });
  expect(await read(lead.leadId)).toMatchObject({ lifecycle: 'disqualified' });
  expect((await ask('POST', `${lead.leadId}/recycle`, { reason: 'graduated' })).json()).toMatchObject({
    status: 'recycled',
  });
});

test('a lead that was merged is decided on under any of its ids', async () => {
  await handOff();
  await log.touch(['user:late', `email:${lead.email}`], 'form_fill', { hoursAgo: 24 * 400 });
  const merged = await read(`email:${lead.email}`);
  expect(merged.lifecycle).toBe('handed_off');
  const accepted = await ask('POST', 'user:late/accept', { by: 'rep-7' });
  expect(accepted.json()).toMatchObject({ leadId: merged.leadId, status: 'accepted' });
  expect(await read(lead.leadId)).toMatchObject({ leadId: merged.leadId, lifecycle: 'accepted' });
});

test.each([
  ['nobody/accept', { by: 'rep-7' }, 404, 'lead-not-found'],
  ['$lead/accept', { by: 'rep-7' }, 409, 'lead-not-qualified'],
  ['$lead/accept', {}, 400, 'invalid'],
  ['$lead/accept', { by: ' ' }, 400, 'invalid'],
  ['$lead/accept', { by: 'rep-7', extra: 1 }, 400, 'invalid'],
  ['$lead/recycle', { reason: 'no budget' }, 409, 'lead-not-qualified'],
  ['$lead/recycle', {}, 400, 'invalid'],
  ['$lead/recycle', { reason: 'x', wakeAt: 'tomorrow' }, 400, 'invalid'],
  ['$lead/recycle', { reason: 'x', wakeWhen: { when: { kind: 'nonsense' } } }, 400, 'invalid'],
  ['$lead/recycle', { reason: 'x', wakeWhen: [] }, 400, 'invalid'],
  ['$lead/disqualify', { reason: 'x'.repeat(501) }, 400, 'invalid'],
  ['anonymous:somebody/disqualify', { reason: 'bot' }, 409, 'lead-not-known'],
])('POST /api/leads/%s with %j is refused with %i %s', async (path, body, status, code) => {
  await log.touch(['anonymous:somebody'], 'page_view');
  await read(lead.leadId);
  const response = await ask('POST', path.replace('$lead', lead.leadId), body);
  expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([status, code]);
});

test.each(['recycle', 'disqualify'])(
  '%s takes recipients, managers and who received the lead',
  async (command) => {
    for (const by of ['rep-1', 'eva', 'rep-7', undefined]) {
      people += 1;
      const email = `bob-${people}@acme.example`;
      await log.touch([`email:${email}`], 'form_fill');
      lead = { email, leadId: (await read(`email:${email}`)).leadId };
      await handOff();
      const decide = (who: string | undefined) =>
        ask('POST', `${lead.leadId}/${command}`, {
          reason: 'student',
          ...(who !== undefined && { by: who }),
        });
      const refused = await decide('rep-9');
      expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([404, 'decider-not-found']);
      expect((await decide(by)).statusCode).toBe(200);
      // The same is decided once, also if who decided has left the model since.
      expect((await decide(by)).json<Receipt>().changed).toBe(false);
    }
  },
);

test('a wake-up in the past is refused', async () => {
  await handOff();
  const response = await ask('POST', `${lead.leadId}/recycle`, {
    reason: 'x',
    wakeAt: '2020-01-01T00:00:00Z',
  });
  expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([422, 'wake-at-in-the-past']);
});

describe('a command out of order is refused with a stable code and what was decided', () => {
  type Step = readonly [command: string, body: object];
  const accept: Step = ['accept', { by: 'rep-7' }];
  const recycle: Step = ['recycle', { by: 'rep-7', reason: 'no budget' }];
  const disqualify: Step = ['disqualify', { by: 'rep-7', reason: 'student' }];
  test.each<[title: string, before: readonly Step[], last: Step, code: string, detail: RegExp]>([
    [
      'accepting what somebody else accepted',
      [accept],
      ['accept', { by: 'rep-1' }],
      'lead-already-accepted',
      /rep-7/,
    ],
    ['accepting what was recycled', [recycle], accept, 'lead-recycled', /recycled by rep-7.*no budget/],
    ['accepting what was accepted and recycled', [accept, recycle], accept, 'lead-recycled', /no budget/],
    ['accepting what was disqualified', [disqualify], accept, 'lead-disqualified', /student/],
    [
      'accepting what was disqualified and recycled',
      [disqualify, recycle],
      accept,
      'lead-recycled',
      /no budget/,
    ],
    [
      'disqualifying for another reason',
      [disqualify],
      ['disqualify', { by: 'rep-7', reason: 'competitor' }],
      'lead-disqualified',
      /student/,
    ],
    [
      'disqualifying what somebody else disqualified',
      [disqualify],
      ['disqualify', { by: 'rep-1', reason: 'student' }],
      'lead-disqualified',
      /rep-7/,
    ],
  ])('%s', async (_, before, last, code, detail) => {
    await handOff();
    for (const [command, body] of before)
      expect((await ask('POST', `${lead.leadId}/${command}`, body)).statusCode).toBe(200);
    const refused = await ask('POST', `${lead.leadId}/${last[0]}`, last[1]);
    expect([refused.statusCode, refused.json()]).toEqual([
      409,
      expect.objectContaining({ code, detail: expect.stringMatching(detail) as unknown }),
    ]);
  });

  test('accepting what is qualified and waits for its hand-off', async () => {
    const of = { leadId: lead.leadId, cycle: 1, modelVersion: 1 };
    await log.decide('LeadQualified', { ...of, score: 40, grade: 'B', reasons: [] });
    const refused = await ask('POST', `${lead.leadId}/accept`, { by: 'rep-7' });
    expect(refused.json()).toMatchObject({ status: 409, code: 'lead-not-handed-off' });
  });
});
