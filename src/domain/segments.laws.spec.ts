import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TEST_MODEL } from '../../test/journey-models.js';
import { leadUnder, touch } from '../../test/lead-snapshots.js';
import type { Touch } from './condition.js';
import { leadWithTouches } from './lead-snapshot.js';
import type { JourneyModel } from './model/journey-model.js';
import type { LeadCondition } from './model/lead-management.js';
import { segmentRules } from './segments.js';

const START = Date.UTC(2026, 2, 1);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const days = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(0.5, 1 / 3));
const behaviour = fc.record(
  {
    when: fc.constantFrom({}, { kind: 'page_view' }, { kind: ['form_fill', 'page_view'] }),
    atLeast: fc.integer({ min: 1, max: 3 }),
    withinDays: days,
  },
  { requiredKeys: ['when'] },
);
const facts = fc.oneof(
  fc.record({ did: fc.array(behaviour, { minLength: 1, maxLength: 2 }) }),
  fc.record({ didNot: fc.array(behaviour, { minLength: 1, maxLength: 2 }) }),
  fc.record({ score: fc.record({ atLeast: fc.constantFrom(-7, 0, 3, 10, 29.5) }) }),
  fc.record({ score: fc.record({ atMost: fc.constantFrom(-7, 0, 3, 10, 29.5) }) }),
);
const condition = fc.oneof(
  facts,
  fc.record({ any: fc.array(facts, { minLength: 1, maxLength: 2 }) }),
  fc.record({ none: fc.array(facts, { minLength: 1, maxLength: 2 }) }),
) as fc.Arbitrary<LeadCondition>;
const times = fc.array(fc.tuple(fc.constantFrom('page_view', 'form_fill', 'chat'), fc.nat(20 * 24)), {
  maxLength: 6,
});
const score = fc.integer({ min: -4_000, max: 4_000 }).map((hundredths) => hundredths / 100);

test('segments stay the same until the next change that is named, however often the condition is asked', () =>
  fc.assert(
    fc.property(
      ...[condition, times, score, fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }))],
      (when, done, points, fractions) => {
        const model: JourneyModel = { ...TEST_MODEL, segments: [{ id: 's', name: 'S', when }] };
        const touches = done.map(([kind, hours]) => touch(START + hours * HOUR, kind as 'chat'));
        const at = START + 20 * DAY;
        const lead = leadUnder(model, {}, touches, { score: { score: points, scoredAt: at - DAY } });
        const { segmentsOf } = segmentRules(model);
        let instant = at;
        for (let changes = 0; changes < 20; changes += 1) {
          const { ids, nextChange } = segmentsOf(lead, instant);
          expect(nextChange).toBeGreaterThan(instant);
          const end = Math.min(nextChange, instant + 400 * DAY);
          const asked = [...fractions.map((each) => instant + Math.floor(each * (end - instant))), end - 1];
          for (const each of asked) expect(segmentsOf(lead, each).ids).toEqual(ids);
          if (nextChange > at + 400 * DAY) break;
          instant = nextChange;
        }
      },
    ),
    { numRuns: 500 },
  ));

const reading = fc.constantFrom(
  {},
  { kind: 'page_view' },
  { kind: ['form_fill', 'page_view'] },
  { kind: 'page_view', channel: 'email' },
  { campaign: 'spring' },
  { content: { id: 'pricing' } },
);
const behaviours = fc.array(fc.record({ when: reading, withinDays: days }, { requiredKeys: ['when'] }), {
  minLength: 1,
  maxLength: 2,
});
const reads = fc.oneof(
  fc.record({ did: behaviours }),
  fc.record({ didNot: behaviours }),
  fc.record({ did: behaviours, none: fc.tuple(fc.record({ did: behaviours })) }),
) as fc.Arbitrary<LeadCondition>;
const done = fc.array(
  fc.record({
    kind: fc.constantFrom('page_view', 'form_fill', 'chat'),
    hours: fc.nat(20 * 24),
    channel: fc.constantFrom('email', 'direct'),
    campaign: fc.constantFrom('spring', undefined),
    verdict: fc.constantFrom('human', 'machine'),
    content: fc.constantFrom(undefined, { id: 'pricing' }),
  }),
  { maxLength: 8 },
);

test('segments that read the touchpoints they name only find what they find in the whole journey', () =>
  fc.assert(
    fc.property(reads, done, (when, acts) => {
      const model: JourneyModel = { ...TEST_MODEL, segments: [{ id: 's', name: 'S', when }] };
      const touches = acts.map(({ hours, kind, ...act }) => ({
        ...touch(START + hours * HOUR, kind as 'chat'),
        ...(act as Partial<Touch>),
      }));
      const at = START + 20 * DAY;
      const whole = leadUnder(model, {}, touches);
      const { segmentsOf, touchesRead } = segmentRules(model);
      if (!touchesRead || touchesRead.origin) return;
      const { kinds } = touchesRead;
      const some = touches.filter(({ kind }) => kinds?.has(kind) ?? true);
      const { journey: _, ...stored } = whole;
      expect(segmentsOf(leadWithTouches(model, stored, some), at)).toEqual(segmentsOf(whole, at));
    }),
    { numRuns: 500 },
  ));

const ofLead = fc.oneof(
  reads,
  facts,
  fc.record({
    stage: fc.constantFrom(...TEST_MODEL.stages.map(({ id }) => id)),
  }),
  fc.record({ traits: fc.constant({ title: 'CFO' }), none: fc.tuple(reads) }),
) as fc.Arbitrary<LeadCondition>;

test('a touchpoint of a kind that matters to no segment changes none', () => {
  let tried = 0;
  fc.assert(
    fc.property(ofLead, done, done, (when, acts, more) => {
      const model: JourneyModel = { ...TEST_MODEL, segments: [{ id: 's', name: 'S', when }] };
      const touchesOf = (list: typeof acts): Touch[] =>
        list.map(({ hours, kind, ...act }) => ({
          ...touch(START + hours * HOUR, kind as 'chat'),
          ...(act as Partial<Touch>),
        }));
      const { segmentsOf, changedBy } = segmentRules(model);
      const before = touchesOf(acts);
      const others = touchesOf(more).filter(({ kind }) => changedBy && !changedBy.has(kind));
      tried += others.length > 0 ? 1 : 0;
      const at = START + 20 * DAY;
      const found = (touches: readonly Touch[]) =>
        segmentsOf(leadUnder(model, { title: 'CFO' }, touches), at);
      expect(found([...before, ...others])).toEqual(found(before));
    }),
    { numRuns: 500 },
  );
  expect(tried).toBeGreaterThan(50);
});
