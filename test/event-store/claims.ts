import { describe, expect, test } from '@jest/globals';
import { hash } from 'node:crypto';
import { type TokenClaim, TokenUsed } from '../../src/event-store/event-store.js';
import { facts, touch } from '../events.js';
import { eventsAfter } from '../events-after.js';
import type { TestLog } from './test-log.js';

export function claimsContract(target: TestLog): void {
  const { unique, names } = target;
  const claimOf = (token: string, body: string, collector = 'c-1'): TokenClaim => ({
    ...{ collector, token, bodyHash: hash('sha256', body, 'hex') },
    expiresAt: new Date(Date.now() + 3_600_000),
  });
  const send = (name: string, claim: TokenClaim) =>
    target.store.record(facts(unique('s'), [name]), undefined, claim);

  describe('a token that is claimed with facts', () => {
    test('is refused with another body, and none of its facts is recorded', async () => {
      const [token, first] = [unique('t'), unique('f')];
      const [receipt] = await send(first, claimOf(token, 'one'));
      const head = await target.store.head();
      for (let time = 0; time < 2; time += 1)
        await expect(send(unique('f'), claimOf(token, 'other'))).rejects.toThrow(TokenUsed);
      expect(await target.store.head()).toBe(head);
      expect(await send(first, claimOf(token, 'one'))).toEqual([{ ...receipt, duplicate: true }]);
    });

    test('is another token at another collector', async () => {
      const token = unique('t');
      await send(unique('f'), claimOf(token, 'one'));
      expect(await send(unique('f'), claimOf(token, 'other', 'c-2'))).toMatchObject([{ duplicate: false }]);
    });

    test('is refused after it was claimed without facts', async () => {
      const token = unique('t');
      expect(await target.store.record([], undefined, claimOf(token, 'one'))).toEqual([]);
      await expect(send(unique('f'), claimOf(token, 'other'))).rejects.toThrow(TokenUsed);
      await expect(target.store.record([], undefined, claimOf(token, 'other'))).rejects.toThrow(TokenUsed);
    });

    test('that is refused leaves concurrent facts alone, with and without claims', async () => {
      const [used, source] = [unique('t'), unique('source')];
      await send(unique('f'), claimOf(used, 'one'));
      const head = await target.store.head();
      const sent = names(40);
      const results = await Promise.allSettled(
        sent.map((name, nth) => {
          if (nth % 10 === 0) return send(name, claimOf(used, `other-${nth}`));
          if (nth % 2 === 0) return send(name, claimOf(unique('t'), name));
          return target.store.record(facts(unique('s'), [name]), { source, next: BigInt(nth) });
        }),
      );
      expect(results.flatMap(({ status }, nth) => (status === 'rejected' ? [nth] : []))).toEqual([
        0, 10, 20, 30,
      ]);
      const expected = sent.filter((_, nth) => nth % 10 !== 0).map((name) => touch(name).id);
      expect((await eventsAfter(target.store, head)).map(({ id }) => id).sort()).toEqual(expected.sort());
      expect(await target.store.progressOf(source)).toMatchObject({ next: 39n });
    });

    test('belongs to one body when several come at the same time', async () => {
      const token = unique('t');
      const bodies = Array.from({ length: 24 }, (_, nth) => `body-${nth % 4}`);
      const head = await target.store.head();
      const results = await Promise.allSettled(
        bodies.map((body) => send(`${token}-${body}`, claimOf(token, body))),
      );
      const accepted = bodies.filter((_, nth) => results[nth]?.status === 'fulfilled');
      expect([accepted.length, new Set(accepted).size]).toEqual([6, 1]);
      expect(await eventsAfter(target.store, head)).toHaveLength(1);
    });
  });
}
