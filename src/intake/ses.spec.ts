import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CERTIFICATE_URL, CONFIRM_URL, SnsSigner, TOPIC } from '../../test/sns-signer.js';
import { until } from '../../test/until.js';
import { unsteadyStore } from '../../test/unsteady-store.js';
import { problemCode, WebhookServer } from '../../test/webhook-server.js';
import type { SnsMessage } from './formats/ses/sns.js';

const outage = unsteadyStore();
let hooks: WebhookServer;
let signer: SnsSigner;
let forger: SnsSigner;
let path: string;
let head: bigint;

/** Addresses of AWS that the server asked. AWS itself is not reached: its answers stand here. */
let asked: string[] = [];
let isAwsAway = false;
let awsAnswers: Promise<undefined> | undefined;
const { fetch: send } = globalThis;

beforeAll(async () => {
  [signer, forger, hooks] = await Promise.all([
    SnsSigner.make(),
    SnsSigner.make(),
    WebhookServer.start({ wrap: (store) => outage.wrap(store) }),
  ]);
  path = `/webhooks/ses/${await hooks.addCollector({ name: 'mail', format: 'ses', settings: { topics: [TOPIC] } })}`;
  globalThis.fetch = async (address, init) => {
    const url = address instanceof Request ? address.url : String(address);
    if (url.startsWith(hooks.server.url)) return send(address, init);
    // Another address than the one that was checked is not asked.
    expect(init?.redirect).toBe('error');
    asked.push(url);
    if (isAwsAway) throw new Error('no route to AWS');
    await awsAnswers;
    return new Response(url.endsWith('.pem') ? signer.certificate : '<ConfirmSubscription/>');
  };
});
afterAll(async () => {
  globalThis.fetch = send;
  await hooks.stop();
});
beforeEach(async () => {
  asked = [];
  isAwsAway = false;
  head = await hooks.server.store.head();
});

const opened = (recipient = 'ada@acme.example') => ({
  eventType: 'Open',
  mail: { messageId: 'mail-1', timestamp: '2026-03-01T09:29:00.000Z', destination: [recipient] },
  open: {
    timestamp: '2026-03-01T09:30:00.000Z',
    ipAddress: '192.0.2.1',
    userAgent: 'Mozilla/5.0 (X11) Firefox/130',
  },
});

/** As SNS sends: JSON as plain text. */
const deliver = (message: object, to = path): Promise<Response> =>
  hooks.post(to, JSON.stringify(message), {
    'content-type': 'text/plain; charset=UTF-8',
    'x-amz-sns-message-type': 'Notification',
  });

async function expectNothingStored(): Promise<void> {
  expect(await hooks.stored(head)).toEqual({ events: [], rejected: 0 });
}

describe("Amazon SNS's webhook", () => {
  test.each(['1', '2'])('accepts messages of signature version %s', async (SignatureVersion) => {
    expect((await deliver(signer.notification(opened(), { SignatureVersion }))).status).toBe(200);
    expect((await hooks.stored(head)).events).toMatchObject([
      { data: { kind: 'email_open', properties: { mailId: 'mail-1' }, context: { ip: '192.0.2.1' } } },
    ]);
  });

  test('records a message once that is sent again after 503', async () => {
    const message = signer.notification(opened('bob@acme.example'));
    outage.refuseNext(2);
    const statuses: number[] = [];
    for (let time = 0; time < 4; time += 1) statuses.push((await deliver(message)).status);
    expect(statuses).toEqual([503, 503, 200, 200]);
    expect((await hooks.stored(head)).events).toHaveLength(1);
  });

  test('accepts a message with a subject, which the signature covers', async () => {
    const message = signer.notification(opened(), { Subject: 'Amazon SES Email Event Notification' });
    expect((await deliver(message)).status).toBe(200);
    expect((await deliver({ ...message, Subject: 'Another' })).status).toBe(401);
  });

  test('confirms the subscription of a topic of the collector, and stores nothing', async () => {
    expect((await deliver(signer.confirmation('SubscriptionConfirmation'))).status).toBe(200);
    expect(asked).toContain(new URL(CONFIRM_URL).href);
    await expectNothingStored();
  });

  const other = TOPIC.replace('ses-events', 'others');
  test.each<[string, () => object, string]>([
    ['signed by somebody else', () => forger.notification(opened()), 'signature-invalid'],
    [
      'whose text was changed',
      () => ({ ...signer.notification(opened()), Message: '{}' }),
      'signature-invalid',
    ],
    [
      'without a signature',
      () => ({ ...signer.notification(opened()), Signature: undefined }),
      'signature-invalid',
    ],
    [
      'of an unknown signature version',
      () => signer.notification(opened(), { SignatureVersion: '3' }),
      'signature-invalid',
    ],
    [
      'of a topic that is not listed',
      () => signer.notification(opened(), { TopicArn: other }),
      'topic-not-allowed',
    ],
    [
      'of two days ago',
      () => signer.notification(opened(), { Timestamp: '2020-01-01T00:00:00.000Z' }),
      'signature-expired',
    ],
    ['without a time', () => signer.notification(opened(), { Timestamp: 'today' }), 'signature-expired'],
    ['delivered raw', () => opened(), 'signature-missing'],
  ])('refuses a message %s, and stores nothing', async (_, message, code) => {
    const answer = await deliver(message());
    expect([answer.status, await problemCode(answer)]).toEqual([401, code]);
    await expectNothingStored();
  });

  test.each([
    'https://sns.eu-central-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem',
    'https://evil.example/SimpleNotificationService-1.pem',
    'http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem',
    'https://sns.eu-central-1.amazonaws.com:8443/SimpleNotificationService-1.pem',
    'https://user@sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem',
    'https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem?x=1',
    'https://s3.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem',
    'https://sns.eu-central-1.amazonaws.com/evil/SimpleNotificationService-1.pem',
    'file:///etc/passwd',
    'no address',
  ])('fetches no certificate from %s', async (SigningCertURL) => {
    const answer = await deliver(signer.notification(opened(), { SigningCertURL }));
    expect([answer.status, await problemCode(answer)]).toEqual([401, 'signature-invalid']);
    expect(asked).toEqual([]);
  });

  test.each<[string, () => SnsMessage]>([
    [
      'of a topic that is not listed',
      () => signer.confirmation('SubscriptionConfirmation', { TopicArn: other }),
    ],
    ['signed by somebody else', () => forger.confirmation('SubscriptionConfirmation')],
    [
      'to another host',
      () => signer.confirmation('SubscriptionConfirmation', { SubscribeURL: 'https://evil.example/' }),
    ],
  ])('confirms no subscription %s', async (_, message) => {
    expect((await deliver(message())).status).toBe(401);
    expect(asked.filter((url) => url !== CERTIFICATE_URL)).toEqual([]);
    await expectNothingStored();
  });

  test('records a message that SNS delivers again, or somebody replays, once', async () => {
    const message = signer.notification(opened());
    for (let time = 0; time < 3; time += 1) expect((await deliver(message)).status).toBe(200);
    expect((await hooks.stored(head)).events).toHaveLength(1);
  });

  const mail = (more: object) => ({
    ...{ messageId: 'mail-7', timestamp: '2026-03-01T09:29:00.000Z' },
    ...{ destination: ['ada@acme.example', 'bob@acme.example'], ...more },
  });
  const feedback = { feedbackId: 'feedback-1', timestamp: '2026-03-01T09:30:00.000Z' };
  const people = (...names: string[]) => names.map((name) => ({ emailAddress: `${name}@acme.example` }));
  test.each<[string, (...names: string[]) => object, number]>([
    ['Bounce', (...names) => ({ bounce: { ...feedback, bouncedRecipients: people(...names) } }), 2],
    ['Complaint', (...names) => ({ complaint: { ...feedback, complainedRecipients: people(...names) } }), 4],
    [
      'Delivery',
      (...names) => ({
        delivery: {
          timestamp: feedback.timestamp,
          recipients: people(...names).map(({ emailAddress }) => emailAddress),
        },
      }),
      2,
    ],
  ])('records a %s once that event publishing and the identity both report', async (type, detail, facts) => {
    const published = { eventType: type, mail: mail({ tags: { campaign: ['spring'] } }) };
    const notified = { notificationType: type, mail: mail({ sourceIp: '192.0.2.1' }) };
    for (const event of [
      { ...published, ...detail('ada', 'bob') },
      { ...notified, ...detail('ada') },
      { ...notified, ...detail('bob') },
    ])
      expect((await deliver(signer.notification(event))).status).toBe(200);
    expect((await hooks.stored(head)).events).toHaveLength(facts);
    const second = mail({ messageId: 'mail-8' });
    await deliver(signer.notification({ ...notified, mail: second, ...detail('ada') }));
    expect((await hooks.stored(head)).events).toHaveLength(facts + facts / 2);
  });

  test('asks SNS to try again while the certificate cannot be fetched', async () => {
    isAwsAway = true;
    const SigningCertURL = CERTIFICATE_URL.replace('0123456789abcdef', 'new');
    const message = signer.notification(opened('bob@acme.example'), { SigningCertURL });
    const answer = await deliver(message);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '30']);
    await expectNothingStored();

    isAwsAway = false;
    expect((await deliver(message)).status).toBe(200);
    expect((await hooks.stored(head)).events).toHaveLength(1);
  });

  test('asks AWS for few certificates at once, however many are named, and knows the usual one meanwhile', async () => {
    expect((await deliver(signer.notification(opened()))).status).toBe(200);
    asked = [];
    const { promise, resolve } = Promise.withResolvers<undefined>();
    awsAnswers = promise;
    const flood = Array.from({ length: 300 }, (_, nth) =>
      deliver(
        forger.notification(opened(), {
          SigningCertURL: CERTIFICATE_URL.replace('0123456789abcdef', `flood-${nth}`),
        }),
      ),
    );
    const refused: number[] = [];
    for (const each of flood) void each.then(({ status }) => refused.push(status));
    expect(await until(() => refused.length > 280, 20_000)).toBe(true);
    expect(new Set(refused)).toEqual(new Set([503]));
    expect((await deliver(signer.notification(opened('bob@acme.example')))).status).toBe(200);
    expect(asked.length).toBeLessThan(20);
    resolve(undefined);
    awsAnswers = undefined;
    expect(new Set((await Promise.all(flood)).map(({ status }) => status))).toEqual(new Set([401, 503]));
  });

  test('refuses a collector without topics, or that is unknown', async () => {
    const id = await hooks.addCollector({ name: 'bare', format: 'ses' });
    expect((await deliver(signer.notification(opened()), `/webhooks/ses/${id}`)).status).toBe(401);
    expect((await deliver(signer.notification(opened()), '/webhooks/ses/unknown')).status).toBe(404);
    await expectNothingStored();
  });

  test('records or keeps whatever is signed, and never fails', async () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.jsonValue({ stringUnit: 'binary' }),
    );
    const part = fc.oneof(
      anything,
      fc.constantFrom<unknown>(null, [], {}, 'ada@acme.example', ['ada@acme.example', 7]),
    );
    const message = fc.oneof(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.json(),
        fc.jsonValue().map((value) => JSON.stringify(value)),
      ),
      fc
        .record({
          eventType: fc.oneof(
            part,
            fc.constantFrom<unknown>('Open', 'Click', 'Bounce', 'Subscription', 'Complaint'),
          ),
          mail: fc.oneof(
            part,
            fc.record({
              destination: part,
              // Two that are about one mail may be one that is reported twice.
              messageId: fc.oneof(fc.uuid(), fc.constantFrom<unknown>(null, [], {}, '')),
              tags: part,
              commonHeaders: part,
              timestamp: part,
            }),
          ),
          ...{
            open: part,
            click: fc.record({ link: part, ipAddress: part, userAgent: part, timestamp: part }),
          },
          bounce: fc.oneof(part, fc.record({ bouncedRecipients: part, bounceType: part, timestamp: part })),
          ...{ complaint: part, subscription: fc.record({ newTopicPreferences: part }) },
        })
        .map((event) => JSON.stringify(event)),
    );
    await fc.assert(
      fc.asyncProperty(message, async (text) => {
        const before = await hooks.stored(await hooks.server.store.head());
        const last = await hooks.server.store.head();
        expect((await deliver(signer.notification(text))).status).toBe(200);
        const after = await hooks.stored(last);
        expect(after.events.length + after.rejected - before.rejected).toBeGreaterThan(0);
      }),
      { numRuns: 100 },
    );
  }, 60_000);

  test('keeps the end of a subscription as rejected, where the operator sees it', async () => {
    expect((await deliver(signer.confirmation('UnsubscribeConfirmation'))).status).toBe(200);
    expect(await hooks.rejectedCodes()).toContain('topic-unsubscribed');
    expect(asked).toEqual([]);
  });
});
