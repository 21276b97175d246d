import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import {
  day,
  deal,
  forget,
  logOf,
  project,
  rebuildCredits,
  said,
  seen,
  type Entry,
} from '../../test/deals.js';
import { defaultModel } from '../commands/publish-model.js';
import type { IdentityKey } from '../domain/identity.js';
import type { JourneyModel } from '../domain/model.js';
import { Refused } from '../domain/refused.js';
import { MODEL_NAMES } from '../domain/attribution/models.js';
import { DEFAULT_ATTRIBUTION } from '../domain/attribution/settings.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const RUNS = Number(process.env['FC_RUNS'] ?? 10);
const assert = <T>(property: fc.IAsyncProperty<T>) =>
  fc.assert(property, { numRuns: RUNS, endOnFailure: true });

/** Keys of three people, a shared computer, and who may turn out to be the same. */
const ADA: IdentityKey[] = ['email:ada@acme.example', 'anonymous:a', 'user:ada'];
const BOB: IdentityKey[] = ['email:bob@acme.example', 'anonymous:b'];
const EVE: IdentityKey[] = ['email:eve@beta.example', 'crm:eve'];
const SHARED: IdentityKey = 'anonymous:shared';
const identity = fc.oneof(
  fc.subarray(ADA, { minLength: 1 }),
  fc.subarray(BOB, { minLength: 1 }),
  fc.subarray(EVE, { minLength: 1 }),
  fc.constantFrom<IdentityKey[]>([SHARED], [SHARED, ADA[0]!], [SHARED, BOB[0]!]),
);
/** Few instants, so that many things happen at the same one. */
const time = fc.integer({ min: 0, max: 400 }).map((step) => step / 4);

const touchpoints = fc.array(
  fc.record({
    at: time,
    identity,
    kind: fc.constantFrom('page_view' as const, 'form_fill' as const, 'email_sent' as const),
    channel: fc.constantFrom('direct' as const, 'email' as const, 'event' as const),
    content: fc.option(fc.constantFrom('paper', 'webinar', 'pricing'), { nil: undefined }),
    verdict: fc.constantFrom('human' as const, 'human' as const, 'crawler' as const),
  }),
  { minLength: 1, maxLength: 16 },
);
const claims = fc.array(fc.record({ at: time, identity: identity.filter((keys) => keys.length > 1) }), {
  maxLength: 3,
});
const known = fc.constantFrom<IdentityKey>(ADA[0]!, BOB[0]!, EVE[0]!);
const decisions = fc.array(
  fc.record({
    at: time,
    kind: fc.constantFrom('IdentitiesMerged' as const, 'IdentitiesSplit' as const),
    key: known,
    otherKey: known,
  }),
  { maxLength: 2 },
);
const contacts = fc.array(
  fc.record({
    keys: fc.constantFrom<IdentityKey[]>([ADA[0]!], [BOB[0]!], ['crm:eve'], ['crm:new', BOB[0]!], [SHARED]),
    role: fc.option(fc.constantFrom('user', 'champion')),
  }),
  { maxLength: 3 },
);
const amount = fc.constantFrom('0', '0.01', '0.02', '100.00', '33333.33', '90071992547409.91');
const step = fc.record(
  {
    status: fc.constantFrom('won' as const, 'lost' as const, 'open' as const),
    closedAt: time.map(day),
    amount,
    contacts,
    accountId: fc.constantFrom('acme.example', 'beta.example'),
    occurredAt: time.map(day),
  },
  { requiredKeys: [] },
);
const deals = fc.array(
  fc.record({
    openedAt: time.map(day),
    amount,
    currency: fc.constantFrom('USD', 'EUR'),
    accountId: fc.constantFrom('acme.example', undefined),
    contacts: contacts.map((all) => all.filter(({ role }) => role !== null)),
    steps: fc.array(step, { maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 2 },
);
const model: JourneyModel = {
  ...(await defaultModel()),
  currency: 'USD',
  timeZone: 'Europe/Berlin',
  contents: [],
  rates: [],
};
const models = fc.array(
  fc.record({
    lookbackDays: fc.constantFrom(5, 30, 365),
    uShaped: fc.constantFrom<[number, number, number]>([50, 50, 0], [40, 40, 20]),
    rates: fc.constantFrom([], [{ currency: 'EUR', date: '2026-01-10', rate: 1.0842 }]),
  }),
  { minLength: 1, maxLength: 3 },
);

/** What happened, as entries that any arrival order may bring, and such an order. */
interface World {
  readonly entries: Entry[];
  readonly order: number[];
  readonly otherOrder: number[];
}
const world: fc.Arbitrary<World> = fc
  .record({ touchpoints, claims, decisions, deals, models })
  .map((all) => [
    ...all.touchpoints.map(({ at, identity, content, ...more }, index) =>
      seen(`touch ${index}`, at, identity, {
        ...more,
        content: content === undefined ? {} : { id: content },
      }),
    ),
    ...all.claims.map(({ at, identity }, index) =>
      said(`claim ${index}`, `identity-${identity[0]}`, 'IdentityClaimed', at, { identity }),
    ),
    ...all.decisions.map(({ at, kind, key, otherKey }, index) =>
      said(`decision ${index}`, `identity-${key}`, kind, at, { leadId: '', otherLeadId: '', key, otherKey }),
    ),
    ...all.deals.flatMap(({ steps, ...opening }, index) => possible(`opp-${index}`, opening, steps)),
    ...all.models.map(({ rates, ...settings }, index) =>
      said(`model ${index}`, 'model', 'JourneyModelPublished', 0, {
        document: { ...model, rates, attribution: { ...DEFAULT_ATTRIBUTION, ...settings } },
      }),
    ),
  ])
  .chain((entries) => {
    const order = fc.array(fc.nat(), { minLength: entries.length, maxLength: entries.length });
    return fc.record({ entries: fc.constant(entries), order, otherOrder: order });
  });

/** Leaves out the steps that would be refused. */
function possible(id: string, opening: Parameters<typeof deal>[1], steps: readonly object[]): Entry[] {
  let entries = deal(id, opening);
  const taken: object[] = [];
  for (const next of steps) {
    try {
      entries = deal(id, opening, ...taken, next);
      taken.push(next);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }
  return entries;
}

/** The entries by their ranks; models keep the order of their stream, and of an opportunity the opening comes first. */
function arrival(entries: readonly Entry[], ranks: readonly number[]): Entry[] {
  const ranked = entries.map((entry, index) => ({ entry, rank: ranks[index] ?? 0 }));
  const streams = Map.groupBy(ranked, ({ entry }) => entry.stream);
  for (const [stream, all] of streams) {
    const sorted = all.map(({ rank }) => rank).sort((a, b) => a - b);
    const [opening] = all;
    if (stream === 'model') all.forEach((each, index) => (each.rank = sorted[index] ?? 0));
    else if (opening && stream.startsWith('opportunity-')) opening.rank = (sorted[0] ?? 0) - 0.5;
  }
  return ranked.sort((a, b) => a.rank - b.rank).map(({ entry }) => entry);
}

const COLUMNS = `path.workspace, path.opportunity_id, path.metric, path.credited_at, path.currency, path.amount_minor,
  path.reported_currency, path.reported_minor, path.committee, path.event_ids, path.lead_ids, path.occurred_at,
  path.milestones, path.content_ids, path.channels,
  (SELECT json_agg(to_jsonb(share) - 'path_id' ORDER BY share.model) FROM touchline.attribution_share share
   WHERE share.path_id = path.path_id) AS shares`;
const rows = async (columns: string, where = 'true'): Promise<Record<string, unknown>[]> =>
  (
    await db.pool.query(
      `SELECT ${columns} FROM touchline.attribution_path path WHERE ${where}
       ORDER BY workspace, opportunity_id, metric, known_from`,
    )
  ).rows as Record<string, unknown>[];
const current = () => rows(COLUMNS, 'superseded_at IS NULL');
const asOf = (position: number) =>
  rows(COLUMNS, `known_from <= ${position} AND (superseded_at IS NULL OR superseded_at > ${position})`);
const history = () => rows(`${COLUMNS}, known_from, superseded_at`);

interface Share {
  model: string;
  weights: number[];
  amounts: number[];
  reported: number[] | null;
}
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

test('money is conserved at every position: the credits of each model add up, or the deal is unattributed', () =>
  assert(
    fc.asyncProperty(world, async ({ entries, order }) => {
      await forget(db.pool);
      await project(db.pool, logOf(arrival(entries, order)));
      for (const path of await history()) {
        const shares = path['shares'] as Share[] | null;
        const touches = (path['event_ids'] as string[]).length;
        if (touches === 0) expect(shares).toBeNull();
        else expect(shares!.map((share) => share.model)).toEqual([...MODEL_NAMES].sort());
        for (const { weights, amounts, reported } of shares ?? []) {
          expect(sum(weights)).toBeCloseTo(1, 9);
          expect(amounts).toHaveLength(touches);
          expect(sum(amounts)).toBe(Number(path['amount_minor']));
          if (path['reported_minor'] === null) expect(reported).toBeNull();
          else expect(sum(reported!)).toBe(Number(path['reported_minor']));
        }
      }
    }),
  ));

test('what stands at the end does not depend on the order of arrival', () =>
  assert(
    fc.asyncProperty(world, async ({ entries, order, otherOrder }) => {
      await forget(db.pool);
      await project(db.pool, logOf(arrival(entries, order)));
      const one = await current();
      await forget(db.pool);
      await project(db.pool, logOf(arrival(entries, otherOrder)));
      expect(await current()).toEqual(one);
    }),
  ));

test('the history is the same in batches of one and of many, live and rebuilt', () =>
  assert(
    fc.asyncProperty(world, fc.integer({ min: 2, max: 9 }), async ({ entries, order }, size) => {
      const log = logOf(arrival(entries, order));
      await forget(db.pool);
      await project(db.pool, log, 1);
      const live = await history();
      await rebuildCredits(db.pool, log, size);
      expect(await history()).toEqual(live);
      await forget(db.pool);
      await project(db.pool, log, 5_000);
      expect(await history()).toEqual(live);
    }),
  ));

test('as of a position the ledger says what a log that ends there would make', () =>
  assert(
    fc.asyncProperty(world, fc.double({ min: 0, max: 1, noNaN: true }), async ({ entries, order }, part) => {
      const log = logOf(arrival(entries, order));
      const position = Math.round(part * log.length);
      await forget(db.pool);
      await project(db.pool, log, 7);
      const then = await asOf(position);
      await forget(db.pool);
      await project(db.pool, log.slice(0, position));
      expect(await current()).toEqual(then);
    }),
  ));
