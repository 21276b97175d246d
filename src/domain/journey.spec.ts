import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { eventsOf, happenings, logged, START, TEST_MODEL } from '../../test/journeys.js';
import { summed } from '../../test/oracle.js';
import { factOf, isPersonal } from '../projections/journey/facts.js';
import type { Touch } from './condition.js';
import { fold, inOrder, noJourney, rulesOf, scoreAt } from './journey.js';
import type { Traits } from './touchpoint.js';

const DAY = 86_400_000;

const touches = happenings(30).map((all) =>
  logged(eventsOf(all))
    .filter(isPersonal)
    .flatMap((event): Touch[] => {
      const fact = factOf(event, event.position);
      return fact.touch ? [fact.touch.touch] : [];
    }),
);
const person = fc.constantFrom<Traits>({}, { title: 'CTO' }, { title: 'CFO' });

test('advancing touch by touch gives the same as folding the whole journey', () => {
  fc.assert(
    fc.property(touches, person, (journey, traits) => {
      const rules = rulesOf(TEST_MODEL);
      const { persona } = rules.fit(traits, null);
      let state = noJourney();
      // Stored and read again between any two touchpoints, as the projection does.
      for (const touch of journey.toSorted(inOrder))
        state = JSON.parse(JSON.stringify(rules.advance(persona, state, touch).state)) as typeof state;
      expect(state).toEqual(fold(TEST_MODEL, { traits }, journey).state);
    }),
  );
});

test('a score is the sum of its ledger, decayed to the same instant', () => {
  fc.assert(
    fc.property(touches, person, fc.nat(400), (journey, traits, days) => {
      const { state, ledger } = fold(TEST_MODEL, { traits }, journey);
      expect(state.score).toBeCloseTo(ledger.length === 0 ? 0 : summed(ledger, 14), 8);
      const at = Math.max(START, ...ledger.map((row) => row.at)) + days * DAY;
      const sum = ledger.reduce((total, row) => total + row.points * 0.5 ** ((at - row.at) / (14 * DAY)), 0);
      expect(scoreAt(TEST_MODEL, state, at)).toBeCloseTo(sum, 8);
    }),
  );
});

test('machines move no stage and earn no points', () => {
  fc.assert(
    fc.property(touches, person, (journey, traits) => {
      const machines = journey.map((touch) => ({ ...touch, verdict: 'crawler' as const }));
      expect(fold(TEST_MODEL, { traits }, machines)).toMatchObject({
        stage: null,
        transitions: [],
        ledger: [],
      });
    }),
  );
});

const touch = (id: string, day: number, more: Partial<Touch> = {}): Touch => ({
  id,
  at: START + day * DAY,
  kind: 'page_view',
  channel: 'direct',
  verdict: 'human',
  ...more,
});

test('stages are skipped forward, and go back only by a rule that says so', () => {
  const journey = [
    touch('a', 0, { content: { url: 'https://x.example/blog/one' } }),
    touch('b', 1, { kind: 'demo_request' }),
    touch('c', 2, { content: { url: 'https://x.example/blog/two' } }),
    touch('d', 40),
  ];
  expect(fold(TEST_MODEL, { traits: {} }, journey).transitions).toMatchObject([
    { from: null, to: 'look', rule: 'reads', eventId: 'a' },
    { from: 'look', to: 'buy', rule: 'demo', eventId: 'b' },
    { from: 'buy', to: 'look', rule: 'back again', eventId: 'd' },
  ]);
});

test('over its cap a rule gives nothing, and no later rule steps in', () => {
  const pages = [0, 1, 2, 3].map((day) => touch(`p${day}`, day));
  expect(fold(TEST_MODEL, { traits: {} }, pages).ledger.map(({ points }) => points)).toEqual([1, 1, 1]);
});
