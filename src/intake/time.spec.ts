import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { believe, limitBackdating } from './time.js';

/** Most cases are fixtures (test/formats/segment/times); here is what holds for all. */
const receivedAt = new Date('2026-03-01T12:00:00Z');
const iso = (date: Date): string => date.toISOString();
const instant = fc
  .date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
  .map(iso);
const said = fc.oneof(
  instant,
  fc.string(),
  fc.double(),
  fc.integer(),
  fc.constantFrom(undefined, null, '', {}, []),
);

describe('whatever a client says', () => {
  test('it happened between 1990 and the receipt', () => {
    fc.assert(
      fc.property(fc.record({ timestamp: said, originalTimestamp: said, sentAt: said }), (time) => {
        const { occurredAt } = believe({ ...time, path: 'timestamp' }, receivedAt);
        expect(+occurredAt).toBeLessThanOrEqual(+receivedAt);
        expect(+occurredAt).toBeGreaterThanOrEqual(Date.UTC(1990, 0));
      }),
    );
  });

  test('is replaced where the correction leads to before 1990', () => {
    const time = { timestamp: '1990-01-01T00:00:00Z', sentAt: '2042-12-30T02:13:20Z', path: 'timestamp' };
    expect(believe(time, receivedAt)).toMatchObject({
      occurredAt: receivedAt,
      clamped: { reason: 'absurd' },
    });
  });

  test('its own time, which names the event, does not change with the try', () => {
    fc.assert(
      fc.property(
        fc.record({ timestamp: said, originalTimestamp: said }),
        instant,
        instant,
        (time, first, second) => {
          const later = new Date(+receivedAt + 60_000);
          const one = believe({ ...time, sentAt: first, path: 'timestamp' }, receivedAt).original;
          expect(believe({ ...time, sentAt: second, path: 'timestamp' }, later).original).toEqual(one);
        },
      ),
    );
  });
});

test('a clock that is wrong by any amount is put right by sentAt', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -1e11, max: 1e11 }),
      fc.integer({ min: 0, max: 86_400_000 }),
      (skew, ago) => {
        const originalTimestamp = iso(new Date(+receivedAt - ago + skew));
        const sentAt = iso(new Date(+receivedAt + skew));
        const { occurredAt, clamped } = believe({ originalTimestamp, sentAt, path: 'timestamp' }, receivedAt);
        expect([+occurredAt, clamped]).toEqual([+receivedAt - ago, undefined]);
      },
    ),
  );
});

describe('an event of a public key', () => {
  const DAY = 86_400_000;
  const limited = (timestamp: string) =>
    limitBackdating(believe({ timestamp, path: 'timestamp' }, receivedAt), receivedAt, 30 * DAY);

  test.each([
    ['at the receipt', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00.000Z', undefined],
    ['days ago, from the queue of a tracker', '2026-02-25T08:00:00Z', '2026-02-25T08:00:00.000Z', undefined],
    ['exactly at the limit', '2026-01-30T12:00:00Z', '2026-01-30T12:00:00.000Z', undefined],
    ['a moment beyond the limit', '2026-01-30T11:59:59.999Z', '2026-03-01T12:00:00.000Z', 'backdated'],
    ['years ago', '2019-06-01T00:00:00+02:00', '2026-03-01T12:00:00.000Z', 'backdated'],
    ['in the future, which is another fault', '2026-03-02T00:00:00Z', '2026-03-01T12:00:00.000Z', 'future'],
    ['at no time at all', 'last week', '2026-03-01T12:00:00.000Z', 'absurd'],
  ])('that happened %s', (_, timestamp, occurredAt, reason) => {
    const { occurredAt: at, clamped } = limited(timestamp);
    expect([iso(at), clamped?.reason]).toEqual([occurredAt, reason]);
  });

  test('keeps its own time, which names the event, and the time it gave', () => {
    expect(limited('2019-06-01T00:00:00Z')).toMatchObject({
      original: new Date('2019-06-01T00:00:00Z'),
      clamped: { original: '2019-06-01T00:00:00.000Z' },
    });
  });

  test('lies between the limit and its receipt, whatever it says', () => {
    fc.assert(
      fc.property(
        fc.record({ timestamp: said, originalTimestamp: said, sentAt: said }),
        fc.nat(1_000),
        (time, days) => {
          const { occurredAt } = limitBackdating(
            believe({ ...time, path: 'timestamp' }, receivedAt),
            receivedAt,
            days * DAY,
          );
          expect(+occurredAt).toBeLessThanOrEqual(+receivedAt);
          expect(+receivedAt - +occurredAt).toBeLessThanOrEqual(days * DAY);
        },
      ),
    );
  });
});
