import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sameJudgement, type Judgement } from './judgement.js';
import { addToMail, MOST_CLICKS, NO_MAIL, rejudged } from './mail-group.js';
import type { MailGroup, MailTouch } from './mail-touch.js';

const touches = (maxLength: number): fc.Arbitrary<readonly MailTouch[]> =>
  fc
    .array(
      fc.record({
        at: fc
          .oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 1_500 }))
          .map((second) => second * 500),
        part: fc.constantFrom('sent', 'delivered', 'open', 'click', 'click', 'click'),
        own: fc.constantFrom<Judgement>(
          { verdict: 'human', reasons: [] },
          { verdict: 'unknown', reasons: [] },
          { verdict: 'machine_open', reasons: ['apple-mail-proxy'] },
          { verdict: 'link_scanner', reasons: ['honeypot'] },
        ),
        link: fc.constantFrom('a', 'b', 'c', undefined),
        address: fc.constantFrom('1', '2', undefined),
        agent: fc.constantFrom('x', 'y'),
      }),
      { minLength: 1, maxLength },
    )
    .map((all) =>
      all.map((each, nth): MailTouch => ({
        ...each,
        id: `id-${(nth * 7_919) % 100_003}`,
        keys: ['email:a@b.example'],
      })),
    );

/** What a reader of the changes knows in the end, and the group. */
function follow(all: readonly MailTouch[]): { group: MailGroup; known: Map<string, Judgement> } {
  const known = new Map<string, Judgement>();
  let group = NO_MAIL;
  for (const touch of all) {
    const after = addToMail(group, touch);
    known.set(touch.id, touch.own);
    for (const { id, judgement } of rejudged(group, after, touch)) known.set(id, judgement);
    group = after;
  }
  return { group, known };
}

test('verdicts depend on the touchpoints of a mail, not on the order in which they arrive', () => {
  fc.assert(
    fc.property(
      touches(25).chain((all) =>
        fc.tuple(fc.constant(all), fc.shuffledSubarray([...all], { minLength: all.length })),
      ),
      ([all, shuffled]) => {
        const [one, other] = [follow(all), follow(shuffled)];
        expect(other.group).toEqual(one.group);
        for (const [id, judgement] of one.known) expect(other.known.get(id)).toEqual(judgement);
      },
    ),
    { numRuns: 300 },
  );
});

test('a group that gets more than it keeps is bounded, and still does not depend on the order', () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat()), (ranks) => {
      const all = Array.from({ length: 3 * MOST_CLICKS }, (_, nth): MailTouch => ({
        ...{
          id: `id-${nth}`,
          at: nth * 60_000,
          part: nth % 7 === 0 ? 'open' : 'click',
          keys: ['email:a@b.example'],
        },
        own: { verdict: 'human', reasons: [] },
        link: `${nth % 3}`,
      }));
      const shuffled = all
        .map((touch) => ({ touch, rank: Number(ranks.next().value) }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ touch }) => touch);
      const [one, other] = [follow(all), follow(shuffled)];
      expect(other.group).toEqual(one.group);
      expect(one.group.clicks).toHaveLength(MOST_CLICKS);
      expect(
        [...one.known].every(([id, judgement]) => sameJudgement(judgement, other.known.get(id) ?? judgement)),
      ).toBe(true);
    }),
    { numRuns: 10 },
  );
});
