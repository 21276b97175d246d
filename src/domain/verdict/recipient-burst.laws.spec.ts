import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addToSlot, NO_CLICKS, type Slot } from './recipient-burst.js';

interface Click {
  readonly id: string;
  readonly recipient: string;
  readonly group: string;
}

/** Which clicks are known to be of a burst in the end, and the largest slot on the way. */
function follow(clicks: readonly Click[]): { readonly burst: ReadonlySet<string>; readonly most: number } {
  const marked = new Set<string>();
  let [slot, most]: [Slot, number] = [NO_CLICKS, 0];
  for (const { id, recipient, group } of clicks) {
    const added = addToSlot(slot, recipient, { id, group });
    for (const each of added.burst) marked.add(each.id);
    if (added.slot === 'burst') marked.add(id);
    else most = Math.max(most, Object.values(added.slot.clicks).flat().length);
    slot = added.slot;
  }
  return { burst: marked, most };
}

/** Of few or many recipients, once or very often, of one mail or of a mail each. */
const slots = fc
  .array(
    fc.record({
      recipient: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      times: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.constantFrom(10, 49, 50, 51, 120)),
      isOneMail: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((all) =>
    all.flatMap(({ recipient, times, isOneMail }, nth) =>
      Array.from({ length: times }, (_, time): Click => ({
        id: `${nth}-${time}`,
        ...{ recipient, group: isOneMail ? recipient : `${recipient} ${nth} ${time}` },
      })),
    ),
  );

test('clicks of a burst are the same in any order, and a slot stays small, whoever clicks how often', () => {
  fc.assert(
    fc.property(
      slots.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([all, shuffled]) => {
        const [one, other] = [follow(all), follow(shuffled)];
        expect(other.burst).toEqual(one.burst);
        expect(Math.max(one.most, other.most)).toBeLessThanOrEqual(200);
      },
    ),
    { numRuns: 300 },
  );
});

test('a burst is made by five recipients, or by one who clicks more often than a person can', () => {
  const clicks = (recipients: number, times: number): readonly Click[] =>
    Array.from({ length: recipients * times }, (_, nth) => ({
      id: `${nth}`,
      ...{ recipient: `${nth % recipients}`, group: `${nth % recipients}` },
    }));
  expect([follow(clicks(4, 50)).burst.size, follow(clicks(5, 1)).burst.size]).toEqual([0, 5]);
  expect(follow(clicks(1, 51)).burst.size).toBe(51);
});
