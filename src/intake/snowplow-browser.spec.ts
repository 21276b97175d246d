import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { hasChromium, NO_CHROMIUM, openBrowser, pageServer, tlsProxy } from '../../test/browser.js';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';
import { TcpProxy } from '../../test/tcp-proxy.js';
import { unsteadyStore } from '../../test/unsteady-store.js';
import { until } from '../../test/until.js';

const require = createRequire(import.meta.url);
const inBrowser = hasChromium ? test : test.skip;

const outage = unsteadyStore();
let server: IntakeServer;
let wire: TcpProxy;
let gateway: Awaited<ReturnType<typeof tlsProxy>>;
let pages: Awaited<ReturnType<typeof pageServer>>;
let site: Awaited<ReturnType<typeof tlsProxy>>;
let browser: Browser;
beforeAll(async () => {
  server = await intakeServer({ wrap: (store) => outage.wrap(store) });
  wire = await TcpProxy.start(Number(new URL(server.url).port));
  gateway = await tlsProxy(wire.through(server.url));
  const [tracker, links, forms] = await Promise.all(
    ['browser-tracker', 'browser-plugin-link-click-tracking', 'browser-plugin-form-tracking'].map(build),
  );
  pages = await pageServer({
    '/sp.js': {
      type: 'text/javascript',
      body: [tracker, links, forms, 'window.snowplow = snowplowBrowserTracking;'].join('\n'),
    },
    '/': { type: 'text/html', body: PAGE },
    '/next': { type: 'text/html', body: '<!doctype html><title>Next</title>' },
    '/guide.pdf': { type: 'text/plain', body: 'a guide' },
  });
  site = await tlsProxy(pages.url);
  if (hasChromium) browser = await openBrowser();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  site.close();
  pages.close();
  gateway.close();
  await wire.stop();
  await server.stop();
});

const build = (name: string): Promise<string> =>
  readFile(require.resolve(`@snowplow/${name}/dist/index.umd.js`), 'utf8');

const PAGE = `<!doctype html><html><head><title>Pricing</title><script src="/sp.js"></script></head><body>
  <a id="guide" href="/guide.pdf" target="_blank">Guide</a>
  <form id="contact" action="/next"><input name="email" type="email" value="ada@acme.example"><button>Send</button></form>
</body></html>`;

/** Starts the tracker on the page as its documentation does. */
const started = (settings: object = {}): string => `
  snowplow.newTracker('sp', '${named('sp', gateway)}', {
    appId: '${server.keys.publicWriteKey}',
    plugins: [snowplowLinkClickTracking.LinkClickTrackingPlugin(), snowplowFormTracking.FormTrackingPlugin()],
    ...${JSON.stringify(settings)},
  });`;

/** The collector has a name in the domain of the site: browsers keep no cookies of others. */
const named = (host: string, { url }: { readonly url: string }): string =>
  `https://${host}.acme.example:${new URL(url).port}`;

interface Stored {
  readonly kind: string;
  readonly name: string | null;
  readonly identity: readonly string[];
  readonly url: string | null;
}

const stored = async (after: bigint): Promise<Stored[]> =>
  (
    await server.database.pool.query<Stored>(
      `SELECT data->>'kind' AS kind, data->>'name' AS name, data->'identity' AS identity, data#>>'{content,url}' AS url
         FROM touchline.event WHERE position > $1 ORDER BY position`,
      [String(after)],
    )
  ).rows;

/** Opens the page, and returns what it made the server store once all of it is there. */
async function visit(
  act: (page: Page) => Promise<void>,
  count: number,
  context?: BrowserContext,
): Promise<readonly Stored[]> {
  const after = await server.store.head();
  const own = context ?? (await browser.newContext());
  const page = await own.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(named('www', site));
  await act(page);
  await until(async () => (await stored(after)).length >= count, 20_000);
  const events = await stored(after);
  if (!context) await own.close();
  expect(errors).toEqual([]);
  return events;
}

const kinds = (events: readonly Stored[]): string[] =>
  events.map(({ kind, name }) => (kind === 'custom' ? `custom ${name}` : kind)).sort();

describe(`Snowplow's tracker in a browser${NO_CHROMIUM}`, () => {
  inBrowser(
    'sends page views, pings, links, forms and events with only its collector and app id set',
    async () => {
      const events = await visit(async (page) => {
        await page.evaluate(`${started({ contexts: { webPage: true, session: true } })}
        snowplow.enableActivityTracking({ minimumVisitLength: 1, heartbeatDelay: 1 });
        snowplowLinkClickTracking.enableLinkClickTracking();
        snowplowFormTracking.enableFormTracking({ options: { events: ['submit_form'] } });
        snowplow.setUserId('u-1');
        snowplow.trackPageView();
        snowplow.trackStructEvent({ category: 'b2b', action: 'Demo Requested' });
        snowplow.trackSelfDescribingEvent({ event: { schema: 'iglu:com.acme/trial_started/jsonschema/1-0-0', data: {} } });`);
        await page.click('#guide');
        await page.mouse.wheel(0, 20);
        await page.waitForTimeout(1_500);
        await page.mouse.wheel(0, -20);
        await page.click('button');
        await page.waitForURL(/\/next/);
      }, 6);
      expect([...new Set(kinds(events))]).toEqual(
        expect.arrayContaining([
          'content_download',
          'custom page_ping',
          'demo_request',
          'form_fill',
          'page_view',
          'trial_start',
        ]),
      );
      expect(events.every(({ identity }) => identity[0] === 'user:u-1' && identity.length === 2)).toBe(true);
      expect(events.find(({ kind }) => kind === 'content_download')?.url).toBe(
        `${named('www', site)}/guide.pdf`,
      );
    },
  );

  inBrowser(
    'is the same browser after it lost its own cookies, by the one of the network user id',
    async () => {
      const context = await browser.newContext();
      const view = (page: Page): Promise<void> => page.evaluate(`${started()} snowplow.trackPageView();`);
      const [first] = await visit(view, 1, context);
      await context.clearCookies({ name: /^_sp_/ });
      const [second] = await visit(view, 1, context);
      const cookies = await context.cookies(named('sp', gateway));
      await context.close();
      expect(cookies.filter(({ name }) => name === 'sp')).toMatchObject([
        { secure: true, httpOnly: true, sameSite: 'None' },
      ]);
      expect(first?.identity).toEqual([`anonymous:${cookies.find(({ name }) => name === 'sp')?.value}`]);
      expect(second?.identity).toEqual([...(first?.identity ?? []), expect.stringMatching(/^anonymous:/)]);
    },
  );

  inBrowser('leaves no id and no cookie with anonymous tracking', async () => {
    const context = await browser.newContext();
    const events = await visit(
      (page) =>
        page.evaluate(
          `${started({ anonymousTracking: { withServerAnonymisation: true } })} snowplow.trackPageView(); snowplow.trackPageView();`,
        ),
      2,
      context,
    );
    const cookies = await context.cookies([named('sp', gateway), named('www', site)]);
    await context.close();
    expect(kinds(events)).toEqual(['page_view', 'page_view']);
    expect(cookies).toEqual([]);
  });

  inBrowser.each([['post'], ['get']])(
    'sends again by %s what was answered 503 or broke, and nothing is recorded twice',
    async (eventMethod) => {
      outage.refuseNext(2);
      const names = Array.from({ length: 12 }, (_, nth) => `step ${nth}`);
      const events = await visit(async (page) => {
        await page.evaluate(started({ eventMethod, retryFailedRequests: true }));
        const track = (nth: number): Promise<void> =>
          page.evaluate(`snowplow.trackStructEvent({ category: 'step', action: '${nth}' })`);
        for (const nth of [0, 1, 2, 3]) await track(nth);
        wire.delay(10);
        for (const nth of [4, 5, 6, 7]) {
          await track(nth);
          await page.waitForTimeout(15);
          wire.cut();
        }
        wire.refuse();
        for (const nth of [8, 9, 10]) await track(nth);
        await page.waitForTimeout(50);
        wire.restore();
        for (let tries = 0; tries < 8; tries += 1) {
          await page.evaluate(`snowplow.flushBuffer()`);
          await page.waitForTimeout(50);
        }
        await track(11);
      }, names.length);
      expect(events.map(({ name }) => name).sort()).toEqual(names.sort());
    },
  );
});
