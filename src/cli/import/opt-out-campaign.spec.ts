import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testApp, type TestApp } from '../../../test/app.js';
import { SECRETS_ENVIRONMENT } from '../../../test/collectors.js';
import { importTarget, inputFile } from '../../../test/import-target.js';
import { LeadLog, READY_MODEL } from '../../../test/qualified-leads.js';
import { importFile } from './import-file.js';

/**
 * A mail to the whole of an old list asks people to opt out. Whoever answers, in whichever way, is struck at once, though nothing else
 * is known of them than that they stand in the list.
 */
const NAMES = ['native', 'public', 'segment', 'reply', 'postmark', 'answers', 'silent'];
const SECRET = 'the secret of the webhook';
const emailOf = (name: string): string => `${name}@old.acme.example.com`;

let server: TestApp;
let folder: string;
const webhooks: Record<string, string> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'touchline-campaign-'));
  server = await testApp(SECRETS_ENVIRONMENT);
  await new LeadLog(server.runtime.store).publish(READY_MODEL);
  webhooks.postmark = await addCollector({ name: 'mail', format: 'postmark' });
  await send(`/api/collectors/${webhooks.postmark}/secrets`, { secret: SECRET }, server.keys.apiKey);
  const mapping = [{ when: { event: 'Mail Replied' }, set: { kind: 'email_unsubscribe' } }];
  const inbox = await addCollector({ name: 'inbox', format: 'segment', mapping });
  const made = await send(`/api/collectors/${inbox}/keys`, { scope: 'server' }, server.keys.apiKey);
  webhooks.inbox = made.json<{ key: string }>().key;
  await importList(
    NAMES.map((name) => `${emailOf(name)},CFO`),
    { list: 'Fair 2019' },
  );
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

function send(url: string, payload: object, key: string, headers: Record<string, string> = {}) {
  return server.app.inject({
    method: 'POST',
    url,
    payload,
    headers: { authorization: `Bearer ${key}`, ...headers },
  });
}

const addCollector = async (collector: object): Promise<string> =>
  (await send('/api/collectors', collector, server.keys.apiKey)).json<{ id: string }>().id;

async function importList(rows: readonly string[], constants: Record<string, string>): Promise<void> {
  const { target } = importTarget(server.runtime.store, {
    mapping: { type: 'contacts', constants },
  });
  const file = await inputFile(join(folder, 'list.csv'), `email,title\n${rows.join('\n')}\n`);
  const { summary } = await importFile(target, file);
  expect(summary.toJSON()).toMatchObject({ accepted: rows.length, duplicate: 0, rejected: {} });
}

async function leadOf(name: string) {
  const at = await server.runtime.store.head();
  const response = await server.app.inject({
    method: 'GET',
    url: `/api/leads/email:${emailOf(name)}/explain?minPosition=${at}`,
    headers: { authorization: `Bearer ${server.keys.apiKey}` },
  });
  return response.json<{ lifecycle: string; traits: object; readiness: { missing: string[] } }>();
}

const WAYS: Readonly<Record<string, () => Promise<unknown>>> = {
  native: () =>
    send(
      '/touchpoints',
      { messageId: 'n', kind: 'email_unsubscribe', email: emailOf('native') },
      server.keys.writeKey,
    ),
  public: () =>
    send(
      '/touchpoints',
      { messageId: 'p', kind: 'email_unsubscribe', email: emailOf('public') },
      server.keys.publicWriteKey,
    ),
  segment: () =>
    send(
      '/v1/track',
      { messageId: 's', userId: emailOf('segment'), event: 'Unsubscribed' },
      server.keys.writeKey,
    ),
  reply: () =>
    send(
      '/v1/track',
      { messageId: 'r', userId: emailOf('reply'), event: 'Mail Replied' },
      webhooks.inbox ?? '',
    ),
  postmark: () =>
    send(
      `/webhooks/postmark/${webhooks.postmark}`,
      {
        RecordType: 'SpamComplaint',
        ID: 7,
        MessageID: 'm',
        Email: emailOf('postmark'),
        BouncedAt: new Date().toISOString(),
      },
      '',
      { 'x-webhook-secret': SECRET },
    ),
  answers: () => importList([`${emailOf('answers')},`], { optedOut: 'yes' }),
};

test.each(Object.keys(WAYS))('a person of an old list who answers by %s is struck at once', async (name) => {
  expect(await leadOf(name)).toMatchObject({ lifecycle: 'raw', traits: { list: 'Fair 2019', title: 'CFO' } });
  await WAYS[name]?.();
  const struck = await leadOf(name);
  expect(struck.lifecycle).toBe('opted_out');
  expect(struck.readiness.missing).toContain(`opted out of mail on ${new Date().toISOString().slice(0, 10)}`);
});

test('a person of the list who does not answer stays in it', async () => {
  expect(await leadOf('silent')).toMatchObject({ lifecycle: 'raw' });
});

test('an older copy of the list brings nobody back, unless it says when they wanted mail again', async () => {
  await importList([`${emailOf('native')},CFO`], {
    consent: 'subscribed',
    occurredAt: '2019-06-01T00:00:00Z',
  });
  await importList([`${emailOf('public')},CFO`], {
    consent: 'subscribed',
    consentAt: '2019-06-01T00:00:00Z',
  });
  expect([(await leadOf('native')).lifecycle, (await leadOf('public')).lifecycle]).toEqual([
    'opted_out',
    'opted_out',
  ]);
  await importList([`${emailOf('native')},CFO`], {
    consent: 'subscribed',
    consentAt: new Date().toISOString(),
  });
  expect((await leadOf('native')).lifecycle).toBe('raw');
});
