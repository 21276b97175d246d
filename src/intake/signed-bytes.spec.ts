import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { WebhookServer } from '../../test/webhook-server.js';

/** A signature covers the bytes of a body as they were sent, and no text or JSON that was made of them. */
const SECRET = 'a secret of the collector';
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

let hooks: WebhookServer;
beforeAll(async () => {
  hooks = await WebhookServer.start();
});
afterAll(() => hooks.stop());

type Headers = Readonly<Record<string, string>>;
type Sign = (body: Buffer, url: string) => Headers;

const hmacOf = (...parts: readonly (string | Buffer)[]) => {
  const hmac = createHmac('sha256', SECRET);
  for (const part of parts) hmac.update(part);
  return hmac;
};
const now = (): number => Date.now();

const SCHEMES: readonly (readonly [title: string, format: string, secret: string, sign: Sign])[] = [
  [
    'SendGrid',
    'sendgrid',
    publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    (body) => {
      const timestamp = String(Math.floor(now() / 1_000));
      const signature = sign('sha256', Buffer.concat([Buffer.from(timestamp), body]), privateKey);
      return {
        'X-Twilio-Email-Event-Webhook-Signature': signature.toString('base64'),
        'X-Twilio-Email-Event-Webhook-Timestamp': timestamp,
      };
    },
  ],
  [
    'HubSpot, version 3',
    'hubspot',
    SECRET,
    (body, url) => {
      const at = String(now());
      return {
        'X-HubSpot-Signature-v3': hmacOf('POST', url, body, at).digest('base64'),
        'X-HubSpot-Request-Timestamp': at,
      };
    },
  ],
  [
    'HubSpot, version 1',
    'hubspot',
    SECRET,
    (body) => ({ 'X-HubSpot-Signature': createHash('sha256').update(SECRET).update(body).digest('hex') }),
  ],
  ['any CRM', 'crm', SECRET, (body) => ({ 'X-Hub-Signature-256': `sha256=${hmacOf(body).digest('hex')}` })],
];

const text = Buffer.from(
  '[ {"event" : "open",\r\n "email":"ad\\u0061@acme.example", "n": 1.0, "n": 12345678901234567890, "text":"',
);
const BODIES: readonly (readonly [title: string, body: Buffer, headers: Headers, other?: Buffer])[] = [
  [
    'written in an unusual way, with bytes that are no text',
    Buffer.concat([text, Buffer.from([0xff, 0xfe]), Buffer.from('"} ]\n')]),
    {},
  ],
  ['with a byte order mark', Buffer.from('\ufeff[{}]'), {}],
  ['compressed', gzipSync('[{}]'), { 'content-encoding': 'gzip' }, gzipSync('[{} ]')],
];

let collectors = 0;
describe.each(SCHEMES)('%s', (_, format, secret, signed) => {
  test.each(BODIES)(
    'verifies a body %s',
    async (_, body, headers, other = Buffer.concat([body, Buffer.from(' ')])) => {
      const name = `collector-${++collectors}`;
      const path = `/webhooks/${format}/${await hooks.addCollector({ name, format, secrets: [secret] })}`;
      const send = async (bytes: Buffer, own: Headers): Promise<number> =>
        (await hooks.post(path, new Uint8Array(bytes), { ...headers, ...own })).status;
      const signature = signed(body, hooks.server.url + path);
      expect(await send(body, signature)).toBe(200);
      expect(await send(other, signature)).toBe(401);
    },
  );
});
