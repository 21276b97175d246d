import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';
import { until } from '../../test/until.js';
import { WorkspaceKeys } from '../workspaces/workspace-keys.js';
import { openDataSource } from '../database/data-source.js';
import { CONFIGURATION_ENTITIES } from '../workspaces/entities.js';

/** A burst of ten seconds: 2,000 events. */
const EVENTS_PER_SECOND = 200;
let server: IntakeServer;
beforeAll(async () => {
  server = await intakeServer({
    environment: { TOUCHLINE_KEY_EVENTS_PER_SECOND: String(EVENTS_PER_SECOND) },
  });
});
afterAll(() => server.stop());

let serial = 0;
const batch = (size: number) =>
  Array.from({ length: size }, () => ({ type: 'page', messageId: `q-${++serial}`, anonymousId: 'a-1' }));

const post = (key: string, events: readonly object[], inBody = false): Promise<Response> =>
  fetch(`${server.url}/v1/batch`, {
    method: 'POST',
    headers: inBody ? {} : { 'x-write-key': key },
    body: JSON.stringify({ batch: events, ...(inBody && { writeKey: key }) }),
  });

/** Sends until the key is over its limit. @returns the refusal */
async function exhaust(key: string): Promise<Response> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await post(key, batch(500));
    if (answer.status !== 200) return answer;
  }
  throw new Error('the key is never over its limit');
}

test('a key over its rate is answered 429 with Retry-After, however it is sent, and nothing of its request is kept', async () => {
  const { writeKey } = server.keys;
  const refusal = await exhaust(writeKey);
  expect([refusal.status, refusal.headers.get('retry-after')]).toEqual([429, expect.stringMatching(/^\d+$/)]);
  expect(await refusal.json()).toMatchObject({ code: 'quota-exceeded', status: 429 });
  expect((await post(writeKey, batch(1), true)).status).toBe(429);

  const head = await server.store.head();
  const refused = batch(1);
  let answer = await post(writeKey, refused);
  expect([answer.status, await server.store.head()]).toEqual([429, head]);
  while (answer.status === 429) {
    await sleep(1_000 * Number(answer.headers.get('retry-after')));
    answer = await post(writeKey, refused);
  }
  expect([answer.status, await server.store.head()]).toEqual([200, head + 1n]);
}, 60_000);

test('while one key is over its limit, every request of another is answered 200', async () => {
  const other = await server.workspaces.add('other');
  await exhaust(other.writeKey);
  let flooding = true;
  const statuses = new Map<number, number>();
  const flood = Array.from({ length: 16 }, async () => {
    while (flooding) {
      const { status } = await post(other.writeKey, batch(500));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  });
  // Of another workspace, and of the same.
  for (const key of [server.keys.publicWriteKey, other.serverWriteKey])
    for (let nth = 0; nth < 50; nth += 1) expect((await post(key, batch(2))).status).toBe(200);
  flooding = false;
  await Promise.all(flood);
  expect(statuses.get(429)).toBeGreaterThan(statuses.get(200) ?? 0);
}, 60_000);

test('a limit of its own holds for a key without a restart', async () => {
  const { writeKey } = await server.workspaces.add('limited');
  const configuration = await openDataSource(server.database.url, CONFIGURATION_ENTITIES);
  await new WorkspaceKeys(configuration).limit(writeKey, { eventsPerSecond: 1 });
  await configuration.destroy();
  // Where the keys were read just before the limit was set, it holds from the next time that they are read.
  expect(await until(async () => (await post(writeKey, batch(1))).status === 429, 20_000)).toBe(true);
});

test('refusals are counted by their limit, and name no key', async () => {
  const figures = await (await fetch(`${server.url}/metrics`)).text();
  expect(figures).toMatch(/^touchline_quota_refusals_total\{limit="events"\} [1-9]/m);
  expect(figures).not.toContain(server.keys.writeKey.slice(0, 8));
});
