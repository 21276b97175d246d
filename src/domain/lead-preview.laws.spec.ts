import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { leadUnder, touch } from '../../test/lead-snapshots.js';
import { TEST_MODEL } from '../../test/journey-models.js';
import { fold, scoreAt } from './journey.js';
import { readinessRules } from './lead-definition.js';
import { previewLead, type LeadHistory } from './lead-preview.js';
import type { JourneyModel } from './model/journey-model.js';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 5);
const END = START + 60 * 24 * HOUR;

const model: JourneyModel = {
  ...TEST_MODEL,
  leadDefinitions: [
    { minScore: 4, triggers: [{ trigger: 'form', withinDays: 20 }] },
    {
      persona: 'engineer',
      minScore: 2,
      minStage: 'weigh',
      disqualifiers: [{ name: 'many mails', when: { did: [{ when: { kind: 'email_open' }, atLeast: 2 }] } }],
    },
  ],
};

const touches = fc
  .uniqueArray(
    fc.record({
      hour: fc.integer({ min: 0, max: 40 * 24 }),
      kind: fc.constantFrom('page_view', 'form_fill', 'demo_request', 'email_open'),
      verdict: fc.constantFrom('human', 'human', 'crawler'),
    }),
    { maxLength: 20, selector: ({ hour }) => hour },
  )
  .map((all) => all.map(({ hour, kind, verdict }) => touch(START + hour * HOUR, kind, { verdict })));
const instant = fc.option(fc.integer({ min: 0, max: 40 * 24 }).map((hour) => START + hour * HOUR + 1));

const history = fc.record({
  touches,
  knownAt: instant,
  openedAt: instant,
  traits: fc.constantFrom({}, { title: 'CTO' }, { title: 'CFO' }),
  optedOutAt: instant,
  address: fc.option(instant.map((bouncedAt) => ({ ...ADDRESS, bouncedAt }))),
});

const ADDRESS = { email: 'ada@acme.example', provider: null };

const leadOf = (
  generated: Pick<LeadHistory, 'touches' | 'knownAt' | 'openedAt' | 'traits' | 'optedOutAt' | 'address'>,
): LeadHistory => ({
  ...{ leadId: 'lead-ada', email: null, emailDomain: null, address: null, account: null, won: false },
  ...generated,
});

test('a lead is qualified at the first instant at which its history up to then meets the lead definition', () => {
  fc.assert(
    fc.property(history, (generated) => {
      const { knownAt, openedAt, traits, optedOutAt, address } = generated;
      const instants = [
        ...generated.touches.filter(({ verdict }) => verdict === 'human').map(({ at }) => at),
        ...(knownAt === null ? [] : [knownAt]),
      ].sort((a, b) => a - b);
      const wanted = instants.find((at) => {
        if (knownAt === null || at < knownAt || (openedAt !== null && at >= openedAt)) return false;
        const before = generated.touches.filter((each) => each.at <= at);
        const optedOut = optedOutAt !== null && optedOutAt <= at ? optedOutAt : null;
        const bouncedAt = (address?.bouncedAt ?? Infinity) <= at ? (address?.bouncedAt ?? null) : null;
        const rest = { optedOutAt: optedOut, address: { ...ADDRESS, bouncedAt } };
        return readinessRules(model).assess(leadUnder(model, traits, before, rest), at).ready;
      });
      expect(previewLead(model, leadOf(generated), END).qualifiedAt).toBe(wanted ?? null);
    }),
    { numRuns: 300 },
  );
});

test('persona, stage and score are those of a fold, in whichever order the touchpoints come', () => {
  fc.assert(
    fc.property(history, (generated) => {
      const { traits } = generated;
      const outcome = previewLead(model, leadOf(generated), END);
      const folded = fold(model, { traits }, generated.touches);
      expect(outcome.stage).toBe(folded.stage);
      expect(outcome.score).toBe(Math.round(scoreAt(model, folded.state, END) * 100) / 100);
      const reversed = leadOf({ ...generated, touches: generated.touches.toReversed() });
      expect(previewLead(model, reversed, END)).toEqual(outcome);
    }),
    { numRuns: 300 },
  );
});
