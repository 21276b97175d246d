import { afterAll, beforeAll, expect, test } from '@jest/globals';
import snowplow from '@snowplow/node-tracker';
import { setTimeout as sleep } from 'node:timers/promises';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';
import { TcpProxy } from '../../test/tcp-proxy.js';
import { unsteadyStore } from '../../test/unsteady-store.js';
import { until } from '../../test/until.js';

const outage = unsteadyStore();
let server: IntakeServer;
let wire: TcpProxy;
beforeAll(async () => {
  server = await intakeServer({ wrap: (store) => outage.wrap(store) });
  wire = await TcpProxy.start(Number(new URL(server.url).port));
});
afterAll(async () => {
  await wire.stop();
  await server.stop();
});

const tracker = (settings: object = {}) =>
  snowplow.newTracker(
    { namespace: 'test', appId: server.keys.publicWriteKey },
    { endpoint: wire.through(server.url).replace(/\/$/, ''), bufferSize: 1, ...settings },
  );

/** Flushes until everything is there: the tracker sends what it keeps with its next call. */
async function flushed(sender: ReturnType<typeof tracker>, after: bigint, count: number) {
  await until(async () => {
    await sender.flush();
    return (await server.store.readAll(after, 500)).length >= count;
  }, 20_000);
  return server.store.readAll(after, 500);
}

test.each([['post'], ['get']])(
  'Snowplow’s Node tracker by %s, with only its endpoint and app id set',
  async (eventMethod) => {
    const head = await server.store.head();
    const sender = tracker({ eventMethod });
    sender.setUserId('u-1');
    sender.setDomainUserId('d-1');
    sender.setUseragent(
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15',
    );
    sender.track(
      snowplow.buildPageView({
        pageUrl: 'https://www.acme.example/pricing?utm_source=google&utm_medium=cpc',
        pageTitle: 'Pricing',
      }),
      [{ schema: 'iglu:com.acme/account/jsonschema/1-0-0', data: { tier: 'gold' } }],
    );
    sender.track(snowplow.buildStructEvent({ category: 'b2b', action: 'Demo Requested', value: 3 }));
    sender.track(
      snowplow.buildSelfDescribingEvent({
        event: { schema: 'iglu:com.acme/trial_started/jsonschema/1-0-0', data: { plan: 'pro' } },
      }),
    );
    sender.track(snowplow.buildLinkClick({ targetUrl: 'https://www.acme.example/wp.pdf' }));
    sender.track(
      snowplow.buildFormSubmission({
        formId: 'contact',
        elements: [{ name: 'email', nodeName: 'INPUT', type: 'email', value: 'ada@acme.example' }],
      }),
    );
    const at = Date.UTC(2026, 0, 15, 8);
    sender.track(
      snowplow.buildPagePing({ pageUrl: `https://www.acme.example/${eventMethod}`, maxYOffset: 900 }),
      undefined,
      {
        type: 'ttm',
        value: at,
      },
    );

    const events = await flushed(sender, head, 6);
    expect(events).toHaveLength(6);
    const data = new Map(events.map((event) => [(event.data as { kind: string }).kind, event.data]));
    expect([...data.keys()].sort()).toEqual([
      'content_download',
      'custom',
      'demo_request',
      'form_fill',
      'page_view',
      'trial_start',
    ]);
    expect(data.get('page_view')).toMatchObject({
      channel: 'paid_search',
      identity: ['user:u-1', 'anonymous:d-1'],
      content: { title: 'Pricing' },
      properties: { contexts: { account: { tier: 'gold' } } },
      verdict: 'human',
    });
  },
);

const steps = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, nth) => `step ${from + nth}`);
const trackSteps = (sender: ReturnType<typeof tracker>, from: number, to: number): void => {
  for (const step of steps(from, to))
    sender.track(snowplow.buildStructEvent({ category: 'step', action: step.slice(5) }));
};
const names = (events: readonly { readonly data: object }[]): string[] =>
  events.map(({ data }) => (data as { name: string }).name).sort();

test('it sends again what was answered 503, and nothing is recorded twice', async () => {
  const head = await server.store.head();
  outage.refuseNext(3);
  const sender = tracker();
  sender.setDomainUserId('d-2');
  trackSteps(sender, 0, 40);
  expect(names(await flushed(sender, head, 40))).toEqual(steps(0, 40).sort());
  expect(outage.left).toBe(0);
});

test('it sends again what a broken connection left open, and nothing is recorded twice', async () => {
  const head = await server.store.head();
  const sender = tracker();
  sender.setDomainUserId('d-3');
  // Each piece takes so long that some connections break after the events are recorded and before the answer arrives.
  wire.delay(10);
  for (let from = 0; from < 100; from += 10) {
    trackSteps(sender, from, from + 10);
    await sleep(12 + (from % 40));
    wire.cut();
  }
  wire.refuse();
  trackSteps(sender, 100, 110);
  await sender.flush();
  wire.restore();
  expect(names(await flushed(sender, head, 110))).toEqual(steps(0, 110).sort());
});

test('it drops what an unknown app id sent', async () => {
  const head = await server.store.head();
  const failures: (number | undefined)[] = [];
  const sender = snowplow.newTracker(
    { namespace: 'test', appId: 'nobody' },
    {
      ...{ endpoint: server.url, bufferSize: 1 },
      onRequestFailure: ({ status, willRetry }) => failures.push(willRetry ? undefined : status),
    },
  );
  sender.setDomainUserId('d-4');
  trackSteps(sender, 0, 1);
  await until(() => Promise.resolve(failures.length > 0), 10_000);
  expect([failures, await server.store.head()]).toEqual([[401], head]);
});
