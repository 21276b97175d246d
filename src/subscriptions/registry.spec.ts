import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { recorder } from '../../test/sample-reactors.js';
import { tally } from '../../test/sample-projections.js';
import { Registry } from './registry.js';
import type { Subscription } from './subscription.js';

const names = (subscriptions: readonly Subscription[]): string[] => subscriptions.map(({ name }) => name);

describe('a registry', () => {
  test.each([
    ['two subscriptions of one name', [tally('a'), recorder('a', [])], 'one name: a'],
    [
      'subscriptions that wait for each other',
      [tally('a', { after: ['b'] }), recorder('b', [], { after: ['a'] })],
      'a, b',
    ],
    ['one that waits for another that is not listed', [tally('a'), recorder('b', [], { after: ['c'] })], 'b'],
  ])('refuses %s', (_, subscriptions, message) => {
    expect(() => new Registry(subscriptions)).toThrow(message);
  });

  test('orders projections and reactors by what they are after', () => {
    const registry = new Registry([
      tally('report', { after: ['qualify'] }),
      recorder('qualify', [], { after: ['journey'] }),
      tally('journey'),
    ]);
    expect(names(registry.subscriptions)).toEqual(['journey', 'qualify', 'report']);
  });

  test('rebuilds what is after a subscription, and stops at what is never rebuilt', () => {
    const [journey, credits, qualify, deliver, publish] = [
      tally('journey'),
      tally('credits', { after: ['journey'] }),
      recorder('qualify', [], { after: ['credits'] }),
      recorder('deliver', [], { after: ['qualify'], rebuild: 'allowed' }),
      recorder('publish', [], { after: ['journey'], rebuild: 'allowed' }),
    ];
    const registry = new Registry([journey, credits, qualify, deliver, publish]);
    const plan = registry.rebuildPlan([journey]);
    expect(names(plan.rebuilt)).toEqual(['journey', 'credits', 'publish']);
    expect(names(plan.fenced)).toEqual(['qualify']);
    expect(names(registry.dependentsOf(qualify).rebuilt)).toEqual(['deliver']);
  });
});

/** Each is after some of those before it. */
const graph = fc
  .array(fc.record({ never: fc.boolean(), after: fc.array(fc.nat(), { maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 9,
  })
  .map((nodes) =>
    nodes.map(({ never, after }, index) =>
      recorder(`s${index}`, [], {
        after: index === 0 ? [] : [...new Set(after.map((nth) => `s${nth % index}`))],
        rebuild: never ? 'never' : 'allowed',
      }),
    ),
  );

test('a rebuild concerns exactly what is reached from the chosen one through subscriptions that are rebuilt', () => {
  fc.assert(
    fc.property(graph, fc.nat(), (subscriptions, nth) => {
      const chosen = subscriptions[nth % subscriptions.length];
      if (!chosen || chosen.rebuild === 'never') return;
      const { rebuilt, fenced } = new Registry([...subscriptions].reverse()).rebuildPlan([chosen]);
      const isAfterRebuilt = ({ after }: Subscription): boolean =>
        rebuilt.some(({ name }) => after.includes(name));
      for (const one of subscriptions) {
        const isReached = one === chosen || isAfterRebuilt(one);
        expect(rebuilt.includes(one)).toBe(isReached && one.rebuild === 'allowed');
        expect(fenced.includes(one)).toBe(isReached && one.rebuild === 'never');
      }
    }),
  );
});
