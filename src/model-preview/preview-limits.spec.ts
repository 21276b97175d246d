import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { stringify } from 'yaml';
import { testApp, type TestApp } from '../../test/app.js';
import { TEST_MODEL } from '../../test/journey-models.js';
import { until } from '../../test/until.js';
import type { PreviewLine, PreviewRequest } from './preview-model.js';

interface WorkspaceKeys {
  readonly apiKey: string;
  readonly writeKey: string;
}

const SOON = 20_000;
const CANDIDATE = stringify(TEST_MODEL);

let app: TestApp;
let url: string;
let [main, partner, reseller]: WorkspaceKeys[] = [];
let position: string;
const connections: AbortController[] = [];

beforeAll(async () => {
  app = await testApp({}, undefined, untilClosed);
  await app.app.listen(0, '127.0.0.1');
  url = `http://127.0.0.1:${(app.app.getHttpServer().address() as AddressInfo).port}`;
  const added = await Promise.all(['partner', 'reseller'].map((name) => app.workspaces.add(name)));
  [main, partner, reseller] = [
    app.keys,
    ...added.map(({ apiKey, serverWriteKey }) => ({ apiKey, writeKey: serverWriteKey })),
  ];
  for (const keys of [main, partner, reseller]) {
    const published = await ask('PUT', '/api/model', keys?.apiKey, CANDIDATE, { 'if-match': '*' });
    position = ((await published.json()) as { position: string }).position;
  }
}, 60_000);
afterEach(() => disconnect());
afterAll(async () => {
  // The client connects again after it has left, for its next request.
  const idle = setInterval(() => app?.app.getHttpServer().closeAllConnections(), 50);
  await app?.close();
  clearInterval(idle);
});

/** A preview of a long history: it goes on until nobody waits for it. */
async function* untilClosed(_: PreviewRequest, signal: AbortSignal): AsyncGenerator<PreviewLine> {
  yield { type: 'progress', progress: { share: 0, leads: 0, touchpoints: 0, secondsLeft: null } };
  if (!signal.aborted) await once(signal, 'abort');
}

function ask(
  method: string,
  path: string,
  key = '',
  body = '',
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const connection = new AbortController();
  connections.push(connection);
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/yaml', ...more };
  const init = { method, headers, signal: connection.signal, ...(body !== '' && { body }) };
  return fetch(`${url}${path}`, init);
}
const preview = (keys?: WorkspaceKeys, text = CANDIDATE): Promise<Response> =>
  ask('POST', `/api/model/preview?minPosition=${position}`, keys?.apiKey, text);
const disconnect = (): void => {
  for (const connection of connections.splice(0)) connection.abort();
};
const refusal = async (response: Response): Promise<unknown[]> => {
  const { code } = (await response.json()) as { code: string };
  return [response.status, code, Number(response.headers.get('retry-after')) > 0];
};

test('one preview of a workspace runs at a time, and two of all workspaces', async () => {
  const running = [await preview(main), await preview(partner)];
  expect(running.map(({ status }) => status)).toEqual([200, 200]);
  expect(await refusal(await preview(main))).toEqual([429, 'preview-running', true]);
  expect(await refusal(await preview(reseller))).toEqual([503, 'previews-busy', true]);
});

test('collectors and queries are answered while previews of other workspaces run', async () => {
  await Promise.all([preview(main), preview(partner)]);
  const touchpoint = JSON.stringify({ messageId: 'm-1', kind: 'page_view', email: 'ada@acme.example' });
  const json = { 'content-type': 'application/json' };
  const sent = await ask('POST', '/touchpoints', reseller?.writeKey, touchpoint, json);
  const { receipts } = (await sent.json()) as { receipts: { status: string; position: string }[] };
  expect(receipts).toMatchObject([{ status: 'accepted' }]);
  const lead = `/api/leads/email:ada@acme.example?minPosition=${receipts[0]?.position}`;
  expect((await ask('GET', lead, reseller?.apiKey)).status).toBe(200);
});

test('a client that leaves ends its preview, and the next one of its workspace runs at once', async () => {
  for (let turn = 0; turn < 3; turn += 1) {
    expect(await until(async () => (await preview(main)).status === 200, SOON)).toBe(true);
    expect((await preview(main)).status).toBe(429);
    disconnect();
  }
});

test.each([
  ['of 5 MB', `# ${'x'.repeat(5_000_000)}`, 413, 'too-large'],
  ['that is invalid', 'name: Broken', 400, 'model-invalid'],
])('a candidate %s is refused and takes no place', async (_, text, status, code) => {
  expect(await until(async () => (await preview(partner)).status === 200, SOON)).toBe(true);
  expect(await refusal(await preview(main, text))).toEqual([status, code, false]);
  expect(await until(async () => (await preview(main)).status === 200, SOON)).toBe(true);
});
