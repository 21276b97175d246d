import fc from 'fast-check';
import type pg from 'pg';
import type { RecordedEvent } from '../src/domain/events.js';
import type { IdentityKey } from '../src/domain/identity/keys.js';
import { projections } from '../src/projections/all.js';
import type { Projection } from '../src/subscriptions/subscription.js';
import { opportunityEvents, roles, entry, pageView, day, type Entry } from './sample-events.js';
import { inTransaction } from './project.js';
import { OTHER_MODEL, TEST_MODEL } from './journeys.js';

/**
 * Logs in which everything happens at once: people who were joined are separated in the batch that contains
 * their companies, computers change hands twice, contacts of opportunities turn out to be one person.
 */

const users: readonly IdentityKey[] = ['user:u1', 'user:u2', 'user:u3'];
const mails: readonly IdentityKey[] = [
  'email:ada@acme.example',
  'email:bob@initech.example',
  'email:cyd@globex.example',
];
const contacts: readonly IdentityKey[] = ['crm:c1', 'crm:c2', 'crm:c3'];
const computers: readonly IdentityKey[] = ['anonymous:a1', 'anonymous:a2', 'anonymous:a3'];
const knownKeys: readonly IdentityKey[] = [...users, ...mails, ...contacts];
const DOMAINS = ['acme.example', 'initech.example', 'globex.example'];

/** Few instants, so that much happens at the same one. */
const time = fc.integer({ min: 0, max: 12 }).map((step) => step * 5);
const person = fc.nat(users.length - 1);
const computer = fc.constantFrom(...computers);
const scope = fc.constantFrom({}, { keyScope: 'public' as const });

type MakeEntries = (nth: number) => readonly Entry[];
const named = (nth: number, what: string): string => `${what} ${nth}`;

const touch: fc.Arbitrary<MakeEntries> = fc
  .record({
    at: time,
    identity: fc.oneof(
      computer.map((key) => [key]),
      fc.tuple(person, computer).map(([who, key]) => [users[who]!, key]),
      person.map((who) => [mails[who]!]),
      fc.constantFrom(...knownKeys).map((key) => [key]),
      fc.tuple(fc.constantFrom(...knownKeys), computer),
      fc.uniqueArray(computer, { minLength: 2, maxLength: 2 }),
    ),
    kind: fc.constantFrom('page_view' as const, 'form_fill' as const, 'demo_request' as const),
    content: fc.constantFrom({ url: 'https://www.acme.example/pricing' }, { id: 'paper' }),
    traits: fc.constantFrom({ title: 'CTO' }, { title: 'CFO' }, {}),
    scope,
  })
  .map(({ at, identity, scope: keyScope, ...more }) => (nth) => [
    pageView(named(nth, 'touch'), at, identity, { ...more, ...keyScope }),
  ]);

/** Two leads swap their computers at one instant, and go on with them. */
const swap: fc.Arbitrary<MakeEntries> = fc
  .record({ at: time, one: person, other: person })
  .map(({ at, one, other }) => (nth) => [
    pageView(named(nth, 'one takes'), at, [users[one]!, computers[0]!]),
    pageView(named(nth, 'other takes'), at, [users[other]!, computers[1]!]),
    pageView(named(nth, 'one gives'), at, [users[other]!, computers[0]!]),
    pageView(named(nth, 'other gives'), at, [users[one]!, computers[1]!]),
    pageView(named(nth, 'goes on'), at + 1, [computers[0]!]),
  ]);

/** Keys of one kind with keys of another, so that claims make chains: user and e-mail, e-mail and CRM id. */
const claimed: fc.Arbitrary<readonly IdentityKey[]> = fc.oneof(
  fc.tuple(person, person).map(([who, mail]) => [users[who]!, mails[mail]!]),
  fc.tuple(person, person).map(([mail, contact]) => [mails[mail]!, contacts[contact]!]),
  fc.tuple(person, computer).map(([who, key]) => [users[who]!, key]),
  fc.uniqueArray(fc.constantFrom(...knownKeys), { minLength: 2, maxLength: 3 }),
);

const claim: fc.Arbitrary<MakeEntries> = fc
  .record({ at: time, identity: claimed, scope })
  .map(({ at, identity, scope: keyScope }) => (nth) => [
    entry(named(nth, 'claim'), `identity-${identity[0]}`, 'IdentityClaimed', at, { identity, ...keyScope }),
  ]);

const decision: fc.Arbitrary<MakeEntries> = fc
  .record({
    at: time,
    type: fc.constantFrom('IdentitiesMerged' as const, 'IdentitiesSplit' as const),
    pair: fc.oneof(
      { weight: 3, arbitrary: fc.uniqueArray(fc.constantFrom(...users), { minLength: 2, maxLength: 2 }) },
      { weight: 2, arbitrary: fc.uniqueArray(fc.constantFrom(...knownKeys), { minLength: 2, maxLength: 2 }) },
    ),
  })
  .map(({ at, type, pair: [one, other] }) => (nth) => [
    entry(named(nth, 'decision'), `identity-${one}`, type, at, {
      ...{ leadId: '', otherLeadId: '', key: one!, otherKey: other! },
    }),
  ]);

const consent: fc.Arbitrary<MakeEntries> = fc
  .record({
    at: time,
    key: fc.constantFrom(...mails, ...contacts),
    status: fc.constantFrom('subscribed' as const, 'unsubscribed' as const),
  })
  .map(({ at, key, status }) => (nth) => [
    entry(named(nth, 'consent'), `identity-${key}`, 'ConsentChanged', at, {
      ...{ identity: [key], channel: 'email', status, reason: 'crm' },
    }),
  ]);

const account: fc.Arbitrary<MakeEntries> = fc
  .record({ at: time, accountId: fc.constantFrom('acme', 'initech'), domain: fc.constantFrom(...DOMAINS) })
  .map(({ at, ...data }) => (nth) => [
    entry(named(nth, 'account'), `account-${data.accountId}`, 'AccountObserved', at, data),
  ]);

/** Two people are separated, and the company of one of them is seen for the first time. */
const apart: fc.Arbitrary<MakeEntries> = fc
  .tuple(decision, account)
  .map(([decide, observe]) => (nth) => [...decide(nth), ...observe(nth)]);

const someOpportunity: fc.Arbitrary<MakeEntries> = fc
  .record({
    openedAt: time,
    open: fc.constantFrom(0, 10, 40),
    contacts: fc.oneof(
      fc.subarray([...mails]).map((keys) => roles(...keys.map((key) => key.slice('email:'.length)))),
      fc
        .tuple(person, person)
        .map(([contact, mail]) => [{ keys: [contacts[contact]!, mails[mail]!], role: 'champion' }]),
    ),
    accountId: fc.constantFrom('acme', 'initech', 'globex.example'),
    amount: fc.constantFrom('0', '0.01', '100.00', '90071992547409.91'),
  })
  .map(
    ({ openedAt, open, ...opening }) =>
      (nth) =>
        opportunityEvents(
          `opp-${nth}`,
          { ...opening, openedAt: day(openedAt) },
          { status: 'won', closedAt: day(openedAt + open) },
        ),
  );

const model: fc.Arbitrary<MakeEntries> = fc
  .constantFrom(TEST_MODEL, OTHER_MODEL)
  .map((document) => (nth) => [
    entry(named(nth, document.name), 'model', 'JourneyModelPublished', 0, { document }),
  ]);

export interface TangledHistory {
  /** What was known before: three people with their e-mails, all of them taken for one; or a part of it. */
  readonly before: readonly Entry[];
  /** What comes then, in the order of time. */
  readonly entries: readonly Entry[];
  /** The same in other orders; opportunities and models keep the order of their streams. */
  readonly shuffled: readonly Entry[];
  readonly mixed: readonly Entry[];
}

const KNOWN: readonly Entry[] = users.flatMap((user, who) => [
  entry(`known ${who}`, `identity-${user}`, 'IdentityClaimed', who, { identity: [user, mails[who]!] }),
  ...users.slice(who + 1).map((other) =>
    entry(`taken for ${user} ${other}`, `identity-${user}`, 'IdentitiesMerged', 4, {
      ...{ leadId: '', otherLeadId: '', key: user, otherKey: other },
    }),
  ),
]);

export const tangledHistories: fc.Arbitrary<TangledHistory> = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: touch },
      { weight: 1, arbitrary: swap },
      { weight: 3, arbitrary: claim },
      { weight: 4, arbitrary: decision },
      { weight: 1, arbitrary: account },
      { weight: 1, arbitrary: consent },
      { weight: 2, arbitrary: apart },
      { weight: 2, arbitrary: someOpportunity },
      { weight: 1, arbitrary: model },
    ),
    { minLength: 3, maxLength: 14 },
  )
  .map((made) => made.flatMap((make, nth) => make(nth)))
  .chain((entries) => {
    const ranks = fc.array(fc.nat(), { minLength: 60, maxLength: 60 });
    const before = fc.oneof(fc.constant([...KNOWN]), fc.subarray([...KNOWN]));
    return fc.tuple(fc.constant(entries), ranks, ranks, before);
  })
  .map(([all, ranks, others, before]) => {
    const entries = inDependencyOrder(
      all,
      all.map(({ event }) => +event.occurredAt),
    );
    return {
      before,
      entries,
      shuffled: inDependencyOrder(all, ranks),
      mixed: inDependencyOrder([...before, ...all], others),
    };
  });

/** The entries by rank; the events of opportunities and models stay in the order of their streams. */
function inDependencyOrder(entries: readonly Entry[], ranks: readonly number[]): Entry[] {
  const ranked = entries.map((entry, at) => ({ entry, rank: ranks[at] ?? 0 }));
  for (const [stream, all] of Map.groupBy(ranked, ({ entry }) => entry.stream)) {
    if (!/^(model|opportunity-)/.test(stream)) continue;
    const sorted = all.map(({ rank }) => rank).sort((a, b) => a - b);
    all.forEach((each, at) => (each.rank = sorted[at] ?? 0));
  }
  return ranked.sort((a, b) => a.rank - b.rank).map(({ entry }) => entry);
}

/**
 * Applies a log to read models, cut into batches that end at these positions and at the end of the log. Batches of one event
 * are the reference: there nothing is kept from batch to batch.
 */
export async function projectInBatches(
  pool: pg.Pool,
  log: readonly RecordedEvent[],
  ends: readonly number[],
  applied: readonly Projection[] = projections,
): Promise<void> {
  const cuts = [...new Set([...ends.filter((end) => end > 0 && end < log.length), log.length])];
  const owners = new Map(cuts.length < log.length ? applied.map((each) => [each, {}]) : []);
  let after = 0;
  for (const end of cuts.sort((a, b) => a - b)) {
    const part = log.slice(after, end);
    for (const projection of applied) {
      const batch = part.filter(({ type }) => projection.handles.includes(type));
      const owner = owners.get(projection);
      const range = { after: BigInt(after), upTo: BigInt(end), ...(owner && { owner }) };
      await inTransaction(pool, (tx) => projection.apply(batch, tx, range));
    }
    after = end;
  }
}

/** Ends of batches of one size. */
export const every = (size: number, length: number): number[] =>
  Array.from({ length: Math.ceil(length / size) }, (_, nth) => (nth + 1) * size);
