import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { testApp, type TestApp } from '../../test/app.js';
import { entry } from '../../test/sample-events.js';
import type { IdentityKey } from '../domain/identity/keys.js';
import type { KeyScope } from '../domain/touchpoint.js';
import { newEventId } from '../event-store/handle.js';

let server: TestApp;
beforeAll(async () => {
  server = await testApp();
});
afterAll(() => server.close());

let run = 0;
let position = '0';
/** Keys of this test alone. */
const key = (name: string): IdentityKey => `${name}-${run}` as IdentityKey;

async function claim(at: number, names: readonly string[], keyScope?: KeyScope): Promise<string> {
  const identity = names.map(key);
  const { stream, event } = entry(newEventId(), `identity-${identity[0]}`, 'IdentityClaimed', at, {
    identity,
    ...(keyScope && { keyScope }),
  });
  const [receipt] = await server.runtime.store.record([{ workspace: 'main', stream, event }]);
  position = String(receipt?.position);
  return event.id;
}

async function get<T>(path: string): Promise<T> {
  const url = `/api/${path}${path.includes('?') ? '&' : '?'}minPosition=${position}`;
  const response = await server.app.inject({
    url,
    headers: { authorization: `Bearer ${server.keys.apiKey}` },
  });
  expect([path, response.statusCode]).toEqual([path, 200]);
  return response.json();
}
async function decide(what: 'merge' | 'split', one: string, other: string): Promise<unknown> {
  const response = await server.app.inject({
    method: 'POST',
    url: `/api/leads/${encodeURIComponent(key(one))}/${what}`,
    headers: { authorization: `Bearer ${server.keys.apiKey}` },
    payload: { otherLeadId: key(other) },
  });
  const body = response.json<{ position?: string; changed?: boolean; code?: string }>();
  position = body.position ?? position;
  return body.code ?? body.changed;
}
const leadOf = async (name: string): Promise<string> =>
  (await get<{ leadId: string }>(`leads/${encodeURIComponent(key(name))}`)).leadId;
const areOne = async (one: string, other: string): Promise<boolean> =>
  (await leadOf(one)) === (await leadOf(other));
interface Conflict {
  key: string;
  otherKey: string;
  leadId: string;
  otherLeadId: string;
  eventId: string;
  status: string;
}
const conflicts = async (): Promise<Conflict[]> => {
  const { items } = await get<{ items: Conflict[] }>('identity-conflicts');
  return items.filter((each) => each.key.endsWith(`-${run}`));
};

beforeEach(async () => {
  run += 1;
  await claim(1, ['user:ceo', 'email:ceo@acme.example']);
  await claim(2, ['user:cfo', 'email:cfo@acme.example']);
});

const ALIAS = ['user:ceo', 'user:cfo', 'anonymous:cfo'];

test.each([
  ['an alias call', ALIAS, 'user:ceo', 'user:cfo'],
  [
    'an identify call with the address of another',
    ['user:ceo', 'email:cfo@acme.example'],
    'user:ceo',
    'email:cfo@acme.example',
  ],
  [
    'a new user id between two addresses',
    ['user:new', 'email:ceo@acme.example', 'email:cfo@acme.example'],
    'user:new',
    'email:cfo@acme.example',
  ],
])(
  'a claim by a public key through %s joins no known leads and is listed as a conflict',
  async (_name, names, one, other) => {
    const eventId = await claim(3, names, 'public');
    expect(await areOne('user:ceo', 'user:cfo')).toBe(false);
    const expected = {
      ...{ key: key(one), otherKey: key(other), eventId, status: 'open' },
      ...{ leadId: await leadOf('user:ceo'), otherLeadId: await leadOf('user:cfo') },
    };
    expect(await conflicts()).toEqual([expect.objectContaining(expected)]);
    const explained = await get<{ conflicts: Conflict[] }>(`leads/${key('user:cfo')}/explain`);
    expect(explained.conflicts).toEqual([expect.objectContaining(expected)]);
  },
);

test('an alias call of a browser with the public key joins no known leads', async () => {
  const response = await server.app.inject({
    method: 'POST',
    url: '/v1/alias',
    headers: { 'x-write-key': server.keys.publicWriteKey },
    payload: { messageId: `alias-${run}`, userId: `ceo-${run}`, previousId: `cfo-${run}` },
  });
  expect(response.statusCode).toBe(200);
  position = String(await server.runtime.store.head());
  expect(await areOne('user:ceo', 'user:cfo')).toBe(false);
  expect(await conflicts()).toMatchObject([
    { key: key('user:ceo'), otherKey: key('user:cfo'), status: 'open' },
  ]);
});

test('the same claim with a server-side key joins the leads', async () => {
  await claim(3, ALIAS);
  expect(await areOne('user:ceo', 'user:cfo')).toBe(true);
  expect(await conflicts()).toEqual([]);
});

test('a merge resolves a conflict, and a later split dismisses it', async () => {
  await claim(3, ALIAS, 'public');
  await leadOf('user:ceo');
  expect(await decide('merge', 'user:ceo', 'user:cfo')).toBe(true);
  expect((await conflicts()).map(({ status }) => status)).toEqual(['joined']);
  expect(await decide('split', 'user:ceo', 'user:cfo')).toBe(true);
  expect((await conflicts()).map(({ status }) => status)).toEqual(['dismissed']);
});

test('a split of two leads dismisses their conflict, and a later server-side claim joins them', async () => {
  await claim(3, ALIAS, 'public');
  await leadOf('user:ceo');
  expect(await decide('split', 'email:ceo@acme.example', 'user:cfo')).toBe(true);
  expect(await decide('split', 'email:ceo@acme.example', 'user:cfo')).toBe(false);
  expect((await conflicts()).map(({ status }) => status)).toEqual(['dismissed']);
  await claim(400, ALIAS);
  expect(await areOne('user:ceo', 'user:cfo')).toBe(true);
  expect((await conflicts()).map(({ status }) => status)).toEqual(['joined']);
});

test('a late event from before a public claim separates the leads that the claim had joined', async () => {
  await claim(10, ['user:x', 'email:x@acme.example'], 'public');
  expect(await areOne('user:x', 'email:x@acme.example')).toBe(true);
  await claim(5, ['user:x', 'anonymous:x']);
  expect(await areOne('user:x', 'email:x@acme.example')).toBe(true);
  await claim(6, ['email:x@acme.example', 'crm:x']);
  expect(await areOne('user:x', 'email:x@acme.example')).toBe(false);
  expect(await conflicts()).toHaveLength(1);
});

test('leads joined by a claim can be split, joined and split again', async () => {
  await claim(3, ['email:ceo@acme.example', 'email:cfo@acme.example']);
  expect(await areOne('user:ceo', 'user:cfo')).toBe(true);
  expect(await decide('split', 'user:ceo', 'user:cfo')).toBe(true);
  expect(await areOne('user:ceo', 'user:cfo')).toBe(false);
  expect(await areOne('user:cfo', 'email:cfo@acme.example')).toBe(true);
  expect(await decide('split', 'user:ceo', 'user:cfo')).toBe('not-merged');
  await claim(400, ['email:ceo@acme.example', 'email:cfo@acme.example']);
  expect(await areOne('user:ceo', 'user:cfo')).toBe(false);
  await claim(400, ['user:ceo', 'email:cfo@acme.example']);
  expect(await areOne('user:ceo', 'user:cfo')).toBe(true);
});

test('a split undoes a merge, whichever keys of the two leads are given', async () => {
  await claim(3, ['user:ceo', 'crm:ceo']);
  await leadOf('crm:ceo');
  expect(await decide('merge', 'user:ceo', 'user:cfo')).toBe(true);
  await leadOf('crm:ceo');
  expect(await decide('split', 'crm:ceo', 'email:cfo@acme.example')).toBe(true);
  expect(await areOne('user:ceo', 'user:cfo')).toBe(false);
  expect(await areOne('user:ceo', 'crm:ceo')).toBe(true);
  expect(await decide('merge', 'user:ceo', 'user:cfo')).toBe(true);
  expect(await areOne('user:ceo', 'user:cfo')).toBe(true);
});

test('splitting two leads that were never joined is refused', async () => {
  await leadOf('user:ceo');
  expect(await decide('split', 'user:ceo', 'user:cfo')).toBe('not-merged');
});
