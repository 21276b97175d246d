import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testApp, type TestApp } from '../../test/app.js';

let server: TestApp;
let position = '';
beforeAll(async () => {
  server = await testApp();
  for (const [messageId, ip] of [
    ['m-1', '198.51.100.7'],
    ['m-2', '203.0.113.7'],
  ])
    position = await collect({
      messageId,
      userId: 'ada',
      context: { ip, userAgent: 'Mozilla/5.0 Firefox/140.0' },
    });
});
afterAll(() => server.close());

async function collect(touchpoint: object): Promise<string> {
  const response = await server.app.inject({
    method: 'POST',
    url: '/touchpoints',
    headers: { authorization: `Bearer ${server.keys.writeKey}` },
    payload: { kind: 'page_view', occurredAt: '2026-01-01T10:00:00Z', ...touchpoint },
  });
  return response.json<{ receipts: { position: string }[] }>().receipts[0]?.position ?? '';
}

const ask = (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) =>
  server.app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${server.keys.apiKey}` },
    ...(payload && { payload }),
  });

interface Receipt {
  readonly ruleId: string;
  readonly position: string;
  readonly changed: boolean;
}

async function verdicts(query: string): Promise<string[]> {
  const { items } = (await ask('GET', `/api/leads/user:ada/journey?${query}`)).json<{
    items: { verdict: string; verdictReasons: string[] }[];
  }>();
  return items.map(({ verdict, verdictReasons }) => [verdict, ...verdictReasons].join(' ')).sort();
}

const OFFICE = { match: { networks: ['198.51.100.0/24'] }, verdict: 'internal', reason: 'Our office' };

test('a rule reclassifies touchpoints before and after it, is listed, and is undone when it is withdrawn', async () => {
  const published = await ask('POST', '/api/verdicts', OFFICE);
  expect(published.statusCode).toBe(201);
  const rule = published.json<Receipt>();
  expect(await verdicts(`minPosition=${rule.position}`)).toEqual(['human', 'internal rule']);
  expect(await verdicts(`asOf=${position}`)).toEqual(['human', 'human']);

  const later = await collect({ messageId: 'm-3', userId: 'ada', context: { ip: '198.51.100.9' } });
  expect(await verdicts(`minPosition=${later}`)).toEqual(['human', 'internal rule', 'internal rule']);

  const again = await ask('POST', '/api/verdicts', OFFICE);
  expect(again.json()).toEqual({ ...rule, changed: false });
  expect((await ask('GET', '/api/verdicts')).json()).toEqual({ items: [{ ruleId: rule.ruleId, ...OFFICE }] });

  const withdrawn = await ask('DELETE', `/api/verdicts/${rule.ruleId}`);
  expect(withdrawn.statusCode).toBe(200);
  expect(await verdicts(`minPosition=${withdrawn.json<Receipt>().position}`)).toEqual([
    'human',
    'human',
    'unknown',
  ]);
  expect((await ask('GET', '/api/verdicts')).json()).toEqual({ items: [] });
  expect((await ask('DELETE', `/api/verdicts/${rule.ruleId}`)).json()).toMatchObject({
    code: 'rule-not-found',
  });
});

test.each<[string, object]>([
  ['no match', { verdict: 'internal' }],
  ['an empty match', { match: {}, verdict: 'internal' }],
  ['an unknown part', { match: { country: ['NL'] }, verdict: 'internal' }],
  ['no network', { match: { networks: ['office'] }, verdict: 'internal' }],
  ['an address without its last part', { match: { networks: ['1.2.3'] }, verdict: 'internal' }],
  ['a domain with an @', { match: { emailDomains: ['@acme.example'] }, verdict: 'internal' }],
  [
    'an end before the start',
    { match: { from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }, verdict: 'human' },
  ],
  ['an empty list', { match: { collectors: [] }, verdict: 'internal' }],
  ['an unknown kind', { match: { kinds: ['visit'] }, verdict: 'internal' }],
  ['an unknown verdict', { match: { kinds: ['page_view'] }, verdict: 'robot' }],
  ['a day that is none', { match: { from: '2026-02-30T00:00:00Z' }, verdict: 'crawler' }],
  ['an event id that is none', { match: { eventIds: ['m-1'] }, verdict: 'crawler' }],
])('%s is refused, and no rule is published', async (_, body) => {
  const response = await ask('POST', '/api/verdicts', body);
  expect([400, 422]).toContain(response.statusCode);
  expect((await ask('GET', '/api/verdicts')).json()).toEqual({ items: [] });
});
