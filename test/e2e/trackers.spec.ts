import { afterAll, beforeAll, expect, test } from '@jest/globals';
import RudderAnalytics from '@rudderstack/rudder-sdk-node';
import { Analytics } from '@segment/analytics-node';
import snowplow from '@snowplow/node-tracker';
import { CloudEvent, emitterFor, httpTransport } from 'cloudevents';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SIGNED_WEBHOOKS } from '../signed-webhooks.js';
import { until } from '../until.js';
import { API_KEY, freePort, SERVER_WRITE_KEY, ServerProcess, WRITE_KEY } from './server-process.js';

let dataDir: string;
let port: number;
let server: ServerProcess;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-trackers-'));
  port = await freePort();
  server = await ServerProcess.start({ dataDir, port });
}, 120_000);
afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function head(): Promise<number> {
  const answer = await fetch(`${server.url}/api/log/head`, {
    headers: { authorization: `Bearer ${API_KEY}` },
  });
  return Number(((await answer.json()) as { position: string }).position);
}

/** Kills the server while the client sends, starts it again, and has the client send until all is there. */
async function killedWhile(send: (nth: number) => void, flush: () => Promise<unknown>): Promise<number> {
  const before = await head();
  for (let nth = 0; nth < 30; nth += 1) {
    send(nth);
    if (nth === 15) {
      await sleep(10);
      await server.kill();
    }
  }
  await flush();
  server = await ServerProcess.start({ dataDir, port });
  await until(async () => {
    await flush();
    return (await head()) >= before + 30;
  }, 30_000);
  return (await head()) - before;
}

test('Snowplow’s Node tracker: what it sends again after the server was killed is recorded once', async () => {
  const tracker = snowplow.newTracker(
    { namespace: 'test', appId: SERVER_WRITE_KEY },
    { endpoint: server.url, bufferSize: 1 },
  );
  tracker.setDomainUserId('d-1');
  const send = (nth: number) =>
    tracker.track(snowplow.buildStructEvent({ category: 'step', action: String(nth) }));
  expect(await killedWhile(send, () => tracker.flush())).toBe(30);
}, 180_000);

test('Segment’s Node client: what it sends again after the server was killed is recorded once', async () => {
  const analytics = new Analytics({ writeKey: WRITE_KEY, host: server.url, flushAt: 1, maxRetries: 50 });
  const send = (nth: number) => analytics.track({ anonymousId: 'a-1', event: `Segment step ${nth}` });
  expect(await killedWhile(send, () => Promise.resolve())).toBe(30);
  await analytics.closeAndFlush();
}, 180_000);

test('RudderStack’s Node client: what it sends again after the server was killed is recorded once', async () => {
  const analytics = new RudderAnalytics(WRITE_KEY, {
    ...{
      dataPlaneUrl: server.url,
      flushAt: 1,
      retryCount: 120,
      logLevel: 'none',
      axiosRetryConfig: { retryDelay: () => 500 },
    },
  });
  const answered: Promise<unknown>[] = [];
  const send = (nth: number): void => {
    const message = { anonymousId: 'a-1', event: `Rudder step ${nth}` };
    answered.push(new Promise((resolve) => analytics.track(message, () => resolve(undefined))));
  };
  expect(await killedWhile(send, () => Promise.resolve())).toBe(30);
  // A message recorded before the kill, whose answer was cut off, is still being sent again.
  await Promise.all(answered);
}, 180_000);

test('the cloudevents SDK: what is sent again after the server was killed is recorded once', async () => {
  const emit = emitterFor(httpTransport(`${server.url}/events?access_token=${SERVER_WRITE_KEY}`));
  let waiting: CloudEvent<unknown>[] = [];
  const attempt = async (event: CloudEvent<unknown>): Promise<void> => {
    const answer = (await emit(event).catch(() => undefined)) as { body: string } | undefined;
    if (!answer?.body.includes('receipts')) waiting.push(event);
  };
  const send = (nth: number): void => {
    const data = { kind: 'custom', userId: 'u-1', name: `step ${nth}` };
    void attempt(new CloudEvent({ id: `c-${nth}`, source: '/test', type: 'step', data }));
  };
  const flush = async (): Promise<void> => {
    const events = waiting;
    waiting = [];
    await Promise.all(events.map(attempt));
  };
  expect(await killedWhile(send, flush)).toBe(30);
}, 180_000);

test.each(SIGNED_WEBHOOKS)(
  'the webhook of $title: what is sent again after the server was killed is recorded once',
  async ({ format, secret, request }) => {
    const added = await fetch(`${server.url}/api/collectors`, {
      method: 'POST',
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: format, format, secrets: [secret], keys: [] }),
    });
    const { collector } = (await added.json()) as { collector: { id: string } };
    const url = `${server.url}/webhooks/${format}/${collector.id}`;
    let waiting: number[] = [];
    const attempt = async (nth: number): Promise<void> => {
      const answer = await fetch(url, { method: 'POST', ...request(nth, url) }).catch(() => undefined);
      if (answer?.status !== 200) waiting.push(nth);
    };
    const flush = async (): Promise<void> => {
      const again = waiting;
      waiting = [];
      await Promise.all(again.map(attempt));
    };
    expect(await killedWhile((nth) => void attempt(nth), flush)).toBe(30);
  },
  180_000,
);
