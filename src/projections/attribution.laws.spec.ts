import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import {
  day,
  opportunityEvents,
  deleteReadModels,
  logOf,
  project,
  rebuildCredits,
  entry,
  pageView,
  type Entry,
} from '../../test/sample-events.js';
import { creditsAsOf, currentRows } from '../../test/read-model-rows.js';
import { defaultModel } from '../commands/publish-model.js';
import type { IdentityKey } from '../domain/identity/keys.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
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
const opportunities = fc.array(
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
  .record({ touchpoints, claims, decisions, opportunities, models })
  .map((all) => [
    ...all.touchpoints.map(({ at, identity, content, ...more }, index) =>
      pageView(`touch ${index}`, at, identity, {
        ...more,
        content: content === undefined ? {} : { id: content },
      }),
    ),
    ...all.claims.map(({ at, identity }, index) =>
      entry(`claim ${index}`, `identity-${identity[0]}`, 'IdentityClaimed', at, { identity }),
    ),
    ...all.decisions.map(({ at, kind, key, otherKey }, index) =>
      entry(`decision ${index}`, `identity-${key}`, kind, at, { leadId: '', otherLeadId: '', key, otherKey }),
    ),
    ...all.opportunities.flatMap(({ steps, ...opening }, index) => possible(`opp-${index}`, opening, steps)),
    ...all.models.map(({ rates, ...settings }, index) =>
      entry(`model ${index}`, 'model', 'JourneyModelPublished', 0, {
        document: { ...model, rates, attribution: { ...DEFAULT_ATTRIBUTION, ...settings } },
      }),
    ),
  ])
  .chain((entries) => {
    const order = fc.array(fc.nat(), { minLength: entries.length, maxLength: entries.length });
    return fc.record({ entries: fc.constant(entries), order, otherOrder: order });
  });

/** Leaves out the steps that would be refused. */
function possible(
  id: string,
  opening: Parameters<typeof opportunityEvents>[1],
  steps: readonly object[],
): Entry[] {
  let entries = opportunityEvents(id, opening);
  const taken: object[] = [];
  for (const next of steps) {
    try {
      entries = opportunityEvents(id, opening, ...taken, next);
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

const current = async () => (await currentRows(db.pool))['attribution'];
const asOf = (position: number) => creditsAsOf(db.pool, BigInt(position));
/** The credits as of every position of a log. */
async function history(log: readonly unknown[]): Promise<string[][]> {
  const credits: string[][] = [];
  for (let position = 1; position <= log.length; position++) credits.push(await asOf(position));
  return credits;
}

interface Credited {
  event_ids: string[];
  metric: string;
  amount_minor: number;
  reported_minor: number | null;
  shares: Share[] | null;
}
interface Share {
  model: string;
  weights: number[];
  amounts: number[];
  reported: number[] | null;
}
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

test('at every position the credits of each model add up to the amount, or the opportunity is unattributed', () =>
  assert(
    fc.asyncProperty(world, async ({ entries, order }) => {
      const log = logOf(arrival(entries, order));
      await deleteReadModels(db.pool);
      await project(db.pool, log);
      const credits = (await history(log)).flat().map((row) => JSON.parse(row) as Credited);
      for (const { event_ids, metric, amount_minor, reported_minor, shares } of credits) {
        const touches = event_ids.length;
        if (touches === 0 || metric === 'loss') expect(shares).toBeNull();
        else expect(shares!.map((share) => share.model)).toEqual([...MODEL_NAMES].sort());
        for (const { weights, amounts, reported } of shares ?? []) {
          expect(sum(weights)).toBeCloseTo(1, 9);
          expect(amounts).toHaveLength(touches);
          expect(sum(amounts)).toBe(amount_minor);
          if (reported_minor === null) expect(reported).toBeNull();
          else expect(sum(reported!)).toBe(reported_minor);
        }
      }
    }),
  ));

test('the credits that stand at the end do not depend on the order of arrival', () =>
  assert(
    fc.asyncProperty(world, async ({ entries, order, otherOrder }) => {
      await deleteReadModels(db.pool);
      await project(db.pool, logOf(arrival(entries, order)));
      const one = await current();
      await deleteReadModels(db.pool);
      await project(db.pool, logOf(arrival(entries, otherOrder)));
      expect(await current()).toEqual(one);
    }),
  ));

test('the credits as of every position are the same in batches of one and of many, live and rebuilt', () =>
  assert(
    fc.asyncProperty(world, fc.integer({ min: 2, max: 9 }), async ({ entries, order }, size) => {
      const log = logOf(arrival(entries, order));
      await deleteReadModels(db.pool);
      await project(db.pool, log, 1);
      const live = await history(log);
      await rebuildCredits(db.pool, log, size);
      expect(await history(log)).toEqual(live);
      await deleteReadModels(db.pool);
      await project(db.pool, log, 5_000);
      expect(await history(log)).toEqual(live);
    }),
  ));

test('the credits as of a position are those of a log that ends there', () =>
  assert(
    fc.asyncProperty(world, fc.nat(100), async ({ entries, order }, part) => {
      const log = logOf(arrival(entries, order));
      const position = Math.round((part * log.length) / 100);
      await deleteReadModels(db.pool);
      await project(db.pool, log, 7);
      const then = await asOf(position);
      await deleteReadModels(db.pool);
      await project(db.pool, log.slice(0, position));
      expect(await asOf(position)).toEqual(then);
      expect(await current()).toHaveLength(then.length);
    }),
  ));
