import { describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { EventType } from '../../src/domain/events.js';
import { facts, appendRequest } from '../events.js';
import type { TestLog } from './test-log.js';

export function readingContract(target: TestLog): void {
  const { append, unique, receipts } = target;

  describe('reading events', () => {
    test('of a stream returns them by version, after a version, up to a limit', async () => {
      const stream = unique('s');
      await append(
        appendRequest(
          stream,
          Array.from({ length: 5 }, () => unique('a')),
        ),
      );
      const versions = async (...range: number[]) =>
        (await target.store.readStream('main', stream, ...range)).map(({ version }) => version);
      expect(await versions()).toEqual([1, 2, 3, 4, 5]);
      expect(await versions(2)).toEqual([3, 4, 5]);
      expect(await versions(2, 2)).toEqual([3, 4]);
      expect(await target.store.readStream('main', unique('s'))).toEqual([]);
    });

    test('of the log returns them by position, after a position, up to a limit', async () => {
      const head = await target.store.head();
      const [result] = await append(appendRequest(unique('s'), [unique('a'), unique('b'), unique('c')]));
      const [one, two, three] = receipts(result).map(({ position }) => position) as [bigint, bigint, bigint];
      const positions = async (after: bigint, limit: number) =>
        (await target.store.readAll(after, limit)).map(({ position }) => position);
      expect(await positions(head, 10)).toEqual([one, two, three]);
      expect(await positions(one, 1)).toEqual([two]);
      expect(await positions(three, 10)).toEqual([]);
    });

    test('accepts any number as a position, and returns the events after, at or before it', async () => {
      const [result] = await append(appendRequest(unique('s'), [unique('a'), unique('b')]));
      const [one, two] = receipts(result).map(({ position }) => position) as [bigint, bigint];
      const following = async (after: bigint) => (await target.store.readAll(after, 1))[0]?.position;
      const at = async (position: bigint) => (await target.store.readAt(position))?.position;
      expect([await following(one - 1n), await following(two - 1n)]).toEqual([one, two]);
      expect([await at(one), await at(two - 1n), await at(two), await at(two + 99n)]).toEqual([
        ...[one, one, two, two],
      ]);
      expect(await at(0n)).toBeUndefined();
      expect(await at(one - 1n)).not.toBe(one);
    });

    test('of some types returns a page and the last position read', async () => {
      const head = await target.store.head();
      const observed = {
        ...{ id: randomUUID(), type: 'AccountObserved' as const, schemaVersion: 1 },
        ...{ occurredAt: new Date(0), data: { accountId: 'acme' } },
      };
      const results = await append(
        appendRequest(unique('s'), [unique('a')]),
        { workspace: 'main', stream: unique('s'), expected: 'noStream', events: [observed] },
        appendRequest(unique('s'), [unique('b')]),
      );
      const [one, account, two] = results.map((result) => receipts(result)[0]?.position ?? 0n) as [
        ...[bigint, bigint, bigint],
      ];
      const all = [one, account, two].sort((a, b) => Number(a - b));
      const last = all[2] ?? 0n;
      /** Everything of the types after `after`, a page at a time. */
      const paged = async (after: bigint, limit: number, ...types: EventType[]) => {
        const found: bigint[] = [];
        for (let at = after; ;) {
          const { events, upTo, full } = await target.store.readPage(at, limit, types);
          expect(events.length).toBeLessThanOrEqual(limit);
          expect(events.every(({ position }) => position > at && position <= upTo)).toBe(true);
          found.push(...events.map(({ position }) => position));
          if (upTo === at) return { found, upTo, full };
          at = upTo;
        }
      };
      const end = { upTo: last, full: false };
      for (const limit of [1, 2, 3, 10]) {
        expect(await paged(head, limit, 'AccountObserved')).toEqual({ found: [account], ...end });
        expect(await paged(head, limit, 'AccountObserved', 'TouchpointRecorded')).toEqual({
          found: all,
          ...end,
        });
        expect(await paged(head, limit)).toEqual({ found: [], ...end });
        expect(await paged(last, limit, 'AccountObserved')).toEqual({ found: [], ...end });
      }
      expect(await target.store.readPage(head, 10, ['AccountObserved'])).toMatchObject({
        upTo: last,
        full: false,
      });
      expect((await target.store.readPage(head, 1, ['AccountObserved', 'TouchpointRecorded'])).full).toBe(
        true,
      );
    });

    test('a page has its events in every detail as a reader of the whole log gets them', async () => {
      const head = await target.store.head();
      const observed = (at: string, data: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
        ...{ id: randomUUID(), type: 'AccountObserved' as const, schemaVersion: 1, occurredAt: new Date(at) },
        ...{ data: { accountId: 'acme', traits: data } },
        ...more,
      });
      await append({
        ...{ workspace: 'main', stream: unique('s'), expected: 'noStream' },
        events: [
          observed('1970-01-01T00:00:00.001Z', { name: 'Ärzte für 東京 👩🏽‍💻', nested: [{ empty: '' }, null] }),
          observed('1999-12-31T23:59:59.999Z', {}, { collector: 'crm', correlationId: 'c-1' }),
          observed('2026-02-28T12:00:00.123Z', { text: 'x'.repeat(100_000) }, { causationId: 'e-1' }),
        ],
      });
      await target.store.record(facts(unique('s'), [unique('a'), unique('b')]));
      const all = await target.store.readAll(head, 10);
      const { events } = await target.store.readPage(head, 10, ['AccountObserved', 'TouchpointRecorded']);
      expect(events).toHaveLength(5);
      expect(events).toEqual(all);
    });
  });

  describe('the progress of a consumer', () => {
    test('is stored with its facts, or alone', async () => {
      const source = unique('kafka');
      expect(await target.store.progressOf(source)).toBeUndefined();
      await target.store.record(facts(unique('s'), [unique('a')]), { source, next: 5n, mark: 'm-1' });
      expect(await target.store.progressOf(source)).toEqual({ source, next: 5n, mark: 'm-1' });
      expect(await target.store.record([], { source, next: 9n })).toEqual([]);
      expect(await target.store.progressOf(source)).toEqual({ source, next: 9n });
    });

    test('is not changed by a late sender, but by a restarted source', async () => {
      const [source, a] = [unique('kafka'), unique('a')];
      await target.store.record(facts(unique('s'), [unique('b')]), { source, next: 50n, mark: 'm-1' });
      const [late] = await target.store.record(facts(unique('s'), [a]), { source, next: 40n, mark: 'm-0' });
      expect(late?.duplicate).toBe(false);
      expect(await target.store.progressOf(source)).toEqual({ source, next: 50n, mark: 'm-1' });
      await target.store.record([], { source, next: 3n, mark: 'n-1', restarted: true });
      expect(await target.store.progressOf(source)).toEqual({ source, next: 3n, mark: 'n-1' });
    });

    test('of several senders is the furthest per partition', async () => {
      const sources = [unique('kafka'), unique('kafka')];
      const moves = Array.from({ length: 40 }, (_, index) => ({
        ...{ source: sources[index % 2] ?? '', next: BigInt((index * 7) % 40) },
      }));
      await Promise.all(moves.map((move) => target.store.record(facts(unique('s'), [unique('a')]), move)));
      for (const source of sources) {
        const own = moves.filter((move) => move.source === source).map(({ next }) => Number(next));
        expect(await target.store.progressOf(source)).toEqual({ source, next: BigInt(Math.max(...own)) });
      }
    });
  });
}
