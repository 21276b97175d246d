import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CloudEvent, emitterFor, HTTP, httpTransport, Mode } from 'cloudevents';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';
import { TcpProxy } from '../../test/tcp-proxy.js';
import { unsteadyStore } from '../../test/unsteady-store.js';

const MAPPING = [
  {
    when: { event: 'com.acme.trial.*' },
    set: { kind: 'trial_start', identity: { email: { path: 'data.user.email' } } },
  },
];

const outage = unsteadyStore();
let server: IntakeServer;
let wire: TcpProxy;
let head: bigint;
beforeAll(async () => {
  server = await intakeServer({ wrap: (store) => outage.wrap(store) });
  wire = await TcpProxy.start(Number(new URL(server.url).port));
  await server.database.pool.query(
    `UPDATE touchline.collector SET mapping = $1, settings = '{"requestsPerSecond": 1000}'`,
    [JSON.stringify(MAPPING)],
  );
});
afterAll(async () => {
  await wire.stop();
  await server.stop();
});
beforeEach(async () => {
  head = await server.store.head();
  await server.database.pool.query('TRUNCATE touchline.rejected');
});

const bearer = () => ({ authorization: `Bearer ${server.keys.writeKey}` });
const post = (body: string, headers: Record<string, string>): Promise<Response> =>
  fetch(`${server.url}/events`, { method: 'POST', body, headers: { ...bearer(), ...headers } });
const options = (headers: Record<string, string>, query = ''): Promise<Response> =>
  fetch(`${server.url}/events${query}`, { method: 'OPTIONS', headers });
const events = () => server.store.readAll(head, 100);
const rejected = async (): Promise<string[]> =>
  (await server.database.pool.query<{ code: string }>('SELECT code FROM touchline.rejected')).rows.map(
    ({ code }) => code,
  );

let serial = 0;
const started = (): CloudEvent<object> =>
  new CloudEvent({
    ...{ id: `m-${++serial}`, source: '/billing', type: 'com.acme.trial.started' },
    ...{ time: '2026-03-01T09:30:00.000Z', data: { user: { email: 'ada@acme.example' }, plan: 'pro' } },
  });

describe('the cloudevents SDK', () => {
  test.each([[Mode.BINARY], [Mode.STRUCTURED]])('sends an event in %s mode', async (mode) => {
    const emit = emitterFor(httpTransport(`${server.url}/events`), { binding: HTTP, mode });
    const event = started();
    const answer = (await emit(event, { headers: bearer() })) as { body: string };
    expect(JSON.parse(answer.body)).toMatchObject({
      receipts: [{ status: 'accepted', messageId: `/billing ${event.id}` }],
    });
    expect(await events()).toMatchObject([
      {
        occurredAt: new Date('2026-03-01T09:30:00Z'),
        data: {
          ...{ kind: 'trial_start', name: 'com.acme.trial.started', identity: ['email:ada@acme.example'] },
          properties: { plan: 'pro' },
        },
      },
    ]);
  });

  test.each([[Mode.BINARY], [Mode.STRUCTURED]])(
    'sends in %s mode again what was answered 503 or broke, and nothing is recorded twice',
    async (mode) => {
      const transport = httpTransport(`${wire.through(server.url)}events`);
      const emit = emitterFor(transport, { binding: HTTP, mode });
      outage.refuseNext(3);
      wire.delay(5);
      for (let nth = 0; nth < 10; nth += 1) {
        const event = started();
        for (let tries = 0; tries < 20; tries += 1) {
          if (nth % 2 === 1 && tries < 3) setTimeout(() => wire.cut(), 8 + 2 * tries);
          const answer = (await emit(event, { headers: bearer() }).catch(() => undefined)) as
            { body: string } | undefined;
          if (answer?.body.includes('receipts')) break;
        }
      }
      wire.restore();
      expect(outage.left).toBe(0);
      expect(await events()).toHaveLength(10);
    },
  );
});

test('a batch is answered 202 with a receipt each; what cannot be read is kept as rejected', async () => {
  const batch = [started(), { specversion: '1.0', id: '1' }, started()];
  const answer = await post(JSON.stringify(batch), { 'content-type': 'application/cloudevents-batch+json' });
  const { receipts } = (await answer.json()) as { receipts: { status: string }[] };
  expect([answer.status, receipts.map(({ status }) => status)]).toEqual([
    202,
    ['accepted', 'rejected', 'accepted'],
  ]);
  expect([(await events()).length, await rejected()]).toEqual([2, ['missing-field']]);
});

test('events of which source and id make the same text are two', async () => {
  const event = {
    specversion: '1.0',
    type: 'com.acme.trial.started',
    data: { user: { email: 'ada@acme.example' } },
  };
  const batch = [
    { ...event, source: '/a b', id: 'c' },
    { ...event, source: '/a', id: 'b c' },
  ];
  const answer = await post(JSON.stringify(batch), { 'content-type': 'application/cloudevents-batch+json' });
  expect(
    ((await answer.json()) as { receipts: { status: string }[] }).receipts.map(({ status }) => status),
  ).toEqual(['accepted', 'accepted']);
});

test('the same event in every mode is recorded once', async () => {
  const event = started();
  const { headers, body } = HTTP.binary(event);
  const texts = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  await post(String(body), texts);
  await post(event.toString(), { 'content-type': 'application/cloudevents+json; charset=utf-8' });
  await post(`[${event.toString()}]`, { 'content-type': 'application/cloudevents-batch+json' });
  expect(await events()).toHaveLength(1);
});

test.each([
  ['application/json', {}],
  ['application/cloudevents+xml', {}],
  ['application/cloudevents+avro', { 'ce-specversion': '1.0' }],
  ['text/plain', {}],
  ['', {}],
])('a request of the type %j with headers %j is answered 415 and kept', async (type, headers) => {
  const answer = await post(started().toString(), { 'content-type': type, ...headers });
  expect([answer.status, await server.store.head(), await rejected()]).toEqual([
    ...[415, head, ['content-type-unknown']],
  ]);
});

test.each([['{'], ['7'], ['"text"'], ['null'], ['']])(
  'the body %j is answered 400 and kept',
  async (body) => {
    const answer = await post(body, { 'content-type': 'application/cloudevents+json' });
    expect([answer.status, await rejected()]).toEqual([400, ['unreadable-body']]);
  },
);

test('data of another type than JSON is kept as rejected with its bytes', async () => {
  const answer = await post('<a/>', {
    ...{ 'content-type': 'application/xml', 'ce-specversion': '1.0', 'ce-id': 'x' },
    ...{ 'ce-source': '/x', 'ce-type': 'com.acme.trial.started' },
  });
  expect([answer.status, await rejected()]).toEqual([202, ['content-type-unknown']]);
});

test('an unknown key is refused and nothing is stored', async () => {
  const answer = await post(started().toString(), {
    ...{ authorization: 'Bearer nobody', 'content-type': 'application/cloudevents+json' },
  });
  expect([answer.status, await server.store.head(), await rejected()]).toEqual([401, head, []]);
});

test('a store that is away is answered 503 with a time to come back', async () => {
  outage.refuseNext(1);
  const answer = await post(started().toString(), { 'content-type': 'application/cloudevents+json' });
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
});

describe('the validation of a webhook', () => {
  test('allows its sender, with the rate of the collector', async () => {
    const key = `?access_token=${server.keys.writeKey}`;
    const answer = await options(
      { 'webhook-request-origin': 'events.example.com', 'webhook-request-rate': '120' },
      key,
    );
    expect([
      answer.status,
      answer.headers.get('webhook-allowed-origin'),
      answer.headers.get('webhook-allowed-rate'),
      answer.headers.get('allow'),
    ]).toEqual([204, 'events.example.com', '60000', 'POST, OPTIONS']);
  });

  test.each([[{}], [{ 'webhook-request-origin': 'a b' }], [{ 'webhook-request-origin': '<script>' }]])(
    'with the headers %j allows nobody',
    async (headers) => {
      const answer = await options({ ...bearer(), ...headers });
      expect([answer.status, answer.headers.get('webhook-allowed-origin')]).toEqual([400, null]);
    },
  );

  test('with an unknown key allows nobody', async () => {
    const answer = await options({ 'webhook-request-origin': 'events.example.com' }, '?access_token=nobody');
    expect([answer.status, answer.headers.get('webhook-allowed-origin')]).toEqual([401, null]);
  });

  test('is no preflight of a browser', async () => {
    const answer = await options({
      origin: 'https://www.acme.example',
      'access-control-request-method': 'POST',
    });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([
      ...[204, 'https://www.acme.example'],
    ]);
  });
});

test('a key over its quota is answered 429 with a time to come back', async () => {
  await server.database.pool.query(
    `UPDATE touchline.collector SET settings = '{"requestsPerSecond": 1}', updated_at = now()`,
  );
  const statuses: [number, string | null][] = [];
  for (let nth = 0; nth < 40; nth += 1) {
    const answer = await post(started().toString(), { 'content-type': 'application/cloudevents+json' });
    statuses.push([answer.status, answer.headers.get('retry-after')]);
    if (answer.status === 429) break;
    // Settings of a collector are read again with the next load of keys, which an unknown key brings about.
    await post('', { authorization: `Bearer nobody-${nth}` });
  }
  expect(statuses.at(-1)).toEqual([429, expect.stringMatching(/^\d+$/)]);
});
