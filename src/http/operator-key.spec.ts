import { expect, test } from '@jest/globals';
import { testApp } from '../../test/app.js';
import { OperatorKey } from './operator-key.js';

test('without a configured operator key nothing matches, and the refusal names the command line', async () => {
  const { app, keys, ...server } = await testApp();
  const rebuild = async (key: string) =>
    (
      await app.inject({
        method: 'POST',
        url: '/api/projections/journey/rebuild',
        headers: { authorization: `Bearer ${key}` },
      })
    ).json<{ status: number; detail: string }>();
  try {
    const refusal = await rebuild(keys.apiKey);
    expect(refusal).toMatchObject({ status: 403, code: 'operator-key-required' });
    expect(refusal.detail).toMatch(/this server has no operator key: use `npx touchline`/);
    for (const key of [keys.writeKey, 'undefined', 'ok_guessed'])
      expect(await rebuild(key)).toMatchObject({ status: 401 });
  } finally {
    await server.close();
  }
});

test.each([
  ['the key itself', 'ok_0123456789abcdefghij', true],
  ['a longer text that begins with it', 'ok_0123456789abcdefghij0', false],
  ['its beginning', 'ok_0123456789abcdefghi', false],
  ['nothing', '', false],
])('the operator key matches only itself: %s', (_, key, matches) => {
  expect(new OperatorKey({ operatorKey: 'ok_0123456789abcdefghij' }).matches(key)).toBe(matches);
  expect(new OperatorKey({ operatorKey: undefined }).matches(key)).toBe(false);
});
