import { expect, test } from '@jest/globals';
import { ByteBudget, OverBudget } from '../http/admission/byte-budget.js';
import { shareOf } from './refusal.js';

const LIMITS = {
  ...{ total: 1_000, perKey: 100, perAddress: 500 },
  ...{ unauthenticated: 500, unauthenticatedPerAddress: 500 },
};

const keyOf = (id: string) => ({
  ...{ workspace: 'main', collector: 'web' },
  quota: { id, prefix: id, workspace: 'main', limits: {} },
});

test('a public key that has used its share leaves the server key of its collector its own', () => {
  const budget = new ByteBudget(LIMITS);
  const [pub, server] = ['192.0.2.1', '192.0.2.2'].map((address) => budget.open(address));
  pub?.authenticate(shareOf(keyOf('public')));
  pub?.grow(100);
  expect(() => pub?.grow(1)).toThrow(OverBudget);
  server?.authenticate(shareOf(keyOf('server')));
  server?.grow(100);
  expect(budget.bytes).toBe(200);
});
