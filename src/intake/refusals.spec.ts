import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { problemCode, WebhookServer } from '../../test/webhook-server.js';
import { FORMATS } from './formats/all.js';

/** What is refused at every address of every format, so that a new format cannot forget it. Of none of it anything is stored. */
const FOLDER = join(import.meta.dirname, '..', '..', 'test', 'formats');
const TEN_MEGABYTES = 10_000_000;

const routes = FORMATS.list
  .flatMap(({ name, endpoints }) => endpoints.map(({ method, path }) => ({ format: name, method, path })))
  .filter(({ method }) => method === 'POST');
const webhooks = routes.filter(({ path }) => path.endsWith('/:collector'));
const others = routes.filter(({ path }) => !path.includes(':'));

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
/** Of a collector whose requests could be accepted if they were signed. */
const SETTINGS: Readonly<Record<string, object>> = {
  // Not that of the fixtures: no certificate of AWS is fetched for it. Signatures are the matter of ses.spec.ts.
  ses: { topics: ['arn:aws:sns:eu-central-1:123456789012:others'] },
  salesforce: { organizationIds: ['00D000000000001EAA'] },
};
const SECRETS: Readonly<Record<string, string>> = {
  sendgrid: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
};

/** What every provider calls a signature or a secret, and none of it genuine. */
const now = (): number => Math.floor(Date.now() / 1_000);
const forged = (): Record<string, string> => ({
  authorization: `Basic ${Buffer.from('touchline:forged').toString('base64')}`,
  'x-twilio-email-event-webhook-signature': 'Zm9yZ2Vk',
  'x-twilio-email-event-webhook-timestamp': String(now()),
  'x-webhook-secret': 'forged',
  'x-mandrill-signature': 'Zm9yZ2Vk',
  'x-hubspot-signature-v3': 'Zm9yZ2Vk',
  'x-hubspot-request-timestamp': String(1_000 * now()),
});
const TYPES: Readonly<Record<string, string>> = {
  mandrill: 'application/x-www-form-urlencoded',
  mailchimp: 'application/x-www-form-urlencoded',
  salesforce: 'text/xml',
};
const typeOf = (format: string): Record<string, string> => ({
  'content-type': TYPES[format] ?? 'application/json',
});

interface Fixture {
  readonly body?: unknown;
  readonly text?: string;
  readonly base64?: string;
}

/** Genuine requests of the format, but for their signatures. */
function bodiesOf(format: string): readonly Uint8Array<ArrayBuffer>[] {
  const folder = join(FOLDER, format);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.in.json'))
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Fixture)
    .map(({ body, text, base64 }) =>
      base64 === undefined
        ? Buffer.from(text ?? JSON.stringify(body ?? null))
        : Buffer.from(base64, 'base64'),
    )
    .map((bytes) => new Uint8Array(bytes));
}

let hooks: WebhookServer;
const ids = new Map<string, string>();
beforeAll(async () => {
  hooks = await WebhookServer.start();
  for (const { format } of webhooks)
    ids.set(
      format,
      await hooks.addCollector({
        ...{ name: format, format, settings: SETTINGS[format] ?? {} },
        secrets: [SECRETS[format] ?? 'the secret of a collector'],
      }),
    );
});
afterAll(() => hooks.stop());

let before: Awaited<ReturnType<WebhookServer['stored']>>;
beforeEach(async () => {
  before = await hooks.stored();
});
const expectNothingStored = async (): Promise<void> => expect(await hooks.stored()).toEqual(before);
const addressOf = (path: string, id: string): string => path.replace(':collector', id);

describe.each(webhooks)('$method $path', ({ format, path }) => {
  const own = (): string => addressOf(path, ids.get(format) ?? '');

  test('is answered 404 for an unknown collector, and for one of another format', async () => {
    const another = webhooks.find((each) => each.format !== format)?.format ?? '';
    for (const id of ['nobody', format, ids.get(another) ?? ''])
      for (const body of bodiesOf(format).slice(0, 1)) {
        const answer = await hooks.post(addressOf(path, id), body, { ...typeOf(format), ...forged() });
        expect([id, answer.status]).toEqual([id, 404]);
      }
    await expectNothingStored();
  });

  test.each([
    ['a wrong signature', '?secret=forged', forged],
    ['no signature', '', () => ({})],
  ])('is answered 401 with %s, whatever it carries', async (_, query, headers) => {
    for (const body of bodiesOf(format)) {
      const answer = await hooks.post(own() + query, body, { ...typeOf(format), ...headers() });
      expect([answer.status, await problemCode(answer)]).toEqual([401, expect.any(String)]);
    }
    await expectNothingStored();
  });

  test.each([
    ['JSON', 'application/json', `[{"padding":"${'x'.repeat(TEN_MEGABYTES)}"}]`],
    ['a form', 'application/x-www-form-urlencoded', `mandrill_events=${'x'.repeat(TEN_MEGABYTES)}`],
    ['XML', 'text/xml', `<Envelope>${'x'.repeat(TEN_MEGABYTES)}</Envelope>`],
  ])('is answered 413 with 10 MB of %s', async (_, type, body) => {
    const answer = await hooks.post(`${own()}?secret=forged`, body, { ...forged(), 'content-type': type });
    expect(answer.status).toBe(413);
    await expectNothingStored();
  });

  test('is refused with a form of 10,000 fields', async () => {
    const body = Array.from({ length: 10_000 }, (_, nth) => `field${nth}=1`).join('&');
    const type = 'application/x-www-form-urlencoded';
    const answer = await hooks.post(`${own()}?secret=forged`, body, { ...forged(), 'content-type': type });
    expect([400, 401, 413, 415]).toContain(answer.status);
    await expectNothingStored();
  });
});

test.each(others)('$method $path is answered 401 with an unknown write key', async ({ format, path }) => {
  for (const headers of [{}, { authorization: 'Bearer sk_unknown_0123456789abcdef' }]) {
    for (const body of bodiesOf(format).slice(0, 5)) {
      const answer = await hooks.post(path, body, { ...typeOf(format), ...headers });
      expect([answer.status, await problemCode(answer)]).toEqual([401, expect.any(String)]);
    }
  }
  await expectNothingStored();
});
