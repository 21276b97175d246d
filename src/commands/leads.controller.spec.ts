import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testApp, type TestApp } from '../../test/app.js';

let server: TestApp;
beforeAll(async () => {
  server = await testApp();
  await collect({ messageId: 'm-1', userId: 'ada', occurredAt: '2026-01-01T10:00:00Z' });
  await collect({ messageId: 'm-2', email: 'ada@acme.example', occurredAt: '2026-01-02T10:00:00Z' });
  await collect({ messageId: 'm-3', anonymousId: 'somebody', occurredAt: '2026-01-03T10:00:00Z' });
});
afterAll(() => server.close());

async function collect(touchpoint: object): Promise<void> {
  const response = await server.app.inject({
    method: 'POST',
    url: '/touchpoints',
    headers: { authorization: `Bearer ${server.keys.writeKey}` },
    payload: { kind: 'page_view', ...touchpoint },
  });
  const [receipt] = response.json<{ receipts: { position: string }[] }>().receipts;
  position = receipt?.position ?? '';
}
let position = '';

const ask = (method: 'GET' | 'POST', url: string, payload?: object) =>
  server.app.inject({
    method,
    url: `/api/leads/${url}`,
    headers: { authorization: `Bearer ${server.keys.apiKey}` },
    ...(payload && { payload }),
  });
const leadOf = async (who: string, at: string) =>
  (await ask('GET', `${who}?minPosition=${at}`)).json<{
    leadId: string;
    touchpoints: number;
    aliases: string[];
  }>();

test('merging two leads makes one lead, and splitting it makes two again', async () => {
  const ada = await leadOf('user:ada', position);
  const mail = await leadOf('email:ada@acme.example', position);
  expect(ada.leadId).not.toBe(mail.leadId);

  const merged = await ask('POST', `${ada.leadId}/merge`, { otherLeadId: mail.leadId, reason: 'told us' });
  expect(merged.statusCode).toBe(200);
  const at = merged.json<{ position: string; changed: boolean }>();
  expect(at.changed).toBe(true);
  const one = await leadOf('email:ada@acme.example', at.position);
  expect(one).toMatchObject({ leadId: ada.leadId, touchpoints: 2, aliases: [mail.leadId] });
  expect(await leadOf(mail.leadId, at.position)).toMatchObject({ leadId: ada.leadId });

  const again = await ask('POST', `${ada.leadId}/merge`, { otherLeadId: mail.leadId });
  expect(again.json()).toEqual({ position: at.position, changed: false });

  const split = await ask('POST', 'email:ada@acme.example/split', { otherLeadId: 'user:ada' });
  const after = split.json<{ position: string; changed: boolean }>();
  expect(after.changed).toBe(true);
  expect(await leadOf('email:ada@acme.example', after.position)).toMatchObject({
    leadId: mail.leadId,
    touchpoints: 1,
  });
});

test.each([
  ['user:nobody/merge', { otherLeadId: 'user:ada' }, 404, 'lead-not-found'],
  ['user:ada/merge', { otherLeadId: 'nobody' }, 404, 'lead-not-found'],
  ['user:ada/merge', { otherLeadId: 'anonymous:somebody' }, 409, 'lead-not-known'],
  ['user:ada/merge', { otherLeadId: 'user:ada' }, 409, 'same-lead'],
  ['user:ada/split', { otherLeadId: 'email:ada@acme.example' }, 409, 'not-merged'],
  ['user:ada/merge', {}, 400, 'invalid'],
])('%s of %j is refused with %i %s', async (url, payload, status, code) => {
  await leadOf('user:ada', position);
  const response = await ask('POST', url, payload);
  expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([status, code]);
});
