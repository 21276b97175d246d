import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { EventWebhook } from '@sendgrid/eventwebhook';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { problemCode, WebhookServer } from '../../test/webhook-server.js';

const keys = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const shown = (key: KeyObject): string => key.export({ format: 'der', type: 'spki' }).toString('base64');
const [live, rotated, other] = [keys(), keys(), keys()];

let hooks: WebhookServer;
let path: string;
let head: bigint;
beforeAll(async () => {
  hooks = await WebhookServer.start();
  const secrets = [shown(live.publicKey), 'no key at all', shown(rotated.publicKey)];
  path = `/webhooks/sendgrid/${await hooks.addCollector({ name: 'mail', format: 'sendgrid', secrets })}`;
});
afterAll(() => hooks.stop());
beforeEach(async () => {
  head = await hooks.server.store.head();
});

const now = (): string => String(Math.floor(Date.now() / 1000));
const SIGNATURE = 'X-Twilio-Email-Event-Webhook-Signature';
const TIMESTAMP = 'X-Twilio-Email-Event-Webhook-Timestamp';

function signed(body: string, key = live.privateKey, timestamp = now()): Record<string, string> {
  const signature = sign('sha256', Buffer.from(timestamp + body), key).toString('base64');
  return { [SIGNATURE]: signature, [TIMESTAMP]: timestamp };
}

const open = (id: string, more: object = {}): string =>
  // Ends in CR LF, as SendGrid's bodies do.
  `${JSON.stringify([{ event: 'open', email: 'ada@acme.example', timestamp: 1772357400, sg_event_id: id, ...more }])}\r\n`;

async function expectNothingStored(): Promise<void> {
  expect(await hooks.stored(head)).toEqual({ events: [], rejected: 0 });
}

describe("SendGrid's webhook", () => {
  test("accepts what SendGrid's own library verifies, and refuses what it does not", async () => {
    const body = open('e-1');
    const headers = signed(body);
    const library = new EventWebhook();
    const verifies = (payload: string): boolean => {
      const key = library.convertPublicKeyToECDSA(shown(live.publicKey));
      return library.verifySignature(key, payload, headers[SIGNATURE] ?? '', headers[TIMESTAMP] ?? '');
    };
    expect([verifies(body), verifies(open('e-2'))]).toEqual([true, false]);

    expect((await hooks.post(path, body, headers)).status).toBe(200);
    expect((await hooks.post(path, open('e-2'), headers)).status).toBe(401);

    expect((await hooks.stored(head)).events).toMatchObject([
      { stream: 'touchpoints-email:ada@acme.example', collector: 'mail', data: { kind: 'email_open' } },
    ]);
  });

  test('accepts signatures of each key while one is rotated', async () => {
    const body = open('e-rotated');
    expect((await hooks.post(path, body, signed(body, rotated.privateKey))).status).toBe(200);
  });

  test.each<[string, (body: string) => Record<string, string>, string]>([
    ['of another key', (body) => signed(body, other.privateKey), 'signature-invalid'],
    ['that is none', (body) => ({ ...signed(body), [SIGNATURE]: 'bm9uZQ==' }), 'signature-invalid'],
    ['over another time', (body) => ({ ...signed(body), [TIMESTAMP]: '1' }), 'signature-invalid'],
    ['of two days ago', (body) => signed(body, live.privateKey, '1600000000'), 'signature-expired'],
    ['of tomorrow', (body) => signed(body, live.privateKey, String(+now() + 86_400)), 'signature-expired'],
    ['over a time that is none', (body) => signed(body, live.privateKey, 'soon'), 'signature-expired'],
    ['without its time', (body) => ({ [SIGNATURE]: signed(body)[SIGNATURE] ?? '' }), 'signature-missing'],
    ['that is missing', () => ({}), 'signature-missing'],
  ])('refuses a signature %s, and stores nothing', async (_, headers, code) => {
    const body = open('e-refused');
    const answer = await hooks.post(path, body, headers(body));
    expect([answer.status, await problemCode(answer)]).toEqual([401, code]);
    await expectNothingStored();
  });

  test('refuses signed bodies that are changed by one byte', async () => {
    const body = open('e-changed');
    const headers = signed(body);
    for (const at of [0, 10, body.length - 1]) {
      const changed = Buffer.from(body);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect((await hooks.post(path, new Uint8Array(changed), headers)).status).toBe(401);
    }
    await expectNothingStored();
  });

  test('refuses a collector that is unknown, or of another format', async () => {
    const segment = await hooks.addCollector({ name: 'site', format: 'segment' });
    for (const id of ['unknown', segment]) {
      const body = open('e-unknown');
      const answer = await hooks.post(`/webhooks/sendgrid/${id}`, body, signed(body));
      expect([answer.status, await problemCode(answer)]).toEqual([404, 'collector-unknown']);
    }
    await expectNothingStored();
  });

  test('refuses everything while its collector has no secret', async () => {
    const id = await hooks.addCollector({ name: 'bare', format: 'sendgrid' });
    const body = open('e-bare');
    const answer = await hooks.post(`/webhooks/sendgrid/${id}`, body, signed(body));
    expect([answer.status, await problemCode(answer)]).toEqual([401, 'secret-missing']);
    await expectNothingStored();
  });

  test('refuses a body of 10 MB and stores nothing of it', async () => {
    const body = `[${'{},'.repeat(3_400_000)}{}]`;
    const answer = await hooks.post(path, body, signed(body)).catch(() => undefined);
    // The server closes the connection, which a client may meet before it has read the answer.
    if (answer) expect(answer.status).toBe(413);
    await expectNothingStored();
  });

  test('records events that are sent again once', async () => {
    const body = open('e-again');
    for (let time = 0; time < 3; time += 1)
      expect((await hooks.post(path, body, signed(body))).status).toBe(200);
    expect((await hooks.stored(head)).events).toHaveLength(1);
  });

  test('keeps events without a meaning as rejected, and records the others of the batch', async () => {
    const events = [
      { event: 'deferred', email: 'ada@acme.example', sg_event_id: 'e-d', timestamp: 1772357400 },
      { event: 'delivered', email: 'ada@acme.example', sg_event_id: 'e-e', timestamp: 1772357400 },
    ];
    const body = JSON.stringify(events);
    expect((await hooks.post(path, body, signed(body))).status).toBe(200);
    expect((await hooks.stored(head)).events).toMatchObject([{ data: { kind: 'email_delivered' } }]);
    expect(await hooks.rejectedCodes()).toEqual(['unknown-event']);
  });
});
