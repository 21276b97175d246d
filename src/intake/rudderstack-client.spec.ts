import { afterAll, beforeAll, expect, test } from '@jest/globals';
import RudderAnalytics from '@rudderstack/rudder-sdk-node';
import { setTimeout as sleep } from 'node:timers/promises';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';
import { TcpProxy } from '../../test/tcp-proxy.js';
import { until } from '../../test/until.js';
import { unsteadyStore } from '../../test/unsteady-store.js';

// RudderStack's client for Node, with nothing set but host, key and how much it sends at once.
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

const client = (settings: object = {}): RudderAnalytics =>
  new RudderAnalytics(server.keys.writeKey, {
    ...{ dataPlaneUrl: server.url, flushAt: 10, flushInterval: 100, logLevel: 'none', ...settings },
  });

const arrived = (head: bigint, count: number): Promise<boolean> =>
  until(async () => (await server.store.readAll(head, 500)).length >= count, 30_000);

async function names(head: bigint): Promise<string[]> {
  const events = await server.store.readAll(head, 500);
  return events.map(({ data }) => (data as { name?: string }).name ?? '').sort();
}

const steps = (count: number): string[] => Array.from({ length: count }, (_, nth) => `Step ${nth}`).sort();

test('RudderStack’s Node client, with nothing set but host and key', async () => {
  const head = await server.store.head();
  const analytics = client();
  analytics.identify({ userId: 'u-1', traits: { email: 'ada@acme.example' } });
  analytics.group({ userId: 'u-1', groupId: 'acme', traits: { name: 'Acme' } });
  analytics.page({
    anonymousId: 'a-1',
    name: 'Pricing',
    properties: { url: 'https://acme.example/pricing' },
  });
  analytics.track({ userId: 'u-1', event: 'Demo Requested', timestamp: new Date('2026-01-15T08:00:00Z') });
  await analytics.flush();
  expect(await arrived(head, 5)).toBe(true);
  const events = await server.store.readAll(head, 500);
  expect(events.map(({ type }) => type).sort()).toEqual([
    ...['AccountObserved', 'IdentityClaimed', 'IdentityClaimed', 'TouchpointRecorded', 'TouchpointRecorded'],
  ]);
  expect(
    events.find(({ occurredAt }) => occurredAt.getUTCFullYear() === 2026 && occurredAt.getUTCMonth() === 0),
  ).toMatchObject({
    data: { kind: 'demo_request', identity: ['user:u-1'] },
  });
});

test('RudderStack’s Node client sends again what was answered 503, and nothing is recorded twice', async () => {
  const head = await server.store.head();
  outage.refuseNext(2);
  const analytics = client();
  for (let nth = 0; nth < 40; nth += 1) analytics.track({ anonymousId: 'a-9', event: `Step ${nth}` });
  await analytics.flush();
  expect(await arrived(head, 40)).toBe(true);
  expect([await names(head), outage.left]).toEqual([steps(40), 0]);
});

test('RudderStack’s Node client sends again what a broken connection left open, and nothing is recorded twice', async () => {
  const head = await server.store.head();
  const analytics = client({ dataPlaneUrl: wire.through(server.url), retryCount: 10 });
  wire.delay(10);
  for (let nth = 0; nth < 60; nth += 1) {
    analytics.track({ anonymousId: 'a-9', event: `Step ${nth}` });
    if (nth % 10 !== 9) continue;
    await sleep(12 + nth);
    wire.cut();
  }
  wire.restore();
  await analytics.flush();
  expect(await arrived(head, 60)).toBe(true);
  expect(await names(head)).toEqual(steps(60));
});
