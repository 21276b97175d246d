import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { hasChromium, NO_CHROMIUM, openBrowser, pageServer } from '../browser.js';
import { until } from '../until.js';
import { API_KEY, freePort, ServerProcess, WRITE_KEY } from './server-process.js';

const require = createRequire(import.meta.url);
const inBrowser = hasChromium ? test : test.skip;
const STEPS = 30;
/** Segment’s client doubles its pauses: after a slow start of the server the last is as long as several starts. */
const RESEND_MS = 150_000;

let dataDir: string;
let port: number;
let server: ServerProcess;
let site: Awaited<ReturnType<typeof pageServer>>;
let browser: Browser;
beforeAll(async () => {
  if (!hasChromium) return;
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-browsers-'));
  port = await freePort();
  server = await ServerProcess.start({ dataDir, port });
  site = await pageServer({
    '/sp.js': {
      type: 'text/javascript',
      body: await readFile(require.resolve('@snowplow/browser-tracker/dist/index.umd.js'), 'utf8'),
    },
    '/snowplow': page('<script src="/sp.js"></script>'),
    '/segment': page(`<script src="${server.url}/analytics.js/v1/${WRITE_KEY}/analytics.min.js"></script>`),
  });
  browser = await openBrowser();
}, 180_000);
afterAll(async () => {
  // The browser first: its pages must not send to a server that has gone.
  await browser?.close();
  site?.close();
  await server?.stop();
  if (dataDir) await rm(dataDir, { recursive: true, force: true });
}, 120_000);

const page = (head: string) => ({
  type: 'text/html',
  body: `<!doctype html><html><head><title>Pricing</title>${head}</head><body></body></html>`,
});

async function head(): Promise<number> {
  const answer = await fetch(`${server.url}/api/log/head`, {
    headers: { authorization: `Bearer ${API_KEY}` },
  });
  return Number(((await answer.json()) as { position: string }).position);
}

/** The steps that the page has sent in a request that was answered: those it does not send again. */
function acceptedSteps(page: Page): Set<string> {
  const accepted = new Set<string>();
  page.on('response', (response) => {
    if (!response.ok()) return;
    for (const [step] of (response.request().postData() ?? '').matchAll(/step-\d+/g)) accepted.add(step);
  });
  return accepted;
}

interface BrowserClient {
  readonly path: string;
  /** Scripts that run in the page. */
  readonly load: () => string;
  readonly track: (step: string) => string;
  readonly flush: string;
}

const SNOWPLOW: BrowserClient = {
  path: '/snowplow',
  load: () => `window.snowplow = snowplowBrowserTracking;
    snowplow.newTracker('sp', '${server.url}', { appId: '${WRITE_KEY}', retryFailedRequests: true });`,
  track: (step) => `snowplow.trackStructEvent({ category: 'step', action: '${step}' });`,
  flush: 'snowplow.flushBuffer();',
};

const SEGMENT: BrowserClient = {
  path: '/segment',
  // The script puts its functions there when it has fetched its settings.
  load: () => `new Promise((resolve) => {
    const wait = () => (window.analytics?.ready ? analytics.ready(resolve) : setTimeout(wait, 20));
    wait();
  })`,
  track: (step) => `void analytics.track('${step}');`,
  // It retries by itself.
  flush: '',
};

/** Kills the server while the page sends, and starts it again. @returns how many events were recorded once all is answered */
async function killedWhileSending(client: BrowserClient): Promise<number> {
  const before = await head();
  const context = await browser.newContext();
  const page = await context.newPage();
  const accepted = acceptedSteps(page);
  await page.goto(`${site.url}${client.path}`);
  await page.evaluate(client.load());
  for (let nth = 0; nth < STEPS; nth += 1) {
    await page.evaluate(client.track(`step-${nth}`));
    if (nth === STEPS / 2) await server.kill();
  }
  server = await ServerProcess.start({ dataDir, port });
  await until(async () => {
    await page.evaluate(client.flush);
    return accepted.size === STEPS;
  }, RESEND_MS);
  await context.close();
  expect(accepted.size).toBe(STEPS);
  return (await head()) - before;
}

describe(`a browser while the server is killed and started again${NO_CHROMIUM}`, () => {
  inBrowser.each([
    ['Snowplow’s browser tracker', SNOWPLOW],
    ['Segment’s analytics.js', SEGMENT],
  ])(
    '%s sends what was not answered again, and it is recorded once',
    async (_name, client) => {
      expect(await killedWhileSending(client)).toBe(STEPS);
    },
    300_000,
  );
});
