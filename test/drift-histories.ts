import fc from 'fast-check';
import type { IdentityKey } from '../src/domain/identity/keys.js';
import { DEFAULT_ATTRIBUTION } from '../src/domain/attribution/settings.js';
import type { Segment } from '../src/domain/model/lead-management.js';
import { TEST_MODEL } from './journey-models.js';
import { day, entry, type Entry, opportunityEvents, pageView } from './sample-events.js';
import { ruleId } from './rule-ids.js';

/** Histories in which all that credits follow from changes, in any order of arrival. */

const ADA: IdentityKey[] = ['email:ada@acme.example', 'anonymous:a', 'user:ada'];
const BOB: IdentityKey[] = ['email:bob@acme.example', 'anonymous:b'];
const SHARED: IdentityKey = 'anonymous:shared';
const identity = fc.oneof(
  fc.subarray(ADA, { minLength: 1 }),
  fc.subarray(BOB, { minLength: 1 }),
  fc.constantFrom<IdentityKey[]>(
    [SHARED],
    [SHARED, 'email:ada@acme.example'],
    [SHARED, 'email:bob@acme.example'],
  ),
);
const time = fc.integer({ min: 0, max: 200 }).map((step) => step / 4);

const touchpoints = fc
  .array(
    fc.record({
      at: time,
      identity,
      kind: fc.constantFrom('page_view' as const, 'form_fill' as const),
      channel: fc.constantFrom('direct' as const, 'email' as const, 'event' as const),
      content: fc.constantFrom({ id: 'paper' }, { id: 'webinar' }, {}),
      traits: fc.constantFrom(undefined, { title: 'CTO' }, { company: 'Acme' }),
      rep: fc.constantFrom(undefined, 'rep-1'),
    }),
    { minLength: 12, maxLength: 20 },
  )
  .map((all) =>
    all.map(({ at, identity: keys, traits, rep, ...more }, nth) =>
      pageView(`touch ${nth}`, at, keys, { ...more, ...(traits && { traits }), ...(rep && { rep }) }),
    ),
  );
const claims = fc
  .array(fc.record({ at: time, identity: identity.filter((keys) => keys.length > 1) }), { maxLength: 3 })
  .map((all) =>
    all.map(({ at, identity: keys }, nth) =>
      entry(`claim ${nth}`, `identity-${keys[0]}`, 'IdentityClaimed', at, { identity: keys }),
    ),
  );
const decisions = fc
  .array(fc.constantFrom('IdentitiesMerged' as const, 'IdentitiesSplit' as const), { maxLength: 3 })
  .map((all) =>
    all.map((kind, nth) =>
      entry(`decision ${nth}`, 'identity-decisions', kind, 60 + nth, {
        ...{ leadId: '', otherLeadId: '', key: 'email:ada@acme.example', otherKey: 'email:bob@acme.example' },
      }),
    ),
  );

const contacts = fc.subarray(
  [
    { keys: ['email:ada@acme.example'] as IdentityKey[], role: 'champion' },
    { keys: ['user:ada', 'email:ada@acme.example'] as IdentityKey[], role: 'user' },
    { keys: ['email:bob@acme.example'] as IdentityKey[], role: 'user' },
    { keys: ['email:bob@acme.example'] as IdentityKey[], role: 'primary' },
    { keys: ['email:ada@acme.example'] as IdentityKey[], role: 'champion', isPrimary: true },
  ],
  { minLength: 1, maxLength: 2 },
);
const amount = fc.constantFrom('0.01', '100.00', '33333.33');
const opportunity = (id: string): fc.Arbitrary<Entry[]> =>
  fc
    .record({
      amount,
      currency: fc.constantFrom('EUR', 'EUR', 'USD', 'JPY'),
      contacts,
      accountId: fc.constantFrom('acme.example', undefined),
      end: fc.constantFrom('won' as const, 'won' as const, 'lost' as const),
      later: fc.record({ amount, contacts, owner: fc.constantFrom('rep-1', 'rep-2') }, { requiredKeys: [] }),
      lost: fc.boolean(),
    })
    .map(({ currency, contacts: committee, amount: first, later, lost, accountId, end }) => {
      const whole = (text: string): string => (currency === 'JPY' ? String(Math.ceil(Number(text))) : text);
      return opportunityEvents(
        id,
        {
          ...{ amount: whole(first), currency, openedAt: day(40), contacts: committee },
          ...(accountId && { accountId }),
        },
        { status: 'won', closedAt: day(48) },
        { status: 'open' },
        { ...later, ...(later.amount !== undefined && { amount: whole(later.amount) }) },
        { status: end, closedAt: day(50), ...(end === 'lost' && { reason: 'price' }) },
        ...(lost ? [{ status: 'open' as const }] : []),
      );
    });

const READERS: Segment = {
  id: 'readers',
  name: 'Readers',
  when: { did: [{ when: { kind: 'page_view' }, atLeast: 2 }] },
};
const FORMS: Segment = {
  id: 'forms',
  name: 'Forms',
  when: { did: [{ when: { kind: 'form_fill' }, withinDays: 20 }] },
};
const USD = [{ currency: 'USD', date: '2026-01-01', rate: 0.9 }];
const models = fc
  .array(
    fc.record({
      lookbackDays: fc.constantFrom(10, 30, 365),
      rates: fc.constantFrom([], USD, [...USD, { currency: 'USD', date: '2026-02-12', rate: 0.85 }]),
      timeZone: fc.constantFrom('Europe/Berlin', 'Pacific/Auckland'),
      titled: fc.boolean(),
      segments: fc.constantFrom<Segment[]>([], [READERS, FORMS], [FORMS, READERS], [READERS]),
    }),
    { minLength: 2, maxLength: 3 },
  )
  .map((all) =>
    all.map(({ lookbackDays, rates, timeZone, titled, segments }, nth) =>
      entry(`model ${nth}`, 'model', 'JourneyModelPublished', 0, {
        document: {
          ...{ ...TEST_MODEL, rates, timeZone, segments },
          contents: titled
            ? [
                { id: 'webinar', title: 'Webinar', type: 'webinar', stage: 'look', urls: [] },
                ...TEST_MODEL.contents,
              ]
            : TEST_MODEL.contents,
          attribution: { ...DEFAULT_ATTRIBUTION, lookbackDays },
        },
      }),
    ),
  );
const rules = fc.array(fc.constantFrom('form_fill', 'page_view'), { maxLength: 2 }).map((kinds) =>
  kinds.map((kind, nth) =>
    entry(`rule ${nth}`, 'verdict-rules', 'VerdictRulePublished', 50, {
      rule: {
        ...{ ruleId: ruleId(nth), verdict: nth === 0 ? 'internal' : 'human' },
        match: { kinds: [kind] },
      },
    } as never),
  ),
);
const catalogue = fc.array(fc.constantFrom('Ada', 'Bob'), { maxLength: 2 }).map((authors) =>
  authors.map((author, nth) =>
    entry(`content ${nth}`, 'content-paper', 'ContentCatalogued', 50 + nth, {
      ...{ contentId: 'paper', title: 'Paper', type: `type-${nth}`, author, serves: [] },
    }),
  ),
);

/** What happened, in an order of arrival that keeps that of streams of decisions. */
export const driftHistory: fc.Arbitrary<readonly Entry[]> = fc
  .tuple(touchpoints, claims, decisions, opportunity('opp-1'), opportunity('opp-2'), models, rules, catalogue)
  .chain((parts) => {
    const entries = parts.flat();
    return fc
      .array(fc.nat(), { minLength: entries.length, maxLength: entries.length })
      .map((ranks) => arrival(entries, ranks));
  });

function arrival(entries: readonly Entry[], ranks: readonly number[]): Entry[] {
  const slots = entries.map((each, nth) => ({ each, rank: ranks[nth] ?? 0 }));
  for (const ofStream of Map.groupBy(slots, ({ each }) => each.stream).values()) {
    if (ofStream[0]?.each.event.type === 'TouchpointRecorded') continue;
    const sorted = ofStream.map(({ rank }) => rank).sort((a, b) => a - b);
    ofStream.forEach((slot, nth) => (slot.rank = sorted[nth] ?? 0));
  }
  return slots.sort((a, b) => a.rank - b.rank).map(({ each }) => each);
}
