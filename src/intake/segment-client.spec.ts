import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Analytics } from '@segment/analytics-node';
import { setTimeout as sleep } from 'node:timers/promises';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';
import { TcpProxy } from '../../test/tcp-proxy.js';
import { unsteadyStore } from '../../test/unsteady-store.js';

const outage = unsteadyStore();
let server: IntakeServer;
beforeAll(async () => {
  server = await intakeServer({ wrap: (store) => outage.wrap(store) });
});
afterAll(() => server.stop());

const client = (settings: object = {}): Analytics =>
  new Analytics({
    writeKey: server.keys.writeKey,
    host: server.url,
    flushAt: 20,
    flushInterval: 100,
    ...settings,
  });

test('Segment’s own client, with nothing set but host and key', async () => {
  const head = await server.store.head();
  const analytics = client();
  const errors: unknown[] = [];
  analytics.on('error', (error) => errors.push(error));

  analytics.identify({
    userId: 'u-1',
    anonymousId: 'a-1',
    traits: { email: 'ada@acme.example', title: 'CTO' },
  });
  analytics.group({ userId: 'u-1', groupId: 'acme', traits: { name: 'Acme', domain: 'acme.example' } });
  analytics.alias({ userId: 'u-1', previousId: 'a-0' });
  analytics.page({
    anonymousId: 'a-1',
    name: 'Pricing',
    properties: { url: 'https://acme.example/pricing' },
  });
  analytics.screen({ userId: 'u-1', name: 'Dashboard' });
  const past = new Date('2026-01-15T08:00:00Z');
  for (let nth = 0; nth < 95; nth += 1)
    analytics.track({ userId: 'u-1', event: 'Demo Requested', timestamp: past });
  await analytics.closeAndFlush();

  expect(errors).toEqual([]);
  const events = await server.store.readAll(head, 500);
  expect(events).toHaveLength(101);
  const types = events.map(({ type }) => type).filter((type) => type !== 'TouchpointRecorded');
  expect(types).toEqual(['IdentityClaimed', 'IdentityClaimed', 'AccountObserved', 'IdentityClaimed']);
  expect(events.find(({ occurredAt }) => +occurredAt === +past)).toMatchObject({
    occurredAt: past,
    data: { kind: 'demo_request', identity: ['user:u-1'], channel: 'direct' },
  });
});

test('it tries again after a 503 and nothing is counted twice', async () => {
  const head = await server.store.head();
  outage.refuseNext(2);
  const analytics = client({ maxRetries: 5 });
  for (let nth = 0; nth < 40; nth += 1) analytics.track({ anonymousId: 'a-9', event: `Step ${nth}` });
  await analytics.closeAndFlush({ timeout: 30_000 });

  expect(outage.left).toBe(0);
  expect(await server.store.readAll(head, 500)).toHaveLength(40);
});

test('it sends again what a broken connection left open, and nothing is counted twice', async () => {
  const head = await server.store.head();
  const wire = await TcpProxy.start(Number(new URL(server.url).port));
  // Each piece takes so long that some connections break after the events are recorded and before the answer arrives.
  wire.delay(10);
  const analytics = client({ host: wire.through(server.url), flushAt: 5, maxRetries: 20 });
  for (let nth = 0; nth < 60; nth += 1) {
    analytics.track({ anonymousId: 'a-9', event: `Cut ${nth}` });
    if (nth % 10 !== 9) continue;
    await sleep(12 + nth);
    wire.cut();
  }
  wire.restore();
  await analytics.closeAndFlush({ timeout: 30_000 });
  await wire.stop();
  expect(await server.store.readAll(head, 500)).toHaveLength(60);
});

test('the 503 says when to come back', async () => {
  outage.refuseNext(1);
  const answer = await fetch(`${server.url}/v1/track`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.keys.writeKey}` },
    body: JSON.stringify({ userId: 'u-1', event: 'Late' }),
  });
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
});

test('an unknown key reaches the client as an error, and nothing is stored', async () => {
  const head = await server.store.head();
  const analytics = client({ writeKey: 'wk_unknown' });
  const failed = new Promise((resolve) => analytics.on('error', resolve));
  analytics.track({ userId: 'u-1', event: 'Lost' });
  await failed;
  await analytics.closeAndFlush();
  expect(await server.store.head()).toBe(head);
});
