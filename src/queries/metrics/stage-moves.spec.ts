import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../../test/database.js';
import { withClient } from '../../database/client.js';
import { rows, sql } from '../sql.js';
import { movesBefore } from './stage-moves.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database?.drop());

/** An event: few instants and few ids, so that many moves and touchpoints share them. */
const event = fc.record({ at: fc.integer({ min: 0, max: 4 }), id: fc.integer({ min: 0, max: 5 }) });
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

const order = (a: Event, b: Event): number => a.at - b.at || a.id - b.id;
const instantOf = ({ at }: Event): Date => new Date(Date.UTC(2026, 0, 1, at));
const idOf = ({ id }: Event): string => `${id}0000000-0000-4000-8000-000000000000`;

test.each(['<', '<='] as const)(
  'moves %s a touchpoint are counted by instant, then id',
  async (comparison) => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(event, { selector: ({ at, id }) => `${at} ${id}`, maxLength: 12 }),
        fc.array(event, { minLength: 1, maxLength: 8 }),
        async (unsorted, touchpoints) => {
          const moves = unsorted.toSorted(order);
          const found = await withClient(database.pool, (tx) =>
            rows<{ moves: number }>(
              tx,
              sql`
            SELECT ${movesBefore(comparison)} AS moves
            FROM unnest(${touchpoints.map(instantOf)}::timestamptz[], ${touchpoints.map(idOf)}::uuid[])
              WITH ORDINALITY AS j (occurred_at, event_id, number)
            CROSS JOIN (SELECT ${moves.length > 0 ? moves.map(instantOf) : null}::timestamptz[] AS moved_at,
                               ${moves.length > 0 ? moves.map(idOf) : null}::uuid[] AS moved_by) l
            ORDER BY j.number`,
            ),
          );
          const isBefore = (difference: number): boolean =>
            comparison === '<' ? difference < 0 : difference <= 0;
          expect(found.map(({ moves: count }) => count)).toEqual(
            touchpoints.map((touchpoint) => moves.filter((move) => isBefore(order(move, touchpoint))).length),
          );
        },
      ),
      { numRuns: 200 },
    );
  },
);
