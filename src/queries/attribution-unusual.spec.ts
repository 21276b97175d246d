import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MODEL_NAMES } from '../domain/attribution/models.js';
import type { IdentityKey } from '../domain/identity/keys.js';
import { type ExampleApi, exampleApi } from '../../test/example-api.js';
import { day, entry, type Entry, opportunityEvents, pageView } from '../../test/sample-events.js';
import type { AttributionAnswer } from './attribution.js';
import type { OpportunityAttributionAnswer } from './opportunity-attribution-items.js';

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
});
afterAll(() => api?.close());

async function given(entries: readonly Entry[]): Promise<void> {
  await api.add('main', entries);
  await api.runner.catchUp();
}

const report = async (query: string) => (await api.get<AttributionAnswer>(`/api/attribution?${query}`)).body;

function won(id: string, amount: string, keys: readonly IdentityKey[], closedAt = day(60)): Entry[] {
  const contacts = keys.map((key) => ({ keys: [key], role: 'champion' }));
  return opportunityEvents(
    id,
    { name: id, accountId: id, amount, openedAt: day(50), stage: 'discovery', contacts },
    { stage: 'proposal' },
    { status: 'won', closedAt },
  );
}

test('ten thousand touches of one opportunity share its amount to the cent under every model', async () => {
  const visits = Array.from({ length: 10_000 }, (_, nr) =>
    pageView(`long-${nr}`, 1 + nr / 300, ['email:max@long.example'], {
      ...{ channel: 'email', campaign: `c-${nr % 9}`, content: { id: `page-${nr}` } },
    }),
  );
  await given([...visits, ...won('opp-long', '77.77', ['email:max@long.example'], day(55))]);
  for (const model of [...MODEL_NAMES, 'markov', 'shapley']) {
    const { total, attributed, rows } = await report(
      `model=${model}&by=campaign&metric=revenue&from=2026-02-24&to=2026-02-27`,
    );
    const sum = rows.reduce((minor, { value }) => minor + Number(value.minor), 0);
    expect([model, total.minor, attributed.minor, sum]).toEqual([model, 7777, 7777, 7777]);
  }
});

test('people that were merged in a circle are one lead, and credit stays whole', async () => {
  const keys = ['email:a@circle.example', 'email:b@circle.example', 'email:c@circle.example'] as const;
  const merged = keys.map((key, nr) =>
    entry(`circle-${nr}`, `identity-${key}`, 'IdentitiesMerged', 55 + nr, {
      ...{ leadId: '', otherLeadId: '', key, otherKey: keys[(nr + 1) % keys.length] ?? key },
    }),
  );
  await given([
    ...keys.map((key, nr) => pageView(`of-${nr}`, 41 + nr, [key], { channel: 'email' })),
    ...won('opp-circle', '100.00', keys),
    ...merged,
  ]);
  const { body } = await api.get<OpportunityAttributionAnswer>(
    '/api/opportunities/opp-circle/attribution?metric=revenue&models=linear',
  );
  expect(body.touches).toHaveLength(3);
  expect(new Set(body.touches.map(({ leadId }) => leadId)).size).toBe(1);
  expect(body.people).toHaveLength(1);
});

test('an opportunity won for nothing is counted and has touches without credit', async () => {
  await given([
    pageView('gratis', 49, ['email:fay@gratis.example'], { channel: 'email', campaign: 'gratis' }),
    ...won('opp-zero', '0', ['email:fay@gratis.example']),
  ]);
  const { rows } = await report('model=linear&by=campaign&metric=revenue&campaign=gratis');
  expect(rows).toMatchObject([{ key: 'gratis', value: { minor: 0 }, opportunities: 1, touches: 1 }]);
});

test('an amount whose currency changed counts in the new one, and as of before in the old one', async () => {
  const keys = ['email:kim@switch.example'] as const;
  const opening = opportunityEvents('opp-switch', {
    ...{ name: 'Switch', accountId: 'switch', amount: '100.00', currency: 'USD', openedAt: day(20) },
    contacts: [{ keys, role: 'champion' }],
  });
  await given([pageView('switch', 19, keys, { campaign: 'switch' }), ...opening]);
  const path = 'model=linear&by=campaign&metric=pipeline&campaign=switch';
  const before = await report(path);
  const changed = entry('switched', 'opportunity-opp-switch', 'OpportunityChanged', 21, {
    ...{ opportunityId: 'opp-switch', amount: '100.00', currency: 'EUR' },
  });
  await given([changed]);
  expect(before.rows).toMatchObject([{ value: { amount: '100.00' } }]);
  expect((await report(path)).rows).toMatchObject([{ value: { amount: '108.00' } }]);
  expect(await report(`${path}&asOf=${before.asOf}`)).toEqual(before);
});

test.each(['markov', 'shapley'])(
  '%s leaves a period in which nothing was won without effects',
  async (model) => {
    const answer = await report(`model=${model}&by=channel&metric=revenue&from=2025-01-01&to=2025-02-01`);
    expect(answer).toMatchObject({ total: { minor: 0 }, attributed: { minor: 0 }, rows: [] });
  },
);
