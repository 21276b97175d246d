import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { replay } from './decider.js';
import { accept, assign, disqualify, handOff, qualify, recycle } from './lead-decisions.js';
import { isInProcess, leadLifecycle, type LeadDecision, type LeadState } from './lead-lifecycle.js';
import { Refused } from './refused.js';

type Decide = (state: LeadState, leadId: string, now: Date) => LeadDecision[];

const who = fc.constantFrom('rep-1', 'rep-2');
const reason = fc.constantFrom('no budget', 'no answer');
const recipient = who.map((id) => ({ id, kind: 'rep' as const }));
const terms = { modelVersion: 1, rule: 'all', dueBy: '2026-06-01T00:00:00.000Z' };
const ready = { modelVersion: 1, score: 50, grade: 'A' as const, reasons: [] };
const commands = fc.oneof(
  fc.constant<Decide>((state, leadId, now) => qualify({ leadId, now, ...ready }, state)),
  recipient.map<Decide>(
    (to) => (state, leadId, now) => handOff({ leadId, now, recipient: to, ...terms }, state),
  ),
  recipient.map<Decide>(
    (to) => (state, leadId, now) => assign({ leadId, now, recipient: to, ...terms, by: 'boss' }, state),
  ),
  who.map<Decide>((by) => (state, leadId, now) => accept({ leadId, now, by, isRecipient: true }, state)),
  fc.tuple(who, reason).map<Decide>(
    ([by, why]) =>
      (state, leadId, now) =>
        recycle({ leadId, now, by, reason: why }, state),
  ),
  fc.tuple(who, reason).map<Decide>(
    ([by, why]) =>
      (state, leadId, now) =>
        disqualify({ leadId, now, by, reason: why }, state),
  ),
);
const CODES =
  /^lead-(in-process|not-qualified|not-handed-off|already-handed-off|already-accepted|recycled|disqualified)$/;

/** Runs commands one after the other; those that are refused change nothing. */
function run(decides: readonly Decide[], leadId = 'a', nth = 0): LeadDecision[] {
  const events: LeadDecision[] = [];
  for (const decide of decides) {
    try {
      events.push(...decide(replay(leadLifecycle, events), leadId, new Date(nth + events.length)));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      expect(error.code).toMatch(CODES);
    }
  }
  return events;
}

test('whatever is commanded, a lead qualifies once a cycle and cycles count from 1', () => {
  fc.assert(
    fc.property(fc.array(commands, { maxLength: 60 }), (decides) => {
      const cycles = run(decides)
        .filter(({ type }) => type === 'LeadQualified')
        .map(({ data }) => data.cycle);
      expect(cycles).toEqual(cycles.map((_, nth) => nth + 1));
    }),
  );
});

test('whatever is commanded, nothing is accepted that was not handed off, nor handed off that did not qualify', () => {
  fc.assert(
    fc.property(fc.array(commands, { maxLength: 60 }), (decides) => {
      let before = replay(leadLifecycle, []);
      for (const event of run(decides)) {
        if (event.type === 'LeadAccepted') expect(before.status).toBe('handed_off');
        if (event.type === 'LeadHandedOff') expect(isInProcess(before)).toBe(true);
        if (event.type === 'LeadQualified') expect(['none', 'recycled']).toContain(before.status);
        expect(event.data.cycle).toBe(before.cycle + (event.type === 'LeadQualified' ? 1 : 0));
        before = leadLifecycle.evolve(before, event);
      }
    }),
  );
});

test('a command that is repeated at once changes nothing, or is refused with what was decided', () => {
  fc.assert(
    fc.property(fc.array(commands, { maxLength: 30 }), commands, (decides, decide) => {
      const once = run([...decides, decide]);
      expect(run([...decides, decide, decide])).toEqual(once);
    }),
  );
});

test('a lead in process stays so whatever was decided of another lead before the two were merged', () => {
  const history = fc.array(commands, { maxLength: 20 });
  fc.assert(
    fc.property(history, history, (mine, others) => {
      const own = run(mine);
      const state = replay(leadLifecycle, own);
      const merged = replay(leadLifecycle, [...own, ...run(others, 'b', own.length)]);
      if (state.status === 'accepted') expect(merged.status).toBe('accepted');
      if (isInProcess(state)) expect(merged.cycle).toBeGreaterThan(0);
      expect(merged.lastCycle).toBe(
        Math.max(state.lastCycle, replay(leadLifecycle, run(others, 'b')).lastCycle),
      );
    }),
    { numRuns: 1_000 },
  );
});
