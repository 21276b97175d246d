import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { problemCode, WebhookServer } from '../../test/webhook-server.js';

const PUBLIC_URL = 'https://touchline.vendor.example';

let hooks: WebhookServer;
let mandrill: string;
let mailchimp: string;
let head: bigint;
beforeAll(async () => {
  hooks = await WebhookServer.start({ environment: { TOUCHLINE_PUBLIC_URL: PUBLIC_URL } });
  const secrets = ['first-key', 'second-key'];
  mandrill = `/webhooks/mandrill/${await hooks.addCollector({ name: 'mandrill', format: 'mandrill', secrets })}`;
  mailchimp = `/webhooks/mailchimp/${await hooks.addCollector({ name: 'audience', format: 'mailchimp', secrets })}`;
});
afterAll(() => hooks.stop());
beforeEach(async () => {
  head = await hooks.server.store.head();
});

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

async function expectNothingStored(): Promise<void> {
  expect(await hooks.stored(head)).toEqual({ events: [], rejected: 0 });
}

describe("Mandrill's webhook", () => {
  /** As Mandrill's documentation has it, in the words of its sample in PHP. */
  function signatureOf(url: string, fields: Record<string, string>, key: string): string {
    let signed = url;
    for (const name of Object.keys(fields).sort()) signed += name + (fields[name] ?? '');
    return createHmac('sha1', key).update(signed).digest('base64');
  }

  const event = (ts: number) => ({
    event: 'open',
    ts,
    msg: { _id: 'm-1', email: 'ada@acme.example', tags: ['spring'] },
  });

  function deliver(fields: Record<string, string>, key = 'first-key', path = mandrill): Promise<Response> {
    const signature = signatureOf(PUBLIC_URL + path, fields, key);
    const body = new URLSearchParams(fields).toString();
    return hooks.post(path, body, { ...FORM, 'X-Mandrill-Signature': signature });
  }

  test.each(['first-key', 'second-key'])('accepts what is signed with the live key %s', async (key) => {
    const fields = {
      mandrill_events: JSON.stringify([event(1772357400 + key.length)]),
      another: 'field & = +',
    };
    expect((await deliver(fields, key)).status).toBe(200);
    expect((await hooks.stored(head)).events).toMatchObject([
      { data: { kind: 'email_open', campaign: 'spring', properties: { mailId: 'm-1' } } },
    ]);
  });

  test('signs with the address as it was given, query included', async () => {
    const fields = { mandrill_events: JSON.stringify([event(1772357500)]) };
    expect((await deliver(fields, 'first-key', `${mandrill}?source=a%20b`)).status).toBe(200);
  });

  test('refuses another key, another address and no signature, and stores nothing', async () => {
    const fields = { mandrill_events: JSON.stringify([event(1)]) };
    expect(await problemCode(await deliver(fields, 'other'))).toBe('signature-invalid');
    const elsewhere = signatureOf(`https://evil.example${mandrill}`, fields, 'first-key');
    const body = new URLSearchParams(fields).toString();
    expect((await hooks.post(mandrill, body, { ...FORM, 'X-Mandrill-Signature': elsewhere })).status).toBe(
      401,
    );
    expect(await problemCode(await hooks.post(mandrill, body, FORM))).toBe('signature-missing');
    expect((await deliver(fields, 'first-key', '/webhooks/mandrill/unknown')).status).toBe(404);
    await expectNothingStored();
  });

  test('answers the trials that Mandrill makes of an address, and stores nothing', async () => {
    for (const method of ['HEAD', 'GET'])
      expect((await fetch(hooks.server.url + mandrill, { method })).status).toBe(200);
    expect((await deliver({ mandrill_events: '[]' }, 'test-webhook')).status).toBe(200);
    expect((await fetch(`${hooks.server.url}/webhooks/mandrill/unknown`)).status).toBe(404);
    await expectNothingStored();
  });

  test('records two opens of one mail as two, and each once when they are sent again', async () => {
    const fields = { mandrill_events: JSON.stringify([event(1772357600), event(1772357700)]) };
    for (let time = 0; time < 2; time += 1) expect((await deliver(fields)).status).toBe(200);
    expect((await hooks.stored(head)).events).toHaveLength(2);
  });

  /** As long as what Mandrill sends of an open: some 1.6 KB of JSON, half as much again in a form. */
  const longEvent = (id: string) => ({
    ...{ event: 'open', ts: 1772357800, ip: '192.0.2.1', user_agent: 'Mozilla/5.0 '.repeat(10) },
    location: { country: 'United States', city: 'Oklahoma City', latitude: 35.4675, longitude: -97.5164 },
    user_agent_parsed: { type: 'Browser', ua_family: 'Chrome', ua_company_url: 'https://example.com/' },
    msg: {
      ...{
        _id: id,
        email: `reader-${id.replaceAll(' ', '-')}@acme.example`,
        subject: 'Spring news',
        tags: ['spring'],
      },
      opens: Array.from({ length: 5 }, (_, at) => ({ ts: 1772357000 + at, ip: '192.0.2.1', location: null })),
      smtp_events: Array.from({ length: 5 }, () => ({
        ...{ ts: 1772357000, type: 'sent', diag: '250 OK', source_ip: '192.0.2.9' },
        ...{ destination_ip: '198.51.100.4', size: 14_000 },
      })),
    },
  });

  test.each([
    ['as it is', (body: string) => body, {}],
    ['compressed', gzipSync, { 'Content-Encoding': 'gzip' }],
  ] as const)(
    'records each event of a batch of 1,000, the most that Mandrill sends, %s',
    async (name, encode, headers) => {
      const events = Array.from({ length: 1_000 }, (_, nth) => longEvent(`${name}-${nth}`));
      const fields = { mandrill_events: JSON.stringify(events) };
      const body = new URLSearchParams(fields).toString();
      expect(body.length).toBeGreaterThan(2 * 1024 * 1024);
      const signature = signatureOf(PUBLIC_URL + mandrill, fields, 'first-key');
      const signed = { ...FORM, ...headers, 'X-Mandrill-Signature': signature };
      expect((await hooks.post(mandrill, encode(body), signed)).status).toBe(200);
      const { events: recorded, rejected } = await hooks.stored(head);
      expect([recorded.length, rejected]).toEqual([1_000, 0]);
    },
  );

  test.each([
    ['10 MB', (body: string) => body, {}],
    ['10 MB when inflated', gzipSync, { 'Content-Encoding': 'gzip' }],
  ] as const)('refuses a batch of %s, names the limit and stores nothing', async (_, encode, headers) => {
    const body = `mandrill_events=${'x'.repeat(10_000_000)}`;
    const answer = await hooks.post(mandrill, encode(body), { ...FORM, ...headers });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ detail: 'The request body is over the limit of 5 MB' });
    expect(await hooks.stored(head)).toMatchObject({ events: [] });
  });

  test('refuses a batch that holds more values than there is memory for', async () => {
    const fields = { mandrill_events: `[${'{},'.repeat(1_000_000)}{}]` };
    const answer = await deliver(fields);
    expect(answer.status).toBe(413);
    expect((await hooks.stored(head)).events).toEqual([]);
    await hooks.server.database.pool.query('DELETE FROM touchline.rejected');
  });

  test('refuses a form with 10,000 fields before it is verified', async () => {
    const body = Array.from({ length: 10_000 }, (_, nth) => `f${nth}=1`).join('&');
    const answer = await hooks.post(mandrill, body, { ...FORM, 'X-Mandrill-Signature': 'x' });
    expect([answer.status, await problemCode(answer)]).toEqual([413, 'too-large']);
    await expectNothingStored();
  });

  test('keeps a signed form without a list of events as rejected', async () => {
    expect((await deliver({ mandrill_events: '{"event":"open"}' })).status).toBe(400);
    expect(await hooks.rejectedCodes()).toEqual(['unreadable-body']);
  });
});

describe("a Mailchimp audience's webhook", () => {
  const unsubscribed = (email: string): string =>
    new URLSearchParams({
      ...{
        type: 'unsubscribe',
        fired_at: '2026-03-01 09:30:00',
        'data[action]': 'unsub',
        'data[reason]': 'manual',
      },
      ...{ 'data[email]': email, 'data[list_id]': 'a6b5da1054', 'data[merges][FNAME]': 'Ada' },
    }).toString();

  test('ends the consent of who unsubscribes, once', async () => {
    for (let time = 0; time < 2; time += 1)
      expect(
        (await hooks.post(`${mailchimp}?secret=second-key`, unsubscribed('ada@acme.example'), FORM)).status,
      ).toBe(200);
    expect((await hooks.stored(head)).events).toMatchObject([
      {
        type: 'TouchpointRecorded',
        data: { kind: 'email_unsubscribe', properties: { listId: 'a6b5da1054' } },
      },
      { type: 'ConsentChanged', data: { status: 'unsubscribed', reason: 'unsubscribe' } },
    ]);
  });

  test.each([
    ['?secret=other', 'signature-invalid'],
    ['?secret=', 'signature-invalid'],
    ['', 'signature-missing'],
  ])('refuses the address with "%s", and stores nothing', async (query, code) => {
    const { rejected } = await hooks.stored(head);
    const answer = await hooks.post(mailchimp + query, unsubscribed('bob@acme.example'), FORM);
    expect([answer.status, await problemCode(answer)]).toEqual([401, code]);
    expect(await hooks.stored(head)).toEqual({ events: [], rejected });
  });

  test('answers the request by which Mailchimp validates an address', async () => {
    expect((await fetch(`${hooks.server.url}${mailchimp}?secret=first-key`)).status).toBe(200);
    expect((await fetch(`${hooks.server.url}/webhooks/mailchimp/unknown`)).status).toBe(404);
  });

  test('keeps that a form with 10,000 fields came, and answers at once', async () => {
    const body = Array.from({ length: 10_000 }, (_, nth) => `data[merges][F${nth}]=1`).join('&');
    const answer = await hooks.post(`${mailchimp}?secret=first-key`, body, FORM);
    expect([answer.status, await problemCode(answer)]).toEqual([400, 'too-many-fields']);
    expect(await hooks.rejectedCodes()).toContain('too-many-fields');
  });
});
