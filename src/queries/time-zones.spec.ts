import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { dayOf } from '../domain/attribution/money.js';
import { calendar } from '../domain/calendar.js';
import { checkModel } from '../domain/model/check-model.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { queryApi, type QueryApi } from '../../test/query-api.js';
import type { AttributionAnswer } from './attribution.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const least = { name: 'Least', currency: 'USD', personas: [], stages: [], scoring: { halfLifeDays: 1, rules: [] } }; // prettier-ignore
const isAllowed = (timeZone: string): boolean => 'model' in checkModel({ ...least, timeZone });

/** Hours of two days in winter and in summer. */
const INSTANTS = ['2026-01-14', '2026-07-14'].flatMap((day) =>
  Array.from({ length: 24 }, (_, hour) => new Date(+new Date(`${day}T00:30:00Z`) + hour * 3_600_000)),
);

test('every accepted time zone has the same days in reports, in caps and in SQL', async () => {
  const { rows: theirs } = await db.pool.query<{ name: string }>(
    'SELECT name FROM pg_timezone_names UNION SELECT abbrev FROM pg_timezone_abbrevs',
  );
  const names = [...Intl.supportedValuesOf('timeZone'), ...theirs.map(({ name }) => name), '+01:00', '-0530'];
  const zones = [...new Set(names)].filter(isAllowed);
  expect(zones).toEqual(expect.arrayContaining(['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'Pacific/Apia']));

  const { rows } = await db.pool.query<{ zone: string; at: Date; day: string }>(
    `SELECT zone, at, (at AT TIME ZONE zone)::date::text AS day
       FROM unnest($1::text[]) AS z (zone), unnest($2::timestamptz[]) AS i (at)`,
    [zones, INSTANTS],
  );
  expect(rows).toHaveLength(zones.length * INSTANTS.length);
  expect(rows.filter(({ zone, at, day }) => dayOf(at, zone) !== day)).toEqual([]);
});

/** Where clocks change at midnight, or shortly before or after, by half an hour, or by a whole day. */
const ODD_ZONES = [
  ...[
    'Atlantic/Azores',
    'America/Havana',
    'America/Asuncion',
    'America/Santiago',
    'America/Sao_Paulo',
    'Asia/Beirut',
  ],
  ...[
    'Asia/Amman',
    'Asia/Damascus',
    'Asia/Gaza',
    'Asia/Tehran',
    'Africa/Cairo',
    'America/Scoresbysund',
    'America/Nuuk',
  ],
  ...[
    'America/St_Johns',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'Pacific/Fakaofo',
    'Asia/Pyongyang',
    'Asia/Kathmandu',
  ],
  ...[
    'Africa/Casablanca',
    'Antarctica/Troll',
    'Europe/Berlin',
    'America/New_York',
    'Pacific/Kiritimati',
    'UTC',
  ],
];
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Instants at which the offset of a zone is another than a minute before, by the zone's own rules. */
function changesOf(zone: string, fromYear: number, toYear: number): number[] {
  const wall = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  const offset = (at: number): number => Date.parse(`${wall.format(at).replace(' ', 'T')}Z`) - at;
  const changes: number[] = [];
  let before = offset(Date.UTC(fromYear));
  for (let at = Date.UTC(fromYear); at < Date.UTC(toYear); at += 24 * HOUR) {
    const after = offset(at + 24 * HOUR);
    if (after === before) continue;
    before = after;
    let [low, high] = [at, at + 24 * HOUR];
    while (high - low > MINUTE) {
      const middle = low + Math.floor((high - low) / 2 / MINUTE) * MINUTE;
      if (offset(middle) === offset(low)) low = middle;
      else high = middle;
    }
    changes.push(high);
  }
  return changes;
}

/** Around each change, and at the midnights beside it. */
const around = (change: number): number[] =>
  [-25, -24, -2, -1, 0, 1, 2, 24, 25].flatMap((hours) =>
    [-31, -14, -1, 0, 1, 14, 29].map((minutes) => change + hours * HOUR + minutes * MINUTE),
  );

describe.each(ODD_ZONES)('in %s', (zone) => {
  const instants = changesOf(zone, 1990, 2030)
    .flatMap(around)
    .concat(Date.UTC(2026, 0, 1));

  test('a report, a scoring cap and SQL assign an instant to the same day, from 1990 to 2030', async () => {
    const { rows } = await db.pool.query<{ ms: string; day: string; number: number }>(
      `SELECT (extract(epoch FROM at) * 1000)::bigint AS ms, (at AT TIME ZONE $1)::date::text AS day,
              (at AT TIME ZONE $1)::date - date '1970-01-01' AS number
         FROM (SELECT to_timestamp(ms / 1000.0) AS at FROM unnest($2::float8[]) AS ms) i`,
      [zone, instants],
    );
    const dates = calendar(zone);
    const differing = rows.filter(
      (row) => dayOf(new Date(Number(row.ms)), zone) !== row.day || dates.day(Number(row.ms)) !== row.number,
    );
    expect(differing).toEqual([]);
  });
});

describe('a report from a day to a day', () => {
  let api: QueryApi;
  let store: MemoryEventStore;
  beforeAll(async () => {
    store = new MemoryEventStore();
    const freshness = { checkpoint: async () => 1n, waitFor: async () => true };
    api = await queryApi({ pool: db.pool, store, freshness });
  });
  afterAll(() => api?.close());

  /** Opportunities closed every half hour around each change of the clocks. */
  async function report(
    zone: string,
    instants: readonly number[],
    query: string,
  ): Promise<AttributionAnswer> {
    await db.pool.query('DELETE FROM touchline.attribution_path; DELETE FROM touchline.attribution_share');
    await db.pool.query(
      `INSERT INTO touchline.workspace (slug, name, time_zone) VALUES ('main', 'main', $1)
       ON CONFLICT (slug) DO UPDATE SET time_zone = excluded.time_zone`,
      [zone],
    );
    await db.pool.query(
      `INSERT INTO touchline.attribution_path (workspace, opportunity_id, metric, credited_at, currency, amount_minor,
         reported_currency, reported_minor, committee, event_ids, lead_ids, occurred_at, milestones, content_ids,
         content_titles, channels, campaigns, sources, known_from)
       SELECT 'main', 'o-' || ms, 'revenue', to_timestamp(ms / 1000.0), 'USD', 1, 'USD', 1, 'contacts', '{}', '{}', '{}', '{}',
              '{}', '{}', '{}', '{}', '{}', 1
         FROM unnest($1::float8[]) AS ms`,
      [[...new Set(instants)]],
    );
    const { status, body } = await api.get<AttributionAnswer>(`/api/attribution?${query}`);
    expect(status).toBe(200);
    return body as unknown as AttributionAnswer;
  }

  test.each(ODD_ZONES)('has the opportunities that SQL has on those days: %s', async (zone) => {
    const changes = changesOf(zone, 2008, 2028).slice(-4);
    for (const change of changes) {
      const instants = Array.from({ length: 100 }, (_, index) => change + (index - 50) * 30 * MINUTE);
      for (const [days, until] of [
        [0, 1],
        [-1, 0],
        [0, 0],
        [1, 2],
      ] as const) {
        // prettier-ignore
        const [from, to] = [days, until].map((each) => dayOf(new Date(change + each * 24 * HOUR), zone));
        const { opportunities } = await report(zone, instants, `from=${from}&to=${to}`);
        const { rows } = await db.pool.query<{ count: number }>(
          `SELECT count(*)::int AS count FROM bi.fact_attribution_total
            WHERE credited_date >= $1::date AND credited_date < $2::date`,
          [from, to],
        );
        expect([from, to, opportunities]).toEqual([from, to, rows[0]?.count]);
      }
    }
  });

  test('of October has nothing of November where clocks go back on November 1 at one', async () => {
    const midnight = Date.UTC(2026, 10, 1, 4); // 1 November, 00:00 in Havana, an hour before it is 00:00 again
    const instants = [-1, 0, 30, 60, 90].map((minutes) => midnight + minutes * MINUTE);
    const october = await report('America/Havana', instants, 'from=2026-10-01&to=2026-11-01');
    expect(october.opportunities).toBe(1);
    expect(october.to).toBe('2026-11-01T04:00:00.000Z');
    const november = await report('America/Havana', instants, 'from=2026-11-01&to=2026-12-01');
    expect(november.opportunities).toBe(4);
  });

  test('that a time zone skipped is empty, and the next day begins with it', async () => {
    const instants = Array.from({ length: 96 }, (_, index) => Date.UTC(2011, 11, 29) + index * HOUR);
    const skipped = await report('Pacific/Apia', instants, 'from=2011-12-30&to=2011-12-31');
    expect([skipped.opportunities, skipped.from, skipped.to]).toEqual([
      0,
      '2011-12-30T10:00:00.000Z',
      '2011-12-30T10:00:00.000Z',
    ]);
  });
});
