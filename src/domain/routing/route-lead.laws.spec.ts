import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadsOf, type PastHandOff } from '../../../test/recipient-loads.js';
import { ROUTING_STRATEGIES, type Recipient, type Routing } from '../model/lead-management.js';
import { routeLead, type LeadToRoute, type Route } from './route-lead.js';

const IDS = ['ada', 'bob', 'cleo', 'dora'];
const TERRITORIES = ['north', 'south'];
const PERSONAS = ['technical', 'economic'];
const DAYS = ['2026-03-03', '2026-03-04', '2026-03-05', '2026-03-06'];
const NOW = Date.parse('2026-03-04T12:00:00Z');

const some = <T>(values: readonly T[]) =>
  fc.option(fc.subarray([...values], { minLength: 1 }), { nil: undefined });
const dayRange = fc
  .tuple(fc.nat(2), fc.integer({ min: 1, max: 3 }))
  .map(([from, days]) => ({ from: DAYS[from] ?? '', to: DAYS[Math.min(from + days, 3)] ?? '' }));

const recipient = (id: string): fc.Arbitrary<Recipient> =>
  fc
    .record({
      kind: fc.constantFrom<Recipient['kind'][]>('rep', 'partner'),
      capacity: fc.option(fc.nat(4), { nil: undefined }),
      personas: some(PERSONAS),
      territories: some(TERRITORIES),
      outOfOffice: fc.option(fc.array(dayRange, { maxLength: 1 }), { nil: undefined, freq: 3 }),
    })
    .map((more) => ({ id, name: id, ...defined(more) }) as Recipient);
const defined = (record: object): object =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));

const rule = fc.record({
  recipients: some(IDS),
  kind: some(['rep', 'partner'] as const),
  territory: some(TERRITORIES),
  strategy: fc.option(fc.constantFrom(...ROUTING_STRATEGIES), { nil: undefined }),
});
const routing: fc.Arbitrary<Routing> = fc
  .record({
    recipients: fc.tuple(...IDS.map(recipient)).chain((all) => fc.shuffledSubarray(all)),
    rules: fc.array(rule, { maxLength: 3 }),
    strategy: fc.constantFrom(...ROUTING_STRATEGIES),
    accountOwnerFirst: fc.boolean(),
  })
  .map(({ rules, ...rest }) => ({
    ...rest,
    territories: TERRITORIES.map((id, at) => ({ id, name: id, countries: [['SE', 'NO'], ['IT']][at] ?? [] })),
    rules: rules.map((each, at) => ({ name: `rule ${at}`, ...defined(each) })),
  }));
const lead: fc.Arbitrary<LeadToRoute> = fc.record({
  persona: fc.option(fc.constantFrom(...PERSONAS)),
  traits: fc.constantFrom({ country: 'SE' }, { country: 'IT' }, {}),
  email: fc.constant(null),
  accountOwner: fc.option(fc.constantFrom(...IDS, 'nobody')),
  matches: fc.constant(() => true),
});
const past: fc.Arbitrary<readonly PastHandOff[]> = fc.array(
  fc.record({
    recipient: fc.constantFrom(...IDS),
    rule: fc.constantFrom('rule 0', 'rule 1'),
    open: fc.boolean(),
  }),
  { maxLength: 12 },
);

const routed = (given: Routing, to: LeadToRoute, handOffs: readonly PastHandOff[]): Route =>
  routeLead({ routing: given, timeZone: 'UTC' }, to, loadsOf(handOffs), NOW);
const RUNS = { numRuns: Number(process.env['LAW_RUNS'] ?? 1_000) };
const isAway = ({ outOfOffice = [] }: Recipient): boolean =>
  outOfOffice.some(({ from, to }) => from <= '2026-03-04' && '2026-03-04' < to);

test('a lead only goes to somebody who is there and below capacity', () => {
  fc.assert(
    fc.property(routing, lead, past, (given, to, handOffs) => {
      const route = routed(given, to, handOffs);
      if (!('recipient' in route)) return;
      const { recipient: chosen } = route;
      expect(isAway(chosen)).toBe(false);
      expect(loadsOf(handOffs).open(chosen.id)).toBeLessThan(chosen.capacity ?? Infinity);
    }),
    RUNS,
  );
});

test('a lead is unroutable only if nobody whom a matching rule names, and who takes such leads, is free', () => {
  fc.assert(
    fc.property(routing, lead, past, (given, to, handOffs) => {
      const route = routed(given, to, handOffs);
      const country = (to.traits as { country?: string }).country;
      const isIn = (ids: readonly string[] = TERRITORIES) =>
        ids === TERRITORIES || ids.includes(country === 'SE' ? 'north' : country === 'IT' ? 'south' : '');
      const list = <T>(value: T | readonly T[] | undefined) =>
        value === undefined ? undefined : ([value].flat() as T[]);
      const rules = given.rules?.length ? given.rules : [{ name: 'all' }];
      const free = rules
        .filter(({ territory }) => isIn(list(territory)))
        .flatMap((each) =>
          given.recipients.filter(
            (one) =>
              (each.recipients?.includes(one.id) ?? true) &&
              (list(each.kind)?.includes(one.kind) ?? true) &&
              (one.personas?.includes(to.persona ?? '') ?? true) &&
              isIn(one.territories) &&
              !isAway(one) &&
              loadsOf(handOffs).open(one.id) < (one.capacity ?? Infinity),
          ),
        );
      const owner = given.recipients.find(({ id }) => id === to.accountOwner);
      const ownerIsFree =
        given.accountOwnerFirst !== false &&
        owner !== undefined &&
        !isAway(owner) &&
        loadsOf(handOffs).open(owner.id) < (owner.capacity ?? Infinity);
      expect('recipient' in route).toBe(free.length > 0 || ownerIsFree);
    }),
    RUNS,
  );
});

test('leads that arrive one after the other share recipients of equal capacity evenly, under either strategy', () => {
  const strategy = fc.constantFrom(...ROUTING_STRATEGIES);
  fc.assert(
    fc.property(strategy, fc.shuffledSubarray(IDS, { minLength: 1 }), fc.nat(20), (how, ids, leads) => {
      const recipients = ids.map((id) => ({ id, name: id, kind: 'rep' as const }));
      const to: LeadToRoute = {
        persona: null,
        traits: {},
        email: null,
        accountOwner: null,
        matches: () => true,
      };
      const handOffs: PastHandOff[] = [];
      for (let nth = 0; nth < leads; nth += 1) {
        const route = routed({ recipients, strategy: how }, to, handOffs);
        if ('recipient' in route) handOffs.push({ recipient: route.recipient.id, rule: route.rule });
      }
      expect(handOffs.map((each) => each.recipient)).toEqual(
        Array.from({ length: leads }, (_, nth) => ids[nth % ids.length]),
      );
    }),
    RUNS,
  );
});

test('no recipient ever has more open leads than its capacity, and none waits while somebody has room', () => {
  const capacities = fc.array(fc.nat(4), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.constantFrom(...ROUTING_STRATEGIES), capacities, fc.nat(20), (strategy, rooms, leads) => {
      const recipients = rooms.map((capacity, at) => ({
        id: IDS[at] ?? '',
        name: '',
        kind: 'rep' as const,
        capacity,
      }));
      const to: LeadToRoute = {
        persona: null,
        traits: {},
        email: null,
        accountOwner: null,
        matches: () => true,
      };
      const handOffs: PastHandOff[] = [];
      for (let nth = 0; nth < leads; nth += 1) {
        const route = routed({ recipients, strategy }, to, handOffs);
        if ('recipient' in route) handOffs.push({ recipient: route.recipient.id, rule: route.rule });
      }
      for (const { id, capacity } of recipients)
        expect(loadsOf(handOffs).open(id)).toBeLessThanOrEqual(capacity);
      expect(handOffs).toHaveLength(
        Math.min(
          leads,
          rooms.reduce((sum, room) => sum + room, 0),
        ),
      );
    }),
    RUNS,
  );
});
