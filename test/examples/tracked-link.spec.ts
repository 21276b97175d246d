// "What a change touches" of CONTRIBUTING, for a wire format: its file and a place in the list are all that it needs
// to be served, kept when it is rejected, replayed and described.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { OpenAPIObject } from '@nestjs/swagger';
import { FORMATS, Formats } from '../../src/intake/formats/all.js';
import { type IntakeServer, intakeServer } from '../intake-server.js';
import { trackedLink } from './tracked-link.js';

const hosts = new Set(['shop.example']);
const campaigns = new Set(['spring']);

let server: IntakeServer;
beforeAll(async () => {
  const formats = new Formats([...FORMATS.list, trackedLink({ hosts, campaigns })]);
  server = await intakeServer({ formats });
});
afterAll(() => server.stop());

const click = (fields: Record<string, string>, method = 'GET', key = server.keys.publicWriteKey) =>
  fetch(`${server.url}/example/link/${key}?${new URLSearchParams(fields).toString()}`, {
    method,
    redirect: 'manual',
  });

async function api<T>(path: string, body?: object): Promise<T> {
  const headers = { authorization: `Bearer ${server.keys.apiKey}`, 'content-type': 'application/json' };
  const init = body && { method: 'POST', body: JSON.stringify(body) };
  return (await fetch(server.url + path, { headers, ...init })).json() as Promise<T>;
}

const PRICING = 'https://shop.example/pricing';

test('a wire format in one file records a request and builds its own response', async () => {
  const answer = await click({ id: 'c-1', to: PRICING, user: 'u-1', campaign: 'spring' });
  expect([answer.status, answer.headers.get('location')]).toEqual([302, PRICING]);
  expect(await server.store.readAll(0n, 10)).toMatchObject([
    {
      stream: 'touchpoints-user:u-1',
      type: 'TouchpointRecorded',
      data: { kind: 'email_click', campaign: 'spring', content: { url: PRICING }, keyScope: 'public' },
    },
  ]);
});

test('the same request of a wire format sent again is the same event', async () => {
  const head = await server.store.head();
  expect((await click({ id: 'c-1', to: PRICING, user: 'u-1', campaign: 'spring' })).status).toBe(302);
  expect(await server.store.head()).toBe(head);
});

test('a request that a wire format answers immediately records nothing', async () => {
  const head = await server.store.head();
  const headers = { 'webhook-request-origin': 'mail.example' };
  const handshake = await fetch(`${server.url}/example/link/${server.keys.writeKey}`, {
    ...{ method: 'OPTIONS', headers },
  });
  expect([handshake.status, handshake.headers.get('webhook-allowed-origin')]).toEqual([200, 'mail.example']);
  expect((await click({ id: 'c-0', to: PRICING, user: 'u-1' }, 'HEAD')).status).toBe(405);
  expect((await click({ id: 'c-0', to: PRICING, user: 'u-1' }, 'GET', 'wk_unknown')).status).toBe(302);
  expect((await click({ id: 'c-0', to: 'https://evil.example/' }, 'GET', 'wk_unknown')).status).toBe(401);
  expect(await server.store.head()).toBe(head);
});

test('items and requests rejected by a wire format are stored, and replayed once it accepts them', async () => {
  const unknown = await click({ id: 'c-2', to: PRICING, user: 'u-2', campaign: 'summer' });
  const elsewhere = await click({ id: 'c-3', to: 'https://blog.example/', user: 'u-3' });
  expect([unknown.status, elsewhere.status]).toEqual([302, 400]);
  expect(await elsewhere.json()).toMatchObject({ code: 'redirect-not-allowed' });
  expect((await api<{ items: unknown[] }>('/api/rejected')).items).toMatchObject([
    { format: 'example_link', call: 'link', unit: 'request', reason: { code: 'redirect-not-allowed' } },
    { format: 'example_link', call: 'link', unit: 'item', reason: { code: 'unknown-campaign' } },
  ]);
  expect(await api('/api/rejected/replay', {})).toMatchObject({ tried: 2, accepted: 0 });

  campaigns.add('summer');
  hosts.add('blog.example');

  expect(await api('/api/rejected/replay', {})).toMatchObject({ tried: 2, accepted: 2 });
  const streams = (await server.store.readAll(1n, 10)).map(({ stream }) => stream);
  expect(streams).toEqual(['touchpoints-user:u-2', 'touchpoints-user:u-3']);
});

test('a wire format can be used from other origins, and the API document has its schema', async () => {
  const headers = { origin: 'https://shop.example', 'access-control-request-method': 'GET' };
  const preflight = await fetch(`${server.url}/example/link/x`, { method: 'OPTIONS', headers });
  expect(preflight.headers.get('access-control-allow-origin')).toBe('https://shop.example');

  const { paths, components, tags } = await api<OpenAPIObject>('/openapi.json');
  expect(paths['/example/link/{key}']?.options).toMatchObject({ operationId: 'exampleLinkHandshake' });
  expect(paths['/example/link/{key}']?.get).toMatchObject({
    operationId: 'exampleLink',
    security: [],
    responses: { 302: {}, 401: {} },
    parameters: expect.arrayContaining([expect.objectContaining({ name: 'user', in: 'query' })]),
  });
  expect(components?.schemas?.['ExampleClick']).toMatchObject({ required: ['id', 'to', 'user'] });
  expect(components?.schemas?.['RejectedInput']).toMatchObject({
    properties: { format: { enum: expect.arrayContaining(['example_link']) } },
  });
  expect(tags).toContainEqual(expect.objectContaining({ name: 'Collect: links' }));
});
