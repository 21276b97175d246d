import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { unsteadyStore } from '../../test/unsteady-store.js';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';
import type { OpportunityReport } from '../domain/opportunity-report.js';
import { replay as replayEvents } from '../domain/decider.js';
import { opportunity, type OpportunityEvent } from '../domain/opportunity.js';
import type { EventStore } from '../event-store/event-store.js';
import type { Format, Message } from './format.js';
import { Formats } from './formats/all.js';
import { isObject } from './json.js';
import { json } from './openapi-parts.js';
import { Type } from './schema.js';

/** A format whose items are messages as formats make them. */
const plain: Format = {
  name: 'plain',
  requestBytes: 1_000_000,
  requestItems: 100,
  schema: Type.Object({}),
  endpoints: [
    {
      method: 'POST',
      path: '/plain',
      call: 'plain',
      decode: (_, body) => ({ items: JSON.parse(body.text) as unknown[] }),
      reply: (outcomes) => ({
        body: JSON.stringify(outcomes, (_, value: unknown) =>
          typeof value === 'bigint' ? String(value) : value,
        ),
      }),
      operation: {
        operationId: 'plain',
        responses: { 200: { description: '', content: json('Plain', {}) } },
      },
    },
  ],
  read: (item) => item as Message,
};

let server: IntakeServer;
let key: string;
const outage = unsteadyStore();
beforeAll(async () => {
  const wrap = (store: EventStore) => outage.wrap(store);
  server = await intakeServer({ formats: new Formats([plain]), wrap });
});
afterAll(() => server.stop());
let nth = 0;
let opportunityId: string;
beforeEach(() => {
  key = server.keys.writeKey;
  opportunityId = `opp-${++nth}`;
});

const message = (
  id: string,
  at: string,
  report: Partial<OpportunityReport>,
  facts: Message['facts'] = [],
) => ({
  ...{ messageId: `${opportunityId}/${id}`, time: { timestamp: at, path: 'at' }, facts },
  opportunities: [{ opportunityId, ...report }],
});

async function send(...messages: object[]): Promise<Record<string, unknown>[]> {
  const response = await fetch(`${server.url}/plain`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify(messages),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>[];
}

async function recorded() {
  const events = await server.store.readStream('main', `opportunity-${opportunityId}`);
  return { events, state: replayEvents(opportunity, events as readonly OpportunityEvent[]) };
}

const opened = () => message('1', '2026-01-01T00:00:00Z', { currency: 'EUR', amount: '100' });
const claim: Message['facts'][number] = {
  ...{ type: 'IdentityClaimed', stream: 'identity-crm:1' },
  data: { identity: ['crm:1'] },
};

test('a report is decided and answered by its position, and a resend is a duplicate with the same receipt', async () => {
  const [first] = await send(opened());
  expect(first).toMatchObject({ status: 'accepted', messageId: `${opportunityId}/1` });
  const [again] = await send(opened());
  expect(again).toEqual({ ...first, status: 'duplicate' });
  const { events, state } = await recorded();
  expect(events.map(({ type, collector }) => [type, collector])).toEqual([
    ['OpportunityOpened', 'web'],
    ['OpportunityChanged', 'web'],
  ]);
  expect(state).toMatchObject({ amountMinor: 10_000, currency: 'EUR' });
});

test('a message that is twice in one request is recorded once', async () => {
  const outcomes = await send(opened(), opened());
  expect(outcomes.map(({ status }) => status)).toEqual(['accepted', 'duplicate']);
});

test('facts and reports of one message have one outcome, and messages of one opportunity keep theirs', async () => {
  const mixed = message('2', '2026-01-02T00:00:00Z', { stage: 'proposal' }, [claim]);
  const outcomes = await send(opened(), mixed, message('3', '2026-01-03T00:00:00Z', { amount: 'many' }));
  expect(outcomes).toMatchObject([
    { status: 'accepted' },
    { status: 'accepted' },
    { status: 'rejected', reason: { code: 'amount-malformed', path: 'amount' } },
  ]);
  expect((await recorded()).state).toMatchObject({ stage: 'proposal', amountMinor: 10_000 });
  expect(await send(mixed)).toMatchObject([{ status: 'duplicate' }]);
});

test('a refused report is kept with its reason, and accepted when it is replayed after the cause is gone', async () => {
  const early = message('2', '2026-01-02T00:00:00Z', { stage: 'proposal' }, [claim]);
  expect(await send(early)).toMatchObject([{ status: 'rejected', reason: { code: 'currency-missing' } }]);
  const api = (path: string, body?: object) =>
    fetch(`${server.url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${server.keys.apiKey}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    }).then((response) => response.json());
  const { items } = (await api('/api/rejected?code=currency-missing')) as { items: { id: string }[] };
  await send(opened());
  expect(await api('/api/rejected/replay', { ids: items.map(({ id }) => id) })).toMatchObject({
    accepted: 1,
  });
  expect((await recorded()).state).toMatchObject({ stage: 'proposal' });
});

test('a report that could not be decided is answered 503, and recorded once when it is sent again', async () => {
  outage.refuseNext(1, 'append');
  const claimed = message('1', '2026-01-01T00:00:00Z', { currency: 'EUR' }, [claim]);
  const answer = await fetch(`${server.url}/plain`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify([claimed]),
  });
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await send(claimed)).toMatchObject([{ status: 'accepted' }]);
  expect(await send(claimed)).toMatchObject([{ status: 'duplicate' }]);
  expect((await recorded()).events).toHaveLength(2);
});

test('a public write key reports no opportunity', async () => {
  key = server.keys.publicWriteKey;
  expect(await send(opened())).toMatchObject([{ status: 'rejected', reason: { code: 'write-key-public' } }]);
  expect((await recorded()).events).toEqual([]);
});

test('messages of one opportunity in parallel requests are all recorded', async () => {
  const all = Array.from({ length: 8 }, (_, day) =>
    message(String(day), `2026-01-0${day + 1}T00:00:00Z`, { currency: 'EUR', stage: `stage ${day}` }),
  );
  const outcomes = await Promise.all(all.map((each) => send(each)));
  expect(outcomes.flat().map(({ status }) => status)).toEqual(all.map(() => 'accepted'));
  expect((await recorded()).state.stage).toBe('stage 7');
  expect(outcomes.flat().every(isObject)).toBe(true);
});
