import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Journey, JourneyEncoder } from './journeys.js';
import { rankSequences, SEQUENCE_SORTS, sequenceFigures, type SequenceRequest } from './ranked-sequences.js';

const REQUEST: SequenceRequest = { minSupport: 1, minLength: 1, maxLength: 3, sort: 'support', limit: 1_000 };

/** `a b c` converted with a value of 5: `a b c +5`. */
function journey(text: string): Journey {
  const steps = text.split(' ');
  const value = steps.find((step) => step.startsWith('+'));
  return {
    steps: steps.filter((step) => step !== value),
    converted: value !== undefined,
    value: BigInt(value ?? 0),
  };
}

function encoded(journeys: readonly Journey[]) {
  const encoder = new JourneyEncoder();
  journeys.forEach((each) => encoder.add(each));
  return encoder.finish();
}

function search(journeys: readonly Journey[], request: Partial<SequenceRequest> = {}, maxSteps?: number) {
  const { journeys: coded, names } = encoded(journeys);
  const { sequences, ...rest } = rankSequences(coded, { ...REQUEST, ...request }, maxSteps);
  const named = sequences.map(({ items, support, converted, value }): Counted => ({
    ...{ sequence: items.map((item) => names[item]).join(' '), support, converted, value },
  }));
  return { ...rest, sequences: named };
}

interface Counted {
  readonly sequence: string;
  readonly support: number;
  readonly converted: number;
  readonly value: bigint;
}

/** Each journey says which sequences it has: every choice of its steps, in order. */
function bySubsets(
  journeys: readonly Journey[],
  { minSupport, minLength, maxLength }: SequenceRequest,
): Counted[] {
  const counts = new Map<string, Counted>();
  for (const { steps, converted, value } of journeys) {
    const single = steps.filter((step) => step !== null).filter((step, at, all) => step !== all[at - 1]);
    const own = new Set<string>();
    for (let choice = 1; choice < 2 ** single.length; choice++) {
      const chosen = single.filter((_, at) => choice & (1 << at));
      if (chosen.length >= minLength && chosen.length <= maxLength) own.add(chosen.join(' '));
    }
    for (const sequence of own) {
      const known = counts.get(sequence) ?? { sequence, support: 0, converted: 0, value: 0n };
      const { support } = known;
      counts.set(sequence, {
        ...{ sequence, support: support + 1, converted: known.converted + (converted ? 1 : 0) },
        value: known.value + (converted ? value : 0n),
      });
    }
  }
  return [...counts.values()].filter(({ support }) => support >= minSupport);
}

const sorted = (sequences: readonly Counted[]): Counted[] =>
  [...sequences].sort((a, b) => (a.sequence < b.sequence ? -1 : 1));

const anyJourney = fc.record<Journey>({
  steps: fc.array(fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e')), { maxLength: 8 }),
  converted: fc.boolean(),
  value: fc.oneof(fc.bigInt({ min: -300n, max: 300n }), fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n })),
});
const anyJourneys = fc.array(anyJourney, { maxLength: 25 });
const anyRequest = fc.record({
  minSupport: fc.integer({ min: 1, max: 6 }),
  minLength: fc.integer({ min: 1, max: 3 }),
  maxLength: fc.integer({ min: 3, max: 5 }),
});

describe('sequences of journeys', () => {
  test('of three journeys are those that two of them have in order', () => {
    const found = search(['a b c', 'a c', 'b c'].map(journey), { minSupport: 2 });
    expect(sorted(found.sequences).map(({ sequence, support }) => [sequence, support])).toEqual([
      ['a', 2],
      ['a c', 2],
      ['b', 2],
      ['b c', 2],
      ['c', 3],
    ]);
  });

  test('are counted as by every choice of steps of every journey, whatever the limits', () =>
    fc.assert(
      fc.property(anyJourneys, anyRequest, (journeys, limits) => {
        const request = { ...REQUEST, ...limits };
        const { sequences, found } = search(journeys, request);
        expect(sorted(sequences)).toEqual(sorted(bySubsets(journeys, request)));
        expect(found).toBe(sequences.length);
      }),
    ));

  test('do not depend on the order in which journeys were read', () =>
    fc.assert(
      fc.property(anyJourneys, fc.constantFrom(...SEQUENCE_SORTS), (journeys, sort) => {
        expect(search([...journeys].reverse(), { sort, limit: 5 })).toEqual(
          search(journeys, { sort, limit: 5 }),
        );
      }),
    ));

  test('are the first of all of them when they are limited', () =>
    fc.assert(
      fc.property(anyJourneys, fc.constantFrom(...SEQUENCE_SORTS), (journeys, sort) => {
        const all = search(journeys, { sort });
        const few = search(journeys, { sort, limit: 3 });
        expect([few.sequences, few.found]).toEqual([all.sequences.slice(0, 3), all.found]);
      }),
    ));

  test('of a length that would take too many steps are left out, with all longer ones', () => {
    const journeys = ['a b c d e f g h', 'a b c d e f g h'].map(journey);
    expect(search(journeys, { maxLength: 5 })).toMatchObject({
      found: 8 + 28 + 56 + 70 + 56,
      searchedLength: 5,
    });
    expect(search(journeys, { maxLength: 5 }, 5_000)).toMatchObject({ found: 8 + 28, searchedLength: 2 });
    expect(search(journeys, { maxLength: 5 }, 1)).toMatchObject({ found: 0, searchedLength: 0 });
  });

  test('that are longer than any journey are known to be none without a search', () =>
    expect(search([journey('a b')], { maxLength: 10 }, 1_000)).toMatchObject({
      found: 3,
      searchedLength: 10,
    }));

  test('with many steps in a journey end by the steps that they may take', () => {
    const long: Journey = {
      steps: Array.from({ length: 5_000 }, (_, at) => `c${at}`),
      converted: true,
      value: 1n,
    };
    expect(search([long, long], { minSupport: 2, limit: 10 }, 1_000_000)).toMatchObject({
      ...{ found: 5_000, searchedLength: 1, journeys: 2 },
    });
  });
});

describe('the order of sequences', () => {
  const MANY = Array.from({ length: 30 }, (_, at) => (at < 20 ? 'a b +10' : 'a b'));
  const journeys = [...MANY, 'c d +900', ...Array.from({ length: 20 }, () => 'd c')].map(journey);
  const first = (sort: SequenceRequest['sort']) =>
    search(journeys, { sort, minLength: 2 }).sequences[0]?.sequence;

  test('by conversion and lift goes by the lower end of the interval, so that one lucky journey is not first', () =>
    expect(SEQUENCE_SORTS.map(first)).toEqual(['a b', 'a b', 'c d', 'a b']));
});

test('lift is the conversion with a sequence over the conversion without it, with the interval of Katz', () => {
  // 12 of 40 with, 10 of 100 without: 3, and ln 3 ± 1.96 √(0.7 / 12 + 0.9 / 10).
  const figures = sequenceFigures({ support: 40, converted: 12 }, { journeys: 140, converted: 22 });
  const margin = Math.exp(1.959963984540054 * Math.sqrt(0.7 / 12 + 0.9 / 10));
  expect(figures.lift?.value).toBeCloseTo(3, 12);
  expect(figures.lift?.low).toBeCloseTo(3 / margin, 12);
  expect(figures.lift?.high).toBeCloseTo(3 * margin, 12);
  expect(figures.difference?.value).toBeCloseTo(0.2, 12);
});

test('a sequence that all journeys have, or none without it converts, has no lift', () => {
  expect(sequenceFigures({ support: 5, converted: 2 }, { journeys: 5, converted: 2 }).lift).toBeNull();
  expect(sequenceFigures({ support: 5, converted: 2 }, { journeys: 9, converted: 2 }).lift).toBeNull();
});
