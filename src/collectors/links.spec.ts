import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { until } from '../../test/until.js';
import { problemCode, WebhookServer } from '../../test/webhook-server.js';
import { type EventStore, StoreUnavailable } from '../event-store/event-store.js';
import { sealLink } from '../intake/formats/links/token.js';

const PRICING = 'https://www.vendor.example/pricing?utm_source=newsletter#plans';
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0';

let isAway = false;
let isSilent = false;
/** A log that can be away, or take for ever. */
const unsteady = (store: EventStore): EventStore =>
  new Proxy(store, {
    get: (target, name) => {
      if (name === 'record' && isAway) return () => Promise.reject(new StoreUnavailable('away', 1));
      if (name === 'record' && isSilent) return () => new Promise(() => undefined);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });

let hooks: WebhookServer;
let dataDir: string;
let head: bigint;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-links-'));
  hooks = await WebhookServer.start({ wrap: unsteady, environment: { TOUCHLINE_DATA_DIR: dataDir } });
});
afterAll(async () => {
  await hooks.stop();
  await rm(dataDir, { recursive: true, force: true });
});
beforeEach(async () => {
  isAway = isSilent = false;
  head = await hooks.server.store.head();
});

const create = (body: object): Promise<Response> =>
  hooks.post('/api/links', JSON.stringify(body), {
    authorization: `Bearer ${hooks.server.keys.apiKey}`,
    'content-type': 'application/json',
  });

interface Made {
  readonly url: string;
  readonly expiresAt: string;
}

async function make(body: object): Promise<Made> {
  const answer = await create(body);
  expect(answer.status).toBe(200);
  return (await answer.json()) as Made;
}

const MAIL = {
  email: 'Ada@acme.example',
  campaign: 'spring',
  mailId: 'm-1',
  content: { id: 'wp-1', title: 'Paper' },
};
const click = (more: object = {}): Promise<Made> => make({ type: 'click', url: PRICING, ...MAIL, ...more });

const load = (url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
  fetch(url, { method, redirect: 'manual', headers: { 'user-agent': FIREFOX, ...headers } });

const events = async () => (await hooks.stored(head)).events;

async function expectNothingStored(): Promise<void> {
  expect(await events()).toEqual([]);
}

describe('a link made by POST /api/links', () => {
  test('redirects the reader and records the click of its recipient', async () => {
    const { url } = await click();
    const answer = await load(url);
    expect([answer.status, answer.headers.get('location')]).toEqual([302, PRICING]);
    expect(answer.headers.get('cache-control')).toContain('no-store');
    expect(await events()).toMatchObject([
      {
        stream: 'touchpoints-email:ada@acme.example',
        collector: 'links',
        data: {
          ...{
            kind: 'email_click',
            channel: 'email',
            campaign: 'spring',
            source: 'newsletter',
            verdict: 'human',
          },
          content: { id: 'wp-1', title: 'Paper', url: 'https://www.vendor.example/pricing' },
          properties: { mailId: 'm-1', url: PRICING },
          context: { userAgent: FIREFOX, ip: '127.0.0.1' },
        },
      },
    ]);
  });

  test('is a picture of one pixel that no cache keeps, and records the open', async () => {
    const { url } = await make({ type: 'open', ...MAIL });
    expect(url).toMatch(/\/o\/[\w-]+\.gif$/);
    const answer = await load(url);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/gif']);
    expect(answer.headers.get('cache-control')).toContain('no-store');
    expect(
      Buffer.from(await answer.arrayBuffer())
        .subarray(0, 10)
        .toString('hex'),
    ).toBe('47494638396101000100');
    expect(await events()).toMatchObject([{ data: { kind: 'email_open', properties: { mailId: 'm-1' } } }]);
  });

  test('is an event of its own each time that it is loaded', async () => {
    const { url } = await click();
    for (let time = 0; time < 3; time += 1) await load(url);
    expect(await events()).toHaveLength(3);
  });

  test('is the same when it is made again, and another for another recipient', async () => {
    const [one, again, other] = [await click(), await click(), await click({ email: 'bob@acme.example' })];
    expect(again.url).toBe(one.url);
    expect(other.url).not.toBe(one.url);
  });

  test('does not reveal the address of the recipient', async () => {
    const { url } = await click();
    const token = url.split('/').at(-1) ?? '';
    const bytes = Buffer.from(token, 'base64url').toString('latin1');
    expect(bytes).not.toMatch(/ada|acme|vendor/i);
  });

  test.each<[string, string, Record<string, string>, object]>([
    ['a HEAD request', 'HEAD', {}, { properties: { method: 'HEAD' }, verdict: 'link_scanner' }],
    [
      'a prefetch',
      'GET',
      { 'sec-purpose': 'prefetch' },
      { properties: { prefetch: true }, verdict: 'link_scanner' },
    ],
    [
      'a preview',
      'GET',
      { 'x-moz': 'prefetch' },
      { properties: { prefetch: true }, verdict: 'link_scanner' },
    ],
    ['a crawler', 'GET', { 'user-agent': 'Googlebot/2.1' }, { verdict: 'crawler' }],
  ])('records %s as what it is, and redirects it', async (_, method, headers, data) => {
    const answer = await load((await click()).url, headers, method);
    expect([answer.status, answer.headers.get('location')]).toEqual([302, PRICING]);
    expect(await events()).toMatchObject([{ data: { kind: 'email_click', ...data } }]);
  });

  test('records a HEAD request for the picture, and answers without a body', async () => {
    const answer = await load((await make({ type: 'open', ...MAIL })).url, {}, 'HEAD');
    expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([200, 0]);
    expect(await events()).toMatchObject([{ data: { kind: 'email_open', properties: { method: 'HEAD' } } }]);
  });

  test('that no person sees identifies a scanner', async () => {
    const { url } = await make({ type: 'honeypot', url: PRICING, ...MAIL });
    expect((await load(url)).status).toBe(302);
    expect(await events()).toMatchObject([
      { data: { properties: { honeypot: true }, verdict: 'link_scanner' } },
    ]);
  });

  test('of the greatest length works', async () => {
    const url = `https://www.vendor.example/${'x'.repeat(1_970)}`;
    expect((await load((await click({ url })).url)).headers.get('location')).toBe(url);
  });

  test.each([
    [
      'https://www.vendor.example/größe/価格?q=€',
      'https://www.vendor.example/gr%C3%B6%C3%9Fe/%E4%BE%A1%E6%A0%BC?q=%E2%82%AC',
    ],
    ['https://www.vendor.example/a\r\nx-other: 1', 'https://www.vendor.example/ax-other:%201'],
    [' https://www.vendor.example/b\n', 'https://www.vendor.example/b'],
  ])('to %j leads there by what a header can hold', async (url, location) => {
    const answer = await load((await click({ url })).url);
    expect([answer.status, answer.headers.get('location')]).toEqual([302, location]);
    expect(await events()).toMatchObject([{ data: { kind: 'email_click' } }]);
  });

  test('is made up to 1,000 at once, in their order', async () => {
    const links = Array.from({ length: 1_000 }, (_, nth) => ({
      type: 'open',
      email: `p${nth}@acme.example`,
    }));
    const answer = await create({ links });
    const made = ((await answer.json()) as { links: Made[] }).links;
    expect(new Set(made.map(({ url }) => url)).size).toBe(1_000);
    await load(made[7]?.url ?? '');
    expect(await events()).toMatchObject([{ stream: 'touchpoints-email:p7@acme.example' }]);
  });

  test.each<[string, object, string, number]>([
    ['to a script', { type: 'click', url: 'javascript:alert(1)', ...MAIL }, 'url', 422],
    ['to data', { type: 'click', url: 'data:text/html,<script>', ...MAIL }, 'url', 422],
    ['to no address', { type: 'click', url: '/pricing', ...MAIL }, 'url', 422],
    ['without an address', { type: 'click', ...MAIL }, 'url', 422],
    ['of a picture with an address', { type: 'open', url: PRICING, ...MAIL }, 'url', 422],
    ['to nobody', { type: 'open' }, 'email', 422],
    ['to an address that is none', { type: 'open', email: 'nobody' }, 'email', 422],
    [
      'that expired yesterday',
      { type: 'open', ...MAIL, expiresAt: '2020-01-01T00:00:00Z' },
      'expiresAt',
      422,
    ],
    ['of another type', { type: 'redirect', ...MAIL }, 'type', 400],
    ['with an unknown field', { type: 'open', ...MAIL, to: PRICING }, 'to', 400],
    [
      'among several',
      {
        links: [
          { type: 'open', ...MAIL },
          { type: 'click', ...MAIL },
        ],
      },
      'links.1.url',
      422,
    ],
  ])('is refused %s', async (_, body, path, status) => {
    const answer = await create(body);
    const { errors } = (await answer.json()) as { errors: { path: string }[] };
    expect([answer.status, errors[0]?.path]).toEqual([status, path]);
  });

  test('needs an API key', async () => {
    expect((await hooks.post('/api/links', '{}', { 'content-type': 'application/json' })).status).toBe(401);
  });

  test('is not made by a collector of another format, or one that is unknown', async () => {
    await hooks.addCollector({ name: 'site', format: 'segment' });
    expect((await create({ collector: 'site', type: 'open', ...MAIL })).status).toBe(409);
    expect((await create({ collector: 'unknown', type: 'open', ...MAIL })).status).toBe(404);
  });
});

describe('redirects', () => {
  const settings = { redirectHosts: ['www.vendor.example', '*.partner.example', 'app.vendor.example:8443'] };
  const secrets = ['a secret of this collector'];

  test('lead to the listed hosts alone, also once the list was changed', async () => {
    await hooks.addCollector({ name: 'strict', format: 'links', settings, secrets });
    const strict = (url: string) => create({ collector: 'strict', type: 'click', ...MAIL, url });
    for (const url of [
      'https://www.vendor.example:443/a',
      'http://shop.partner.example/',
      'https://app.vendor.example:8443/',
    ])
      expect((await strict(url)).status).toBe(200);
    for (const url of [
      'https://evil.example/',
      'https://www.vendor.example.evil.example/',
      'https://www.vendor.example@evil.example/',
      'https://www.vendor.example:8443/',
      'https://app.vendor.example/',
      'https://partner.example.evil.example/',
    ])
      expect((await strict(url)).status).toBe(422);

    const { url } = (await (await strict('https://shop.partner.example/')).json()) as Made;
    await hooks.server.database.pool.query(
      `UPDATE touchline.collector SET settings = '{"redirectHosts":["www.vendor.example"]}', updated_at = now()
       WHERE name = 'strict'`,
    );
    expect(await until(async () => (await load(url)).status === 403, 15_000)).toBe(true);
    const answer = await load(url);
    expect([answer.headers.get('location'), await answer.text()]).toEqual([
      null,
      expect.stringContaining('<h1>'),
    ]);
  }, 30_000);

  test('stop when the token expires, with a page that says so, and nothing is stored', async () => {
    const id = await hooks.addCollector({ name: 'old', format: 'links', secrets });
    const link = {
      type: 'click',
      email: 'ada@acme.example',
      url: PRICING,
      expiresAt: 1_600_000_000,
    } as const;
    const answer = await load(`${hooks.server.url}/c/${sealLink(link, id, secrets[0] ?? '')}`);
    expect([answer.status, await answer.text()]).toEqual([410, expect.stringContaining('expired')]);
    const picture = await load(
      `${hooks.server.url}/o/${sealLink({ ...link, type: 'open', url: undefined }, id, secrets[0] ?? '')}.gif`,
    );
    expect([picture.status, await problemCode(picture)]).toEqual([410, 'link-expired']);
    await expectNothingStored();
  });

  test('stay after the secret is rotated, as long as the old one is live', async () => {
    const id = await hooks.addCollector({
      name: 'rotated',
      format: 'links',
      secrets: ['the first one', 'the second'],
    });
    const link = {
      type: 'click',
      email: 'ada@acme.example',
      url: PRICING,
      expiresAt: 4_000_000_000,
    } as const;
    for (const secret of ['the first one', 'the second'])
      expect((await load(`${hooks.server.url}/c/${sealLink(link, id, secret)}`)).status).toBe(302);
    expect((await load(`${hooks.server.url}/c/${sealLink(link, id, 'a third')}`)).status).toBe(404);
  });
});

describe('tokens', () => {
  test('that are cut, changed or made up lead nowhere, and nothing is stored', async () => {
    const token = (await click()).url.split('/').at(-1) ?? '';
    const picture = (await make({ type: 'open', ...MAIL })).url.split('/').at(-1)?.slice(0, -4) ?? '';
    const changed = fc.oneof(
      fc.nat(token.length - 1).map((length) => token.slice(0, length)),
      fc
        .tuple(fc.nat(token.length - 1), fc.constantFrom(...'AZaz09-_'))
        .map(([at, character]) => token.slice(0, at) + character + token.slice(at + 1))
        .filter((each) => each !== token),
      fc.string({ unit: fc.constantFrom(...'AQIDabc09-_~.%'), minLength: 1, maxLength: 400 }),
      fc.constant(`${token}A`),
      fc.constant(picture),
    );
    await fc.assert(
      fc.asyncProperty(changed, async (forged) => {
        const answer = await load(`${hooks.server.url}/c/${encodeURIComponent(forged)}`);
        expect([answer.status, answer.headers.get('location')]).toEqual([404, null]);
      }),
      { numRuns: 100 },
    );
    expect((await load(`${hooks.server.url}/o/${token}.gif`)).status).toBe(404);
    expect(await hooks.stored(head)).toMatchObject({ events: [], rejected: 0 });
  }, 60_000);

  test('of one collector are not those of another with the same secret', async () => {
    const secrets = ['shared secret'];
    const [one, other] = [
      await hooks.addCollector({ name: 'one', format: 'links', secrets }),
      await hooks.addCollector({ name: 'other', format: 'links', secrets }),
    ];
    const link = {
      type: 'click',
      email: 'ada@acme.example',
      url: PRICING,
      expiresAt: 4_000_000_000,
    } as const;
    const bytes = Buffer.from(sealLink(link, one, 'shared secret'), 'base64url');
    bytes.write(other, 2);
    expect((await load(`${hooks.server.url}/c/${bytes.toString('base64url')}`)).status).toBe(404);
  });
});

describe('while the log is away', () => {
  const spooled = () => readdir(join(dataDir, 'spool')).catch(() => []);

  test.each(['away', 'silent'])(
    'and %s, a reader gets on, and the click is recorded once it is back',
    async (how) => {
      const [{ url }, { url: picture }] = [await click(), await make({ type: 'open', ...MAIL })];
      if (how === 'away') isAway = true;
      else isSilent = true;
      const answers = await Promise.all([load(url), load(url), load(picture)]);
      expect(answers.map(({ status }) => status)).toEqual([302, 302, 200]);
      expect((await spooled()).length).toBeGreaterThan(0);

      isAway = isSilent = false;
      expect(await until(async () => (await spooled()).length === 0, 20_000)).toBe(true);
      const kinds = (await events()).map(({ data }) => (data as { kind: string }).kind);
      expect(kinds.sort()).toEqual(['email_click', 'email_click', 'email_open']);
      const receivedAt = (await events())[0]?.occurredAt ?? new Date(0);
      expect(+receivedAt).toBeLessThanOrEqual(Date.now());
    },
    40_000,
  );

  test('forged tokens are refused and not kept', async () => {
    isAway = true;
    const answer = await load(`${(await click()).url.slice(0, -4)}AAAA`);
    expect(answer.status).toBe(404);
    expect(await spooled()).toEqual([]);
  });
});

test('a request line with a token that is no text is answered', async () => {
  const { port } = new URL(hooks.server.url);
  const status = await new Promise((resolve, reject) => {
    request({ port, path: '/c/%ff%00', method: 'GET' }, (answer) => resolve(answer.statusCode))
      .on('error', reject)
      .end();
  });
  expect([400, 404]).toContain(status);
});
