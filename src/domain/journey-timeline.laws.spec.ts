import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OTHER_MODEL, TEST_MODEL } from '../../test/journeys.js';
import type { Touch } from './condition.js';
import { fold, rulesOf, type FoldedJourney, type Step } from './journey.js';
import { JourneyTimeline, type ChangedStep } from './journey-timeline.js';
import type { JourneyModel } from './model/journey-model.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Memory of every sort: windows, counts, triggers, silences, caps of every period, once for each content, back moves. */
const MODEL: JourneyModel = {
  ...TEST_MODEL,
  relays: ['portal.acme.example'],
  triggers: [
    { id: 'asked', when: { kind: 'demo_request' } },
    { id: 'twice', when: { kind: 'form_fill', count: { atLeast: 2, withinDays: 3 } } },
  ],
  personas: [],
  stages: [
    {
      id: 'look',
      name: 'Look',
      enter: [
        { name: 'read', when: { kind: 'page_view' } },
        { name: 'came back', when: { kind: 'page_view', afterSilenceDays: 5 }, back: true },
      ],
    },
    {
      id: 'weigh',
      name: 'Weigh',
      enter: [
        { name: 'often', when: { kind: 'page_view', count: { atLeast: 3, withinDays: 2 } } },
        { name: 'by search', when: { channel: 'organic_search', kind: 'form_fill' }, back: true },
      ],
    },
    {
      id: 'buy',
      name: 'Buy',
      enter: [
        { name: 'asked', when: { trigger: 'asked' } },
        {
          name: 'after',
          when: { kind: 'form_fill', afterTrigger: { trigger: ['asked', 'twice'], withinDays: 4 } },
        },
        { name: 'much', when: { kind: 'email_open', count: { atLeast: 4 } } },
      ],
    },
  ],
  scoring: {
    halfLifeDays: 14,
    rules: [
      { name: 'demo', when: { kind: 'demo_request' }, points: 30, cap: { count: 1, per: 'week' } },
      { name: 'search', when: { channel: 'organic_search' }, points: 2, cap: { count: 2, per: 'session' } },
      { name: 'form', when: { trigger: 'twice' }, points: 10, cap: { count: 2, per: 'ever' } },
      {
        name: 'paper',
        when: { kind: 'page_view', content: { id: ['a', 'b'] } },
        points: 7,
        oncePerContent: true,
        cap: { count: 2, per: 'day' },
      },
      { name: 'mail', when: { kind: 'email_open', count: { atLeast: 2, withinDays: 1 } }, points: -2 },
      { name: 'page', when: { kind: 'page_view' }, points: 1, cap: { count: 3, per: 'month' } },
    ],
  },
};

const touches = fc
  .array(
    fc.record({
      day: fc.constantFrom(0, 0, 1, 2, 9, 40),
      minute: fc.integer({ min: 0, max: 90 }),
      kind: fc.constantFrom(
        'page_view',
        'page_view',
        'form_fill',
        'demo_request',
        'email_open',
        'email_sent',
      ),
      verdict: fc.constantFrom('human', 'human', 'human', 'crawler'),
      content: fc.constantFrom(
        undefined,
        { id: 'a' },
        { id: 'b' },
        { url: 'https://www.acme.example/pricing' },
      ),
      came: fc.constantFrom(
        {},
        {},
        { channel: 'organic_search', source: 'google', medium: 'organic' } as const,
        { channel: 'referral', source: 'partner.example', medium: 'referral' } as const,
        { channel: 'referral', source: 'portal.acme.example', medium: 'referral' } as const,
        { channel: 'email', source: 'newsletter', campaign: 'spring' } as const,
      ),
    }),
    { maxLength: 60 },
  )
  .map((all) =>
    all.map(({ day, minute, kind, verdict, content, came }, nth): Touch => ({
      // Some at the same time, the ids in no order.
      id: String((nth * 7919) % 100_000).padStart(12, '0'),
      at: Date.UTC(2026, 2, 1) + day * DAY + minute * MINUTE,
      kind,
      verdict,
      channel: 'direct',
      content,
      ...came,
    })),
  );

const model = fc.constantFrom(MODEL, TEST_MODEL, OTHER_MODEL);

/** The steps of a timeline, put together from what its changes say. */
class Steps {
  readonly steps = new Map<string, Step>();

  #of(id: string) {
    const step = this.steps.get(id);
    return step && stored(step);
  }

  inOrderOf({ perTouch }: FoldedJourney): unknown[] {
    return perTouch.map(({ own: { id } }) => this.#of(id));
  }

  take(changed: readonly ChangedStep[]): void {
    for (const { step, before } of changed) {
      expect(before && stored(before)).toEqual(this.#of(step.own.id));
      this.steps.set(step.own.id, step);
    }
  }
}

const stored = ({ own, content, part, setsOrigin, relay, move, change }: Step) => ({
  ...{ own, content, part, setsOrigin, relay, move, change },
});

test('inserting touchpoints in any order gives the steps and the state of the fold', () => {
  fc.assert(
    fc.property(model, touches, (document, all) => {
      const timeline = new JourneyTimeline(rulesOf(document), null);
      const steps = new Steps();
      for (const touch of all) steps.take(timeline.insert(touch));
      const folded = fold(document, { traits: {} }, all);
      expect(timeline.state()).toEqual(folded.state);
      expect(steps.inOrderOf(folded)).toEqual(folded.perTouch.map(stored));
    }),
    { numRuns: 500 },
  );
});

test('removing touchpoints gives the steps and the state of the fold without them', () => {
  fc.assert(
    fc.property(model, touches, fc.func(fc.boolean()), (document, all, leaves) => {
      const timeline = new JourneyTimeline(rulesOf(document), null);
      const steps = new Steps();
      for (const touch of all) steps.take(timeline.insert(touch));
      const gone = all.filter(({ id }) => leaves(id));
      for (const touch of gone) {
        steps.take(timeline.remove(touch));
        steps.steps.delete(touch.id);
      }
      const folded = fold(
        document,
        { traits: {} },
        all.filter((touch) => !gone.includes(touch)),
      );
      expect(timeline.state()).toEqual(folded.state);
      expect(steps.inOrderOf(folded)).toEqual(folded.perTouch.map(stored));
    }),
    { numRuns: 300 },
  );
});
