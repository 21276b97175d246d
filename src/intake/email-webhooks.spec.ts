import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { WebhookServer } from '../../test/webhook-server.js';
import { type EventStore, type Receipt, StoreUnavailable } from '../event-store/event-store.js';

/** What holds for the webhooks of every mail provider, with requests that are signed as the provider signs them. */
let outages = 0;
/** Turns the next facts away, as a store does that is over its limit. */
const unsteady = (store: EventStore): EventStore =>
  new Proxy(store, {
    get: (target, name) => {
      if (name === 'record' && outages > 0)
        return (): Promise<readonly Receipt[]> => {
          outages -= 1;
          return Promise.reject(new StoreUnavailable('the queue of the log is full', 1));
        };
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });

const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const SECRET = 'the secret';
const JSON_TYPE = { 'content-type': 'application/json' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const seconds = (): string => String(Math.floor(Date.now() / 1000));
const EMAIL = 'ada@acme.example';

interface Sent {
  readonly body: string;
  readonly headers: Record<string, string>;
  readonly query?: string;
}

interface Provider {
  readonly secret: string;
  /** Two events of the provider. */
  readonly events: readonly unknown[];
  /** The request that carries an event, whatever that is. */
  request(event: unknown, url: string): Sent;
}

const PROVIDERS: Readonly<Record<string, Provider>> = {
  sendgrid: {
    secret: ec.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    events: ['open', 'spamreport'].map((event) => ({
      ...{
        event,
        email: EMAIL,
        timestamp: 1772357400,
        sg_event_id: event,
        sg_message_id: 'm',
        url: 'https://a.example',
      },
      ...{ category: ['spring'], useragent: 'Firefox', ip: '192.0.2.1', sg_machine_open: false },
    })),
    request(event) {
      const [body, time] = [JSON.stringify([event]), seconds()];
      const signature = sign('sha256', Buffer.from(time + body), ec.privateKey).toString('base64');
      const [name, at] = ['x-twilio-email-event-webhook-signature', 'x-twilio-email-event-webhook-timestamp'];
      return { body, headers: { ...JSON_TYPE, [name]: signature, [at]: time } };
    },
  },
  mailgun: {
    secret: SECRET,
    events: ['opened', 'unsubscribed'].map((event) => ({
      ...{
        event,
        id: event,
        timestamp: 1772357400.1,
        recipient: EMAIL,
        tags: ['spring'],
        'user-variables': { a: 'b' },
      },
      ...{
        message: { headers: { 'message-id': 'm' } },
        'client-info': { bot: '', 'user-agent': 'Firefox' },
        campaigns: [],
      },
    })),
    request(event) {
      const [token, timestamp] = [randomBytes(25).toString('hex'), seconds()];
      const signature = createHmac('sha256', SECRET)
        .update(timestamp + token)
        .digest('hex');
      return {
        body: JSON.stringify({ signature: { token, timestamp, signature }, 'event-data': event }),
        headers: JSON_TYPE,
      };
    },
  },
  postmark: {
    secret: SECRET,
    events: [
      {
        RecordType: 'Open',
        MessageID: 'm',
        Recipient: EMAIL,
        ReceivedAt: '2026-03-01T09:30:00Z',
        Metadata: { a: 'b' },
        Geo: {},
      },
      { RecordType: 'SpamComplaint', ID: 7, MessageID: 'm', Email: EMAIL, BouncedAt: '2026-03-01T09:30:00Z' },
    ],
    request: (event) => ({
      body: JSON.stringify(event),
      headers: { ...JSON_TYPE, 'x-webhook-secret': SECRET },
    }),
  },
  mandrill: {
    secret: SECRET,
    events: ['click', 'unsub'].map((event) => ({
      ...{ event, ts: 1772357400, url: 'https://a.example', ip: '192.0.2.1' },
      msg: { _id: 'm', email: EMAIL, tags: ['a'], metadata: {} },
    })),
    request(event, url) {
      const events = JSON.stringify([event]);
      const signature = createHmac('sha1', SECRET).update(`${url}mandrill_events${events}`).digest('base64');
      const body = new URLSearchParams({ mandrill_events: events }).toString();
      return { body, headers: { ...FORM, 'x-mandrill-signature': signature } };
    },
  },
  mailchimp: {
    secret: SECRET,
    events: [
      {
        type: 'subscribe',
        fired_at: '2026-03-01 09:30:00',
        'data[email]': EMAIL,
        'data[ip_opt]': '192.0.2.1',
      },
      {
        type: 'unsubscribe',
        fired_at: '2026-03-01 09:31:00',
        'data[email]': EMAIL,
        'data[merges][FNAME]': 'Ada',
      },
    ],
    request(event) {
      const fields = Object.entries(Object(event) as object).map(
        ([name, value]) =>
          [name, typeof value === 'string' ? value : JSON.stringify(value)] as [string, string],
      );
      return {
        body: new URLSearchParams(fields).toString(),
        headers: FORM,
        query: `?secret=${encodeURIComponent(SECRET)}`,
      };
    },
  },
};

let hooks: WebhookServer;
const paths = new Map<string, string>();
beforeAll(async () => {
  hooks = await WebhookServer.start({ wrap: unsteady });
  for (const [format, { secret }] of Object.entries(PROVIDERS))
    paths.set(
      format,
      `/webhooks/${format}/${await hooks.addCollector({ name: format, format, secrets: [secret] })}`,
    );
});
afterAll(() => hooks.stop());

const value = fc.oneof(
  fc.constantFrom<unknown>(null, true, -1, 1e308, '', 'null', '\0', '\ud800', 'x'.repeat(5_000), [], {}, [
    [],
  ]),
  fc.constantFrom<unknown>(
    'constructor',
    '__proto__',
    'javascript:alert(1)',
    'https://a.example/?utm_campaign=%ff',
  ),
  fc.string({ unit: 'binary' }),
  fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }),
);

/** The event with one of its fields, at any depth, replaced by something else. */
const mutated = (events: readonly unknown[]): fc.Arbitrary<unknown> =>
  fc
    .tuple(fc.constantFrom(...events), fc.infiniteStream(fc.nat(30)), value)
    .map(([event, choices, other]) => {
      const copy = structuredClone(event) as Record<string, unknown>;
      let place = copy;
      for (;;) {
        const names = Object.keys(place);
        const name = names[(choices.next().value ?? 0) % Math.max(1, names.length)];
        if (name === undefined) return copy;
        const inner = place[name];
        const isDeeper = typeof inner === 'object' && inner !== null && (choices.next().value ?? 0) % 2 === 0;
        if (!isDeeper) {
          place[name] = other;
          return copy;
        }
        place = inner as Record<string, unknown>;
      }
    });

describe.each(Object.entries(PROVIDERS))('the webhook of %s', (format, provider) => {
  const { events } = provider;

  async function deliver(event: unknown): Promise<Response> {
    const path = paths.get(format) ?? '';
    const { body, headers, query = '' } = provider.request(event, hooks.server.url + path);
    return hooks.post(path + query, body, headers);
  }

  test('records what is sent again after 503 once', async () => {
    const head = await hooks.server.store.head();
    outages = 3;
    const statuses: number[] = [];
    for (let time = 0; time < 3; time += 1)
      for (const event of events) statuses.push((await deliver(event)).status);
    expect(statuses).toEqual([503, 503, 503, 200, 200, 200]);
    expect((await deliver(events[0])).status).toBe(200);
    const touchpoints = (await hooks.stored(head)).events.filter(({ type }) => type === 'TouchpointRecorded');
    expect(touchpoints).toHaveLength(2);
  });

  test('records or keeps whatever is signed, and never fails', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 4, arbitrary: mutated(events) }, { weight: 1, arbitrary: value }),
        async (event) => {
          const before = await hooks.stored(await hooks.server.store.head());
          const head = await hooks.server.store.head();
          const answer = await deliver(event);
          const after = await hooks.stored(head);
          expect([200, 400]).toContain(answer.status);
          // It is in the log (or was before), or kept as rejected (or was before).
          const isNew = after.events.length > 0 || after.rejected > before.rejected;
          if (!isNew) expect((await deliver(event)).status).toBe(answer.status);
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  test('refuses random bytes and mutilated requests, and stores nothing of them', async () => {
    const path = paths.get(format) ?? '';
    const { rejected } = await hooks.stored();
    const head = await hooks.server.store.head();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const answer = await hooks.post(path, new Uint8Array(bytes));
        expect([401, 400, 413, 415]).toContain(answer.status);
      }),
      { numRuns: 40 },
    );
    expect(await hooks.stored(head)).toEqual({ events: [], rejected });
  }, 60_000);
});
