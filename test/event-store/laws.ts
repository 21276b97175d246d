import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { facts, appendRequest } from '../events.js';
import { eventsAfter } from '../events-after.js';
import type { TestLog } from './test-log.js';

export function lawsContract(target: TestLog): void {
  const { expectNext } = target;

  describe('laws', () => {
    const streams = fc.constantFrom('s-1', 's-2', 's-3');
    const ids = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 4 });
    const expectations = fc.oneof(
      { arbitrary: fc.constant('noStream' as const), weight: 1 },
      { arbitrary: fc.record({ exact: fc.integer({ min: 0, max: 5 }) }), weight: 2 },
    );
    const recorded = fc.array(fc.record({ stream: streams, ids }), { maxLength: 4 });
    const appended = fc.array(fc.record({ stream: streams, ids, expected: expectations }), {
      maxLength: 4,
    });

    test('concurrent and repeated events get increasing positions and their first receipts', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(recorded, { maxLength: 8 }),
          fc.array(appended, { maxLength: 8 }),
          async (records, calls) => {
            const run = randomUUID();
            const head = await target.store.head();
            const batches = records.map((parts) =>
              parts.flatMap((one) =>
                facts(
                  `${run}-facts-${one.stream}`,
                  one.ids.map((nr) => `${run}-fact-${nr}`),
                ),
              ),
            );
            const commands = calls.map((appends) =>
              appends.map((one) =>
                appendRequest(
                  `${run}-${one.stream}`,
                  one.ids.map((nr) => `${run}-${nr}`),
                  one.expected,
                ),
              ),
            );
            const [receipts, results] = await Promise.all([
              Promise.all([...batches, ...batches].map((batch) => target.store.record(batch))),
              Promise.all([...commands, ...commands].map((batch) => target.store.append(batch))),
            ]);
            const log = await eventsAfter(target.store, head);

            expectNext(
              head,
              log.map(({ position }) => position),
            );
            expect(new Set(log.map(({ id }) => id)).size).toBe(log.length);
            const decisions = log.filter(({ stream }) => !stream.startsWith(`${run}-facts`));
            for (const events of Map.groupBy(decisions, ({ stream }) => stream).values())
              expect(events.map(({ version }) => version)).toEqual(events.map((_, index) => index + 1));

            const byId = new Map(log.map((event) => [event.id, event]));
            const given = results
              .flat()
              .flatMap((result) => (result.status === 'appended' ? result.receipts : []));
            for (const { eventId, position, version } of given)
              expect(byId.get(eventId)).toMatchObject({ position, version });
            for (const { eventId, position } of receipts.flat())
              expect(byId.get(eventId)).toMatchObject({ position });
            const isNew = ({ duplicate }: { duplicate: boolean }) => !duplicate;
            expect(given.filter(isNew)).toHaveLength(decisions.length);
            expect(receipts.flat().filter(isNew)).toHaveLength(log.length - decisions.length);
            const sent = new Set(batches.flat().map(({ event }) => event.id));
            expect(log.length - decisions.length).toBe(sent.size);
          },
        ),
        { numRuns: 60 },
      );
    });
  });
}
