import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import snippet from '@segment/snippet';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { hasChromium, NO_CHROMIUM, openBrowser, pageServer, tlsProxy } from '../../test/browser.js';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';
import { unsteadyStore } from '../../test/unsteady-store.js';
import { until } from '../../test/until.js';

const require = createRequire(import.meta.url);
const inBrowser = hasChromium ? test : test.skip;

const outage = unsteadyStore();
let server: IntakeServer;
let gateway: Awaited<ReturnType<typeof tlsProxy>>;
let site: Awaited<ReturnType<typeof pageServer>>;
let browser: Browser;
beforeAll(async () => {
  server = await intakeServer({ wrap: (store) => outage.wrap(store) });
  gateway = await tlsProxy(server.url);
  site = await pageServer({
    '/segment': page(snippetFor(server.keys.writeKey)),
    '/segment-batching': page(snippetFor(server.keys.writeKey, BATCHING)),
    '/segment-http': page(loadSegment(server.url, server.keys.writeKey)),
    '/rudderstack': page(`<script src="/rudderstack.js"></script>${loadRudderstack()}`),
    '/rudderstack.js': { type: 'text/javascript', body: await rudderstackBuild() },
    '/analytics-next': page(`<script src="/analytics-next.js"></script>${loadAnalyticsNext()}`),
    '/analytics-next.js': { type: 'text/javascript', body: await readFile(ANALYTICS_NEXT, 'utf8') },
    '/next': page(''),
  });
  if (hasChromium) browser = await openBrowser();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  site.close();
  gateway.close();
  await server.stop();
});

const FORM = `<form id="contact" action="/next"><input name="email" value="ada@acme.example"><button>Send</button></form>`;
const page = (head: string) => ({
  type: 'text/html',
  body: `<!doctype html><html><head><title>Pricing</title>${head}</head><body>${FORM}</body></html>`,
});

/** The snippet as Segment writes it, with another host. */
const snippetFor = (apiKey: string, load: object = {}): string =>
  `<script>${snippet.min({ host: new URL(gateway.url).host, apiKey, page: true, load })}</script>`;

/** Keeps events for a minute; what waits is sent as the page closes. */
const BATCHING = {
  integrations: {
    'Segment.io': { deliveryStrategy: { strategy: 'batching', config: { size: 100, timeout: 60_000 } } },
  },
};

/** Without the snippet: the script alone, from a server without TLS. */
const loadSegment = (host: string, key: string): string =>
  `<script src="${host}/analytics.js/v1/${key}/analytics.min.js"></script>`;

/** As a page bundles it. */
const ANALYTICS_NEXT = join(
  dirname(require.resolve('@segment/analytics-next/package.json')),
  'dist/umd/index.js',
);
const loadAnalyticsNext = (): string => `<script>
  window.next = AnalyticsNext.AnalyticsBrowser.load({ writeKey: '${server.keys.writeKey}', cdnURL: '${server.url}' });
</script>`;

const rudderstackBuild = (): Promise<string> =>
  readFile(
    join(dirname(require.resolve('@rudderstack/analytics-js/bundled')), '..', 'umd', 'index.js'),
    'utf8',
  );

const loadRudderstack = (): string => `<script>
  const api = window.rudderanalytics;
  window.rudder = api.RudderAnalytics ? new api.RudderAnalytics() : api;
  const options = Object.fromEntries(new URLSearchParams(location.search));
  rudder.load('${server.keys.writeKey}', '${server.url}', { configUrl: '${server.url}', useBeacon: options.beacon === '1' });
</script>`;

interface Stored {
  readonly type: string;
  readonly kind: string | null;
  readonly name: string | null;
  readonly identity: readonly string[];
}

const stored = async (after: bigint): Promise<Stored[]> =>
  (
    await server.database.pool.query<Stored>(
      `SELECT type, data->>'kind' AS kind, data->>'name' AS name, data->'identity' AS identity
         FROM touchline.event WHERE position > $1 ORDER BY position`,
      [String(after)],
    )
  ).rows;

/** Opens a page of the site and returns what it made the server store, once all of it is there. */
async function visit(
  path: string,
  act: (page: Page) => Promise<void>,
  complete: (events: readonly Stored[]) => boolean,
): Promise<{ readonly events: readonly Stored[]; readonly hosts: readonly string[] }> {
  const after = await server.store.head();
  const context = await browser.newContext();
  const page = await context.newPage();
  const hosts = new Set<string>();
  const errors: string[] = [];
  page.on('request', (request) => hosts.add(new URL(request.url()).host));
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(`${site.url}${path}`);
  await act(page);
  await until(async () => complete(await stored(after)), 20_000);
  const events = await stored(after);
  await context.close();
  expect(errors).toEqual([]);
  return { events, hosts: [...hosts].sort() };
}

const kinds = (events: readonly Stored[]): string[] => events.map(({ type, kind }) => kind ?? type).sort();
const own = (...urls: readonly string[]): string[] => urls.map((url) => new URL(url).host).sort();

describe(`Segment's analytics.js in a browser${NO_CHROMIUM}`, () => {
  inBrowser(
    'sends pages, identities, events and forms from the snippet with only its host changed',
    async () => {
      const { events, hosts } = await visit(
        '/segment',
        async (page) => {
          await page.waitForFunction('window.analytics.initialized === true');
          await page.evaluate(`analytics.identify('u-1', { email: 'ada@acme.example' })`);
          await page.evaluate(`analytics.track('Demo Requested')`);
          // Loaded as a chunk: the script comes with links and forms only when a page tracks them.
          await page.evaluate(`analytics.trackForm(document.getElementById('contact'), 'Form Submitted')`);
          await page.click('button');
          await page.waitForURL(/\/next/);
        },
        (events) => events.length >= 4,
      );
      expect(kinds(events)).toEqual(['IdentityClaimed', 'demo_request', 'form_fill', 'page_view']);
      expect(events.find(({ kind }) => kind === 'demo_request')?.identity).toContain('user:u-1');
      expect(hosts).toEqual(own(site.url, gateway.url));
    },
  );

  inBrowser('finds the server that the script came from, without TLS too', async () => {
    const { events, hosts } = await visit(
      '/segment-http',
      async (page) => {
        await page.waitForFunction('window.analytics.initialized === true');
        await page.evaluate('analytics.page()');
      },
      (events) => events.length >= 1,
    );
    expect(kinds(events)).toEqual(['page_view']);
    expect(hosts).toEqual(own(site.url, server.url));
  });

  inBrowser('sends to the server of its cdnURL when a page bundles it', async () => {
    const { events, hosts } = await visit(
      '/analytics-next',
      async (page) => {
        await page.evaluate(`next.page()`);
        await page.evaluate(`next.group('acme', { name: 'Acme' })`);
      },
      (events) => events.length >= 3,
    );
    expect(kinds(events)).toEqual(['AccountObserved', 'IdentityClaimed', 'page_view']);
    expect(hosts).toEqual(own(site.url, server.url));
  });

  inBrowser('sends what waits in its batch as the page closes', async () => {
    const { events } = await visit(
      '/segment-batching',
      async (page) => {
        await page.waitForFunction('window.analytics.initialized === true');
        await page.evaluate(`analytics.track('Trial Started')`);
        await page.goto(`${site.url}/next`);
      },
      (events) => events.length >= 2,
    );
    expect(kinds(events)).toEqual(['page_view', 'trial_start']);
  });
});

/** Breaks the connections of the next requests with events: the first before it is answered, the second before it is sent. */
async function breakRequests(page: Page): Promise<void> {
  let nth = 0;
  await page.route(/\/v1\/t$/, async (route) => {
    nth += 1;
    if (nth > 2) return route.continue();
    if (nth === 1) await route.fetch();
    return route.abort('connectionreset');
  });
}

describe(`Segment's analytics.js in a browser that loses its answers${NO_CHROMIUM}`, () => {
  inBrowser('sends again what was answered 503 or broke, and nothing is recorded twice', async () => {
    const steps = Array.from({ length: 6 }, (_, nth) => `Step ${nth}`);
    const { events } = await visit(
      '/segment-http',
      async (page) => {
        await page.waitForFunction('window.analytics.initialized === true');
        await breakRequests(page);
        for (const step of steps.slice(0, 3)) await page.evaluate(`void analytics.track('${step}')`);
        await until(async () => (await stored(0n)).some(({ name }) => name === 'Step 2'), 20_000);
        outage.refuseNext(2);
        for (const step of steps.slice(3)) await page.evaluate(`void analytics.track('${step}')`);
      },
      (all) => all.length >= steps.length && outage.left === 0,
    );
    expect(events.map(({ name }) => name).sort()).toEqual(steps);
    expect(outage.left).toBe(0);
  });
});

describe(`RudderStack's SDK in a browser${NO_CHROMIUM}`, () => {
  inBrowser.each(['/rudderstack', '/rudderstack?beacon=1'])('sends its calls from %s', async (path) => {
    const { events, hosts } = await visit(
      path,
      async (page) => {
        await page.waitForFunction('window.rudder !== undefined');
        await page.evaluate(`new Promise((resolve) => rudder.ready(resolve))`);
        await page.evaluate(`rudder.page()`);
        await page.evaluate(`rudder.identify('u-2', { email: 'grace@acme.example', title: 'CFO' })`);
        await page.evaluate(`rudder.track('Demo Requested', { plan: 'pro' })`);
        await page.goto(`${site.url}/next`);
      },
      (events) => events.length >= 3,
    );
    expect(kinds(events)).toEqual(['IdentityClaimed', 'demo_request', 'page_view']);
    expect(events.find(({ type }) => type === 'IdentityClaimed')?.identity).toEqual(
      expect.arrayContaining(['user:u-2', 'email:grace@acme.example']),
    );
    expect(hosts).toEqual(own(site.url, server.url));
  });
});

describe('the files of browser SDKs', () => {
  test('are refused for an unknown write key, so that a page can see why', async () => {
    const origin = 'https://www.acme.example';
    for (const path of [
      '/analytics.js/v1/wk_nobody/analytics.min.js',
      '/v1/projects/wk_nobody/settings',
      '/sourceConfig?writeKey=wk_nobody',
      '/sourceConfig',
    ]) {
      const answer = await fetch(server.url + path, { headers: { origin } });
      expect([path, answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([
        path,
        401,
        origin,
      ]);
    }
  });

  test('name the address of the request, which no cache may keep, unless one is configured', async () => {
    const { writeKey } = server.keys;
    const paths = [`/v1/projects/${writeKey}/settings`, `/sourceConfig?writeKey=${writeKey}`];
    for (const path of paths) {
      const answer = await fetch(server.url + path, { headers: { 'x-forwarded-host': 'evil.example' } });
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('vary')).toContain('Host');
      expect(await answer.text()).not.toContain('evil.example');
    }
    const configured = await intakeServer({
      environment: { TOUCHLINE_PUBLIC_URL: 'https://touchline.acme.example/t/' },
    });
    try {
      await configured.workspaces.allow('main', { writeKey });
      for (const path of paths) {
        const answer = await fetch(configured.url + path, { headers: { 'x-forwarded-proto': 'http' } });
        expect(answer.headers.get('cache-control')).toContain('public');
        const text = await answer.text();
        expect(text).toContain('touchline.acme.example/t');
        expect(text).not.toMatch(/127\.0\.0\.1|"http"|http:/);
      }
    } finally {
      await configured.stop();
    }
  });

  test('name no host of their makers, whatever the page does not say', async () => {
    const { publicWriteKey } = server.keys;
    const script = await (
      await fetch(`${server.url}/analytics.js/v1/${publicWriteKey}/analytics.min.js`)
    ).text();
    expect(script).not.toMatch(/cdn\.segment\.com|api\.segment\.io/);
  });

  test('hold a write key of any characters as text, never as script', async () => {
    const key = `wk_a"b'c\\d<e>$&`;
    await server.workspaces.allow('main', { writeKey: key });
    const answer = await fetch(`${server.url}/analytics.js/v1/${encodeURIComponent(key)}/analytics.min.js`);
    const script = await answer.text();
    const literal = /analyticsWriteKey=("[^"]*")/.exec(script)?.[1] ?? '';
    expect(JSON.parse(literal)).toBe(key);
    expect(script).not.toContain(key);
  });

  test('are served compressed, and for ever where their name holds their hash', async () => {
    const folder = join(dirname(require.resolve('@segment/analytics-next/package.json')), 'dist/umd');
    const { readdir } = await import('node:fs/promises');
    const bundles = (await readdir(folder)).filter(
      (name) => name.endsWith('.js') && name.includes('.bundle.'),
    );
    expect(bundles.length).toBeGreaterThan(3);
    for (const name of bundles) {
      const answer = await fetch(`${server.url}/analytics-next/bundles/${name}`);
      expect([name, answer.status, answer.headers.get('content-encoding')]).toEqual([name, 200, 'gzip']);
      expect(answer.headers.get('cache-control')).toContain('immutable');
      expect(await answer.text()).toBe(await readFile(join(folder, name), 'utf8'));
    }
  });

  test('are no other files of the package', async () => {
    for (const path of ['index.js', 'standalone.js.map', '../../package.json', '%2e%2e/cjs/index.js'])
      expect((await fetch(`${server.url}/analytics-next/bundles/${path}`)).status).toBe(404);
  });
});
