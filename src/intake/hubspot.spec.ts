import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Signature } from '@hubspot/api-client';
import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { problemCode, WebhookServer } from '../../test/webhook-server.js';
import { replay } from '../domain/decider.js';
import { opportunity, type OpportunityEvent } from '../domain/opportunity.js';

const [SECRET, ROTATED] = ['client secret', 'the next one'];

let hooks: WebhookServer;
let path: string;
let head: bigint;
beforeAll(async () => {
  hooks = await WebhookServer.start();
  const collector = { name: 'crm', format: 'hubspot', settings: { currency: 'EUR' } };
  path = `/webhooks/hubspot/${await hooks.addCollector({ ...collector, secrets: [SECRET, ROTATED] })}`;
});
afterAll(() => hooks.stop());
beforeEach(async () => {
  head = await hooks.server.store.head();
});

type Headers = Record<string, string>;

/** As HubSpot's documentation signs. */
function version3(body: string, secret = SECRET, at = String(Date.now()), to = path): Headers {
  const text = `POST${hooks.server.url}${to}${body}${at}`;
  const signature = createHmac('sha256', secret).update(text).digest('base64');
  return { 'X-HubSpot-Signature-v3': signature, 'X-HubSpot-Request-Timestamp': at };
}
const version1 = (body: string, secret = SECRET): Headers => ({
  'X-HubSpot-Signature': createHash('sha256')
    .update(secret + body)
    .digest('hex'),
  'X-HubSpot-Signature-Version': 'v1',
});
const version2 = (body: string): Headers => ({
  'X-HubSpot-Signature': createHash('sha256')
    .update(`${SECRET}POST${hooks.server.url}${path}${body}`)
    .digest('hex'),
  'X-HubSpot-Signature-Version': 'v2',
});

let events = 0;
const notification = (more: object): object => ({
  ...{ eventId: ++events, subscriptionId: 7, portalId: 62515, attemptNumber: 0 },
  ...{ occurredAt: Date.UTC(2026, 0, 1), ...more },
});
const contact = () =>
  notification({
    ...{ subscriptionType: 'contact.propertyChange', objectId: 101 },
    ...{ propertyName: 'email', propertyValue: 'ada@acme.example' },
  });
const post = (body: string, headers: Headers, to = path) => hooks.post(to, body, headers);
const send = async (items: readonly object[]): Promise<void> => {
  const body = JSON.stringify(items);
  expect((await post(body, version3(body))).status).toBe(200);
};

test.each(['v1', 'v2', 'v3'])(
  "a request that HubSpot's own client signs by %s is accepted",
  async (version) => {
    const body = JSON.stringify([contact()]);
    const timestamp = Date.now();
    const signature = Signature.getSignature('POST', version, {
      ...{ signature: '', clientSecret: SECRET, requestBody: body, url: hooks.server.url + path, timestamp },
    });
    const headers: Headers =
      version === 'v3'
        ? { 'X-HubSpot-Signature-v3': signature, 'X-HubSpot-Request-Timestamp': String(timestamp) }
        : { 'X-HubSpot-Signature': signature, 'X-HubSpot-Signature-Version': version };
    expect((await post(body, headers)).status).toBe(200);
    expect(await hooks.server.store.head()).toBe(head + 1n);
    expect((await post(body.replace('ada@', 'eve@'), headers)).status).toBe(401);
  },
);

describe("HubSpot's webhook", () => {
  test.each<[string, (body: string) => Headers]>([
    ['version 3', version3],
    ['version 3 of the other secret while one is rotated', (body) => version3(body, ROTATED)],
    ['version 2', version2],
    ['version 1', version1],
  ])('is accepted with a signature of %s', async (_, sign) => {
    const body = JSON.stringify([contact()]);
    expect((await post(body, sign(body))).status).toBe(200);
    expect((await hooks.stored(head)).events).toMatchObject([
      {
        type: 'IdentityClaimed',
        collector: 'crm',
        data: { identity: ['email:ada@acme.example', 'crm:101'] },
      },
    ]);
  });

  test.each<[string, (body: string) => Headers, string]>([
    ['version 3 of another secret', (body) => version3(body, 'other'), 'signature-invalid'],
    ['version 3 over another body', (body) => version3(`${body} `), 'signature-invalid'],
    [
      'version 3 over another address',
      (body) => version3(body, SECRET, undefined, '/else'),
      'signature-invalid',
    ],
    [
      'version 3 with another time',
      (body) => ({ ...version3(body), 'X-HubSpot-Request-Timestamp': String(Date.now() + 1_000) }),
      'signature-invalid',
    ],
    [
      'version 3 of six minutes ago',
      (body) => version3(body, SECRET, String(Date.now() - 360_000)),
      'signature-expired',
    ],
    ['version 3 at no time', (body) => version3(body, SECRET, 'now'), 'signature-expired'],
    [
      'version 3 without its time',
      (body) => ({ 'X-HubSpot-Signature-v3': version3(body)['X-HubSpot-Signature-v3'] ?? '' }),
      'signature-missing',
    ],
    ['version 1 of another secret', (body) => version1(body, 'other'), 'signature-invalid'],
    [
      'version 1 where it claims to be version 2',
      (body) => ({ ...version1(body), 'X-HubSpot-Signature-Version': 'v2' }),
      'signature-invalid',
    ],
    ['none', () => ({}), 'signature-missing'],
  ])('is refused with a signature of %s, and nothing is stored', async (_, sign, code) => {
    const before = await hooks.stored(head);
    const body = JSON.stringify([contact()]);
    const answer = await post(body, sign(body));
    expect([answer.status, await problemCode(answer)]).toEqual([401, code]);
    expect(await hooks.stored(head)).toEqual(before);
  });

  test('is refused at the address of no collector, and of one without a secret', async () => {
    const body = JSON.stringify([contact()]);
    expect((await post(body, version1(body), '/webhooks/hubspot/nobody')).status).toBe(404);
    const open = await hooks.addCollector({ name: 'open', format: 'hubspot' });
    const answer = await post(body, version1(body), `/webhooks/hubspot/${open}`);
    expect([answer.status, await problemCode(answer)]).toEqual([401, 'secret-missing']);
  });

  test('is refused when it has 10 MB', async () => {
    const body = JSON.stringify([{ ...contact(), padding: 'x'.repeat(10_000_000) }]);
    const answer = await post(body, version1(body));
    expect(answer.status).toBe(413);
  });

  test('keeps what is no JSON and what it cannot read, with the reason', async () => {
    const { rejected } = await hooks.stored();
    expect((await post('[{', version3('[{'))).status).toBe(400);
    await send([notification({ subscriptionType: 'contact.privacyDeletion', objectId: 1 })]);
    expect((await hooks.rejectedCodes()).slice(rejected)).toEqual(['unreadable-body', 'erasure-requested']);
  });

  test('makes one opportunity of a deal in whatever order its notifications come, and however often', async () => {
    const said = (nth: number, subscriptionType: string, more: object) =>
      notification({ subscriptionType, occurredAt: Date.UTC(2026, 0, 1, nth), ...more });
    const changed = (nth: number, objectId: number, propertyName: string, propertyValue: string) =>
      said(nth, 'deal.propertyChange', { objectId, propertyName, propertyValue });
    const historyOf = (objectId: number): readonly object[] => [
      said(1, 'deal.creation', { objectId }),
      changed(1, objectId, 'dealname', 'Acme'),
      changed(1, objectId, 'amount', '1000.5'),
      changed(2, objectId, 'deal_currency_code', 'USD'),
      said(2, 'deal.associationChange', {
        ...{ associationType: 'DEAL_TO_CONTACT', fromObjectId: objectId, toObjectId: 1 },
      }),
      said(3, 'deal.associationChange', {
        ...{
          associationType: 'DEAL_TO_CONTACT',
          fromObjectId: objectId,
          toObjectId: 1,
          associationRemoved: true,
        },
      }),
      said(3, 'contact.associationChange', {
        ...{ associationType: 'CONTACT_TO_DEAL', fromObjectId: 2, toObjectId: objectId },
      }),
      changed(4, objectId, 'dealstage', 'closedwon'),
      changed(4, objectId, 'closedate', String(Date.UTC(2026, 0, 1, 3))),
      changed(5, objectId, 'hubspot_owner_id', '7'),
    ];
    const stateOf = async (objectId: number) => {
      const log = await hooks.server.store.readStream('main', `opportunity-${objectId}`);
      const {
        events: _,
        opening: __,
        reportedAt: ___,
        roles: ____,
        contacts,
        ...state
      } = replay(opportunity, log as readonly OpportunityEvent[]);
      return { ...state, contacts: contacts.map(({ keys, role }) => [keys, role]) };
    };
    let id = 9_000;
    await send(historyOf(id));
    const expected = await stateOf(id);
    expect(expected).toMatchObject({
      ...{ name: 'Acme', amountMinor: 100_050, currency: 'USD', status: 'won', owner: '7' },
      ...{ closedAt: new Date(Date.UTC(2026, 0, 1, 3)), contacts: [[['crm:2'], 'contact']] },
    });
    const orders = fc.shuffledSubarray([...historyOf(0).keys(), ...historyOf(0).keys()], { minLength: 20 });
    await fc.assert(
      fc.asyncProperty(orders, fc.integer({ min: 1, max: 20 }), async (order, size) => {
        const history = historyOf((id += 1));
        for (let from = 0; from < order.length; from += size)
          await send(
            order.slice(from, from + size).map((nth, attemptNumber) => ({ ...history[nth], attemptNumber })),
          );
        expect(await stateOf(id)).toEqual(expected);
      }),
      { numRuns: 15 },
    );
  });
});
