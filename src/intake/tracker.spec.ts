import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page, Request } from 'playwright-core';
import { hasChromium, NO_CHROMIUM, openBrowser, pageServer } from '../../test/browser.js';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';
import { type QueryApi, queryApi } from '../../test/query-api.js';
import { unsteadyStore } from '../../test/unsteady-store.js';
import { until } from '../../test/until.js';
import { DOWNLOAD_EXTENSIONS } from './downloads.js';
import { projections } from '../projections/all.js';
import type { LeadJourneyAnswer } from '../queries/lead-journey.js';
import type { LeadAnswer } from '../queries/lead.js';
import { Freshness } from '../subscriptions/api/freshness.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';

/** Of a person: that of a headless browser is one of a machine. */
const AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36';

const SITE = join(import.meta.dirname, '..', '..', 'test', 'site');
const inBrowser = hasChromium ? test : test.skip;

const outage = unsteadyStore();
let server: IntakeServer;
let runner: SubscriptionRunner;
let api: QueryApi;
let browser: Browser;
beforeAll(async () => {
  server = await intakeServer({ wrap: (store) => outage.wrap(store) });
  const { store, database } = server;
  runner = new SubscriptionRunner({ pool: database.pool, store, subscriptions: projections });
  api = await queryApi({ pool: database.pool, store, freshness: new Freshness(database.pool, runner.moved) });
  if (hasChromium) browser = await openBrowser();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await api.close();
  await runner.stop();
  await server.stop();
});

type Site = Awaited<ReturnType<typeof pageServer>>;

/** The site with the tracker in its pages. @param attributes of its script */
async function siteWith(attributes: string, path = '/t.js'): Promise<Site> {
  const script = `<script async src="${server.url}${path}" ${attributes}></script>`;
  const page = async (name: string) => ({
    type: 'text/html',
    body: (await readFile(join(SITE, name), 'utf8')).replace('<!-- tracker -->', script),
  });
  const [index, pricing, thanks] = await Promise.all(['index.html', 'pricing.html', 'thanks.html'].map(page));
  if (!index || !pricing || !thanks) throw new Error('the site lacks a page');
  return pageServer({
    ...{ '/': index, '/index.html': index, '/pricing.html': pricing, '/thanks.html': thanks },
    '/files/guide.pdf': { type: 'application/pdf', body: '%PDF' },
    '/app/plans': pricing,
  });
}

const key = (): string => `data-write-key="${server.keys.publicWriteKey}"`;

interface Stored {
  readonly type: string;
  readonly kind: string | null;
  readonly name: string | null;
  readonly url: string | null;
  readonly text: string;
}

const stored = async (after: bigint): Promise<Stored[]> =>
  (
    await server.database.pool.query<Stored>(
      `SELECT type, data->>'kind' AS kind, data->>'name' AS name, data#>>'{content,url}' AS url, data::text AS text
         FROM touchline.event WHERE position > $1 ORDER BY position`,
      [String(after)],
    )
  ).rows;

const names = (events: readonly Stored[]): string[] =>
  events.map(({ type, kind, name }) => (kind === 'custom' ? String(name) : (kind ?? type))).sort();

interface Visit {
  readonly events: readonly Stored[];
  /** Of the tracker's server, without its scripts. */
  readonly sent: readonly string[];
  readonly cookies: readonly string[];
  readonly storage: readonly string[];
}

interface VisitOptions {
  readonly site: Site;
  readonly count: number;
  /** Of the page; run before any script of it. */
  readonly before?: string;
  readonly act: (page: Page, context: BrowserContext) => Promise<void>;
}

/** Opens the site, acts, and returns what became of it once so many events are stored; of none, after a while. */
async function visit({ site, count, before, act }: VisitOptions): Promise<Visit> {
  const after = await server.store.head();
  const context = await browser.newContext({ userAgent: AGENT });
  // What is not the site or the tracker's server is not there.
  await context.route(/partner\.example/, (route) => route.fulfill({ body: 'partner' }));
  if (before !== undefined) await context.addInitScript(before);
  const sent: string[] = [];
  const errors: string[] = [];
  context.on('request', (request: Request) => {
    const url = new URL(request.url());
    if (url.origin === server.url && !url.pathname.endsWith('/t.js')) sent.push(url.pathname);
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(site.url);
  await page.waitForFunction('window.touchline !== undefined && window.touchline.version === 1');
  await act(page, context);
  await until(async () => (await stored(after)).length >= count, 20_000);
  if (count === 0) await page.waitForTimeout(500);
  const keys = await page.evaluate<string[]>(
    '[...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter((key) => key !== "touchline_consent")',
  );
  const cookies = (await context.cookies(site.url)).map(({ name }) => name);
  const events = await stored(after);
  await context.close();
  expect(errors).toEqual([]);
  return { events, sent, cookies, storage: keys };
}

const ready = (page: Page): Promise<unknown> =>
  page.waitForFunction('window.analytics?.initialized === true');

describe(`the tracker in a browser${NO_CHROMIUM}`, () => {
  inBrowser(
    'makes a journey of pages, downloads, outbound links, events and a form that says who it was',
    async () => {
      const site = await siteWith(`${key()} data-fields="work_email:email first_name:firstName company"`);
      const { events, sent } = await visit({
        ...{ site, count: 9 },
        act: async (page) => {
          await ready(page);
          for (const id of ['#guide b', '#partner', '#chat i']) await page.click(id);
          await page.click('#search button');
          await page.waitForURL(/q=attribution/);
          await ready(page);
          await page.click('#pricing');
          await page.waitForURL(/pricing/);
          await ready(page);
          await page.click('#contact button');
          await page.waitForURL(/thanks/);
        },
      });
      site.close();
      expect(names(events)).toEqual([
        ...['IdentityClaimed', 'Outbound Link Clicked', 'chat', 'content_download', 'demo_request'],
        ...['page_view', 'page_view', 'page_view', 'page_view'],
      ]);
      expect(events.find(({ kind }) => kind === 'content_download')?.url).toBe(`${site.url}/files/guide.pdf`);
      expect(sent.every((path) => /^\/(?:v1|analytics)/.test(path))).toBe(true);
      expect(events.map(({ text }) => text).join()).not.toMatch(/4111|secret|hidden/);

      await runner.catchUp();
      const { body: lead } = await api.get<LeadAnswer>('/api/leads/email:ada@acme.example');
      expect(lead).toMatchObject({ known: true, email: 'ada@acme.example', accountId: 'acme.example' });
      const { body: journey } = await api.get<LeadJourneyAnswer>(`/api/leads/${lead.leadId}/journey`);
      const kinds = journey.items.map(({ kind }) => kind);
      expect([kinds[0], new Set(kinds)]).toEqual([
        'page_view',
        new Set(['page_view', 'content_download', 'custom', 'chat', 'demo_request']),
      ]);
    },
  );

  inBrowser('finds the write key in its address, and takes calls that a page made before', async () => {
    const site = await siteWith('', `/t/${server.keys.publicWriteKey}`);
    const { events } = await visit({
      ...{ site, count: 3 },
      before: `window.touchline = [['identify', 'u-1', { email: 'grace@acme.example' }], ['track', 'Trial Started']]`,
      act: () => Promise.resolve(),
    });
    site.close();
    expect(names(events)).toEqual(['IdentityClaimed', 'page_view', 'trial_start']);
  });

  inBrowser('records each page of an application that changes its address itself, once', async () => {
    const site = await siteWith(key());
    const { events } = await visit({
      ...{ site, count: 4 },
      act: async (page) => {
        await ready(page);
        await page.evaluate(`history.pushState({}, '', '/app/plans'); document.title = 'Plans'`);
        await page.waitForTimeout(100);
        await page.evaluate(
          `history.replaceState({}, '', '/app/plans'); history.pushState({}, '', '/app/plans#/team')`,
        );
        await page.waitForTimeout(100);
        await page.goBack();
        await page.waitForTimeout(100);
      },
    });
    site.close();
    expect(events.map(({ url }) => url?.slice(site.url.length))).toEqual([
      '',
      '/app/plans',
      '/app/plans#/team',
      '/app/plans',
    ]);
    expect(events[1]?.text).toContain('Plans');
  });

  inBrowser.each([
    ['consent is required', 'data-consent="required"', ''],
    [
      'the browser sends Global Privacy Control',
      '',
      `Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })`,
    ],
    ['the browser sends Do Not Track', '', `Object.defineProperty(navigator, 'doNotTrack', { value: '1' })`],
  ])('stores and sends nothing while %s', async (_, attributes, before) => {
    const site = await siteWith(`${key()} ${attributes}`);
    const { events, sent, cookies, storage } = await visit({
      ...{ site, before, count: 0 },
      act: async (page) => {
        await page.evaluate(`touchline.track('Trial Started'); touchline.identify('u-1')`);
        await page.click('#chat');
        await page.click('#pricing');
        await page.waitForURL(/pricing/);
        await page.click('#contact button');
        await page.waitForURL(/thanks/);
      },
    });
    site.close();
    expect({ events, sent, cookies, storage }).toEqual({ events: [], sent: [], cookies: [], storage: [] });
  });

  inBrowser('leaves a page alone that has Segment’s client already', async () => {
    const site = await siteWith(key());
    const page = await browser.newPage();
    const warnings: string[] = [];
    page.on('console', (message) => warnings.push(message.text()));
    await page.addInitScript('window.analytics = []');
    await page.goto(site.url);
    await until(() => warnings.length > 0, 10_000);
    const state = await page.evaluate('[window.analytics.length, typeof window.touchline]');
    await page.close();
    site.close();
    expect([warnings.join(), state]).toEqual([
      expect.stringContaining('point that to Touchline'),
      [0, 'undefined'],
    ]);
  });

  inBrowser('ignores signals of the browser that a site does not name', async () => {
    const site = await siteWith(`${key()} data-signals="gpc"`);
    const before = `Object.defineProperty(navigator, 'doNotTrack', { value: '1' })`;
    const { events } = await visit({ ...{ site, before, count: 1 }, act: () => Promise.resolve() });
    site.close();
    expect(names(events)).toEqual(['page_view']);
  });

  inBrowser(
    'begins with the page on which consent is given, remembers it, and forgets everything when it is revoked',
    async () => {
      const site = await siteWith(`${key()} data-consent="required"`);
      const states: unknown[] = [];
      const { events, cookies, storage } = await visit({
        ...{ site, count: 3 },
        act: async (page, context) => {
          const state = async (): Promise<unknown> => states.push(await page.evaluate('touchline.consent()'));
          await state();
          await page.evaluate(`touchline.track('Trial Started'); touchline.consent('granted')`);
          await ready(page);
          await state();
          await page.goto(`${site.url}/thanks.html`);
          await ready(page);
          await page.evaluate(`touchline.track('Chat Started')`);
          await until(async () => (await context.cookies(site.url)).length > 0, 10_000);
          await page.waitForTimeout(200);
          await page.evaluate(`touchline.consent('denied'); touchline.track('Webinar Attended')`);
          await state();
          await page.waitForTimeout(700);
        },
      });
      site.close();
      expect(states).toEqual(['unknown', 'granted', 'denied']);
      expect(names(events)).toEqual(['chat', 'page_view', 'page_view']);
      expect([cookies, storage]).toEqual([[], []]);
    },
  );

  inBrowser('leaves nothing behind when consent is revoked while its client loads', async () => {
    const site = await siteWith(key());
    const { cookies, storage } = await visit({
      ...{ site, count: 0 },
      before: `window.touchline = [['consent', 'denied']]`,
      act: (page) => page.waitForTimeout(1_000),
    });
    site.close();
    expect([cookies, storage]).toEqual([[], []]);
  });

  inBrowser('sends again what was answered 503, and nothing is recorded twice', async () => {
    const site = await siteWith(key());
    const { events } = await visit({
      ...{ site, count: 6 },
      act: async (page) => {
        await ready(page);
        await page.waitForTimeout(300);
        outage.refuseNext(2);
        for (const event of ['a', 'b', 'c', 'd', 'e']) await page.evaluate(`touchline.track('${event}')`);
      },
    });
    site.close();
    expect(names(events)).toEqual(['a', 'b', 'c', 'd', 'e', 'page_view']);
  });
});

test('the tracker knows the same files as downloads as the server', async () => {
  const script = await (await fetch(`${server.url}/t.js`)).text();
  const [, pattern = ''] = /DOWNLOAD =\s*\/(.+)\/i;/.exec(script) ?? [];
  const isDownload = new RegExp(pattern, 'i');
  expect(DOWNLOAD_EXTENSIONS.filter((extension) => !isDownload.test(`/a.${extension}`))).toEqual([]);
  expect(['/a.html', '/pdf', '/a.pdf/b', '/'].filter((path) => isDownload.test(path))).toEqual([]);
});

test('the tracker is served small, and at the address of a key only to a known one', async () => {
  const own = await fetch(`${server.url}/t/${server.keys.publicWriteKey}`);
  const unknown = await fetch(`${server.url}/t/nobody`);
  expect([
    own.status,
    own.headers.get('content-type'),
    unknown.status,
    unknown.headers.get('cache-control'),
  ]).toEqual([...[200, 'text/javascript; charset=utf-8', 401, null]]);
  expect((await own.text()).length).toBeLessThan(12_000);
});
