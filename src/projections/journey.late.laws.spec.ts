import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { eventsOf, logged, published, START, TEST_MODEL, type Happening } from '../../test/journeys.js';
import { deleteRows, project, rowsOf } from '../../test/project.js';
import { checkModel } from '../domain/model/check-model.js';
import type { NewEvent } from '../domain/events.js';
import { identityKey } from '../domain/identity/keys.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import { journey } from './journey.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const checked = checkModel(parse(readFileSync('models/default.yaml', 'utf8')));
if (!('model' in checked)) throw new Error('models/default.yaml is no journey model');
const MODELS: Readonly<Record<string, JourneyModel>> = { shipped: checked.model, test: TEST_MODEL };

const MINUTE = 60_000;
const ADA = identityKey('user', 'ada');
const visitor = (nth: number) => identityKey('anonymous', `visitor-${nth}`);

const KINDS = ['page_view', 'page_view', 'email_open', 'form_fill', 'content_download', 'demo_request'];
const PAGES = ['/pricing', '/blog/one', '/blog/two', '/security/audit', '/'];
const CAME = [
  { channel: 'direct' },
  { channel: 'direct' },
  { channel: 'organic_search', source: 'google', medium: 'organic' },
];
const pick = <T>(from: readonly T[], nth: number): T => from[nth % from.length] as T;

const touchpoint = (identity: readonly string[], nth: number, everyMinutes: number): Happening => ({
  type: 'TouchpointRecorded',
  data: {
    identity,
    kind: pick(KINDS, nth * 7),
    ...pick(CAME, nth * 5),
    verdict: 'human',
    content: { url: `https://www.acme.example${pick(PAGES, nth * 3)}` },
  } as never,
  at: new Date(START + nth * everyMinutes * MINUTE),
});
const claim = (identity: readonly string[], minute: number): Happening => ({
  type: 'IdentityClaimed',
  data: { identity } as never,
  at: new Date(START + minute * MINUTE),
});
const upTo = (count: number): number[] => Array.from({ length: count }, (_, nth) => nth);

type Order = (events: readonly NewEvent[]) => readonly NewEvent[];
const ORDERS: Readonly<Record<string, fc.Arbitrary<Order>>> = {
  'newest first': fc.constant((events) => events.toReversed()),
  'its first half after its second': fc.constant((events) => [
    ...events.slice(events.length / 2),
    ...events.slice(0, events.length / 2),
  ]),
  'every second one late': fc.constant((events) => [
    ...events.filter((_, nth) => nth % 2 === 0),
    ...events.filter((_, nth) => nth % 2 === 1),
  ]),
  shuffled: fc.infiniteStream(fc.nat()).map((ranks): Order => {
    return (events) =>
      events
        .map((event) => ({ event, rank: Number(ranks.next().value) }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ event }) => event);
  }),
};

const TABLES = ['journey', 'score_change', 'stage_transition'];

async function versions(events: readonly NewEvent[], model: JourneyModel, nth: number): Promise<number> {
  await deleteRows(db.pool, journey);
  await project(db.pool, journey, logged([published(model, nth), ...events]), 500);
  const counts = await Promise.all(TABLES.map((table) => rowsOf(db.pool, `touchline.${table}`)));
  return counts.reduce((sum, rows) => sum + rows.length, 0);
}

const standing = (): Promise<string[][]> =>
  Promise.all(
    TABLES.map((table) =>
      rowsOf(db.pool, `touchline.${table}`, {
        where: 'superseded_at IS NULL',
        without: ['known_from', 'superseded_at', 'position'],
      }),
    ),
  );

/** Versions of rows of touchpoints, scores and stages that one event writes at most, on average, whatever the order. */
const AN_EVENT = 6;

describe.each(Object.keys(MODELS))('by the %s model, touchpoints of one person', (name) => {
  const model = MODELS[name] ?? TEST_MODEL;
  const nth = Object.keys(MODELS).indexOf(name);

  test.each(Object.keys(ORDERS))('that arrive %s write few versions each, and the same rows', (order) =>
    fc.assert(
      fc.asyncProperty(
        ORDERS[order] ?? fc.constant<Order>((events) => events),
        fc.constantFrom(1, 20, 50, 600),
        async (arrange, everyMinutes) => {
          const events = eventsOf(upTo(300).map((each) => touchpoint([ADA], each, everyMinutes)));
          await versions(events, model, nth);
          const inOrder = await standing();
          expect(await versions(arrange(events), model, nth)).toBeLessThanOrEqual(AN_EVENT * events.length);
          expect(await standing()).toEqual(inOrder);
        },
      ),
      { numRuns: 4 },
    ),
  );
});

test.each<[string, readonly Happening[]]>([
  [
    'one late touchpoint before a session of 300',
    [...upTo(300).map((nth) => touchpoint([ADA], nth + 10, 1)), touchpoint([ADA], 9, 1)],
  ],
  [
    'visitors of before who turn out to be one user',
    [
      ...upTo(150).map((nth) => touchpoint([visitor(nth)], nth, 50)),
      ...upTo(150).map((nth) => touchpoint([ADA], 150 + nth, 50)),
      ...upTo(150).map((nth) => claim([ADA, visitor(nth)], 300 * 50 + nth)),
    ],
  ],
  [
    'ever earlier claims of one browser',
    [
      ...upTo(150).map((nth) => touchpoint([visitor(0)], 150 + nth, 50)),
      ...upTo(150).map((nth) => claim([ADA, visitor(0)], 150 * 50 - nth)),
    ],
  ],
])('%s write few versions each', async (_, happenings) => {
  const events = eventsOf(happenings);
  expect(await versions(events, MODELS['shipped'] ?? TEST_MODEL, 0)).toBeLessThanOrEqual(
    AN_EVENT * events.length,
  );
});
