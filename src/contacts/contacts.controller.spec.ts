import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testApp, type TestApp } from '../../test/app.js';
import { importTarget, inputFile } from '../../test/import-target.js';
import { importFile } from '../cli/import/import-file.js';
import type { ContactListAnswer } from './contact-list.answer.js';

let app: TestApp;
beforeAll(async () => {
  app = await testApp({ ROLES: 'query' });
});
afterAll(() => app?.close());

const auth = () => ({ authorization: `Bearer ${app.keys.apiKey}` });

async function post(payload: string, query = '', type = 'text/csv') {
  const answer = await app.app.inject({
    ...{ method: 'POST', url: `/api/contacts?${query}`, payload },
    headers: { ...auth(), 'content-type': type },
  });
  return { status: answer.statusCode, body: answer.json<ContactListAnswer & { code: string }>() };
}
const totals = ({ accepted, duplicate, rejected }: ContactListAnswer): number[] => [
  ...[accepted, duplicate, rejected],
];
const names = async (): Promise<unknown[]> =>
  (await app.runtime.store.readAll(0n, 1_000)).flatMap((event) =>
    event.type === 'IdentityClaimed' ? [event.data.identity[0]] : [],
  );

const CSV =
  'email,title,opted out\r\nada@acme.example,CTO,\r\ninfo@beta.example,"Desk, front",yes\r\n,CFO,\r\nADA@acme.example,,\r\n';

test('a list in CSV is checked by a dry run that records nothing', async () => {
  const { status, body } = await post(CSV, 'dryRun=true');
  expect([status, body.dryRun, body.newPeople, ...totals(body)]).toEqual([200, true, 2, 3, 0, 1]);
  expect(body.items.map((row) => [row.line, row.email, row.findings.map(({ code }) => code)])).toEqual([
    [2, 'ada@acme.example', []],
    [3, 'info@beta.example', ['role-address', 'opted-out-in-list']],
    [4, null, []],
    [5, 'ada@acme.example', ['duplicate-address']],
  ]);
  expect(await names()).toEqual([]);
});

test('a list is imported once, also where the command line has the same file, and what is rejected is kept', async () => {
  expect(totals((await post(CSV, 'name=leads.csv')).body)).toEqual([3, 0, 1]);
  const again = await post(CSV, 'name=leads.csv');
  expect([again.status, ...totals(again.body)]).toEqual([200, 0, 3, 1]);
  expect(again.body.items[2]?.reason).toMatchObject({ code: 'identity-missing' });

  const folder = await mkdtemp(join(tmpdir(), 'touchline-contacts-'));
  const { target } = importTarget(app.runtime.store, { mapping: { type: 'contacts' } });
  const { summary } = await importFile(target, await inputFile(join(folder, 'leads.csv'), CSV));
  await rm(folder, { recursive: true });
  expect(summary.toJSON()).toMatchObject({ accepted: 0, duplicate: 3 });
  expect(await names()).toEqual([
    ...['email:ada@acme.example', 'email:info@beta.example', 'email:ada@acme.example'],
  ]);

  const kept = await app.app.inject({ url: '/api/rejected', headers: auth() });
  expect(kept.json<{ items: unknown[] }>().items).toMatchObject([
    { format: 'contact', call: 'contacts', source: 'leads.csv:4', sent: { text: ',CFO,' } },
  ]);
});

test('a list in JSON has its items judged one by one, and its numbers as they were written', async () => {
  const list = '[{"crmId": 12345678901234567890, "traits": {"title": "CEO"}}, {"email": 5}, 7]';
  const { status, body } = await post(list, '', 'application/json');
  expect([status, ...body.items.map((row) => [row.line, row.status, row.reason?.code])]).toEqual([
    ...[200, [1, 'accepted', undefined], [2, 'rejected', 'invalid-field'], [3, 'rejected', 'unreadable-row']],
  ]);
  expect((await names()).at(-1)).toBe('crm:12345678901234567890');
});

test('columns of any name are mapped', async () => {
  const mapping = encodeURIComponent('{"columns":{"Adresse":"email","Firma":"accountName"},"delimiter":";"}');
  const { body } = await post('Adresse;Firma\nbob@acme.example;Acme\n', `mapping=${mapping}`);
  expect(totals(body)).toEqual([1, 0, 0]);
});

test.each([
  ['without a column that names people', 'title\nCTO\n', '', 'text/csv', 422, 'mapping-invalid'],
  ['without a header', '', '', 'text/csv', 422, 'header-invalid'],
  ['with a mapping that is no JSON', 'email\n', 'mapping=x', 'text/csv', 422, 'mapping-invalid'],
  ['of another type', 'email\n', 'mapping={"type":"opportunities"}', 'text/csv', 422, 'mapping-invalid'],
  ['with a parameter that does not exist', 'email\n', 'collector=x', 'text/csv', 400, 'invalid'],
  ['that is a number', '5', '', 'application/json', 400, 'unreadable-body'],
  ['that is YAML', 'a: b', '', 'application/yaml', 415, 'unsupported-media-type'],
  [
    'with more people than the limit',
    `email\n${'a@b.example\n'.repeat(2_501)}`,
    '',
    'text/csv',
    413,
    'too-large',
  ],
])('a list %s is refused', async (_, payload, query, type, status, code) => {
  const answer = await post(payload, query, type);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
});
