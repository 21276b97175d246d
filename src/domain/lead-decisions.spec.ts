import { describe, expect, test } from '@jest/globals';
import { deciderSpec } from '../../test/given-when-then.js';
import { replay } from './decider.js';
import { accept, assign, disqualify, handOff, qualify, recycle } from './lead-decisions.js';
import type { EventData } from './events.js';
import { leadLifecycle, type LeadDecision, type LeadDecisionType } from './lead-lifecycle.js';
import { Refused } from './refused.js';

const given = deciderSpec(leadLifecycle);
const day = (nr: number): Date => new Date(Date.UTC(2026, 4, nr, 12));
const now = day(20);
const leadId = 'lead-ada';

const event = <T extends LeadDecisionType>(
  type: T,
  data: Omit<EventData[T], 'leadId' | 'cycle'> & { readonly leadId?: string; readonly cycle?: number },
  occurredAt = now,
) => ({ type, occurredAt, data: { leadId, cycle: 1, ...data } }) as object as LeadDecision;

const ready = {
  modelVersion: 3,
  persona: 'cto',
  stage: 'evaluate',
  score: 42,
  grade: 'B',
  reasons: ['score 42 of 40'],
} as const;
const toRep7 = {
  modelVersion: 3,
  recipient: { id: 'rep-7', kind: 'rep' },
  rule: 'Iberia',
  dueBy: '2026-05-12T12:00:00.000Z',
} as const;
const toRep8 = { ...toRep7, recipient: { id: 'rep-8', kind: 'rep' } } as const;

const qualified = event('LeadQualified', ready, day(10));
const handedOff = event('LeadHandedOff', toRep7, day(11));
const accepted = event('LeadAccepted', { by: 'rep-7' }, day(12));
const recycled = event('LeadRecycled', { by: 'rep-7', reason: 'no budget' }, day(13));
const disqualified = event('LeadDisqualified', { by: 'rep-7', reason: 'student' }, day(13));

const command = { leadId, now };

describe('qualifying a lead', () => {
  test('begins its first cycle', () =>
    given()
      .when(qualify, { ...command, ...ready })
      .then(event('LeadQualified', ready)));

  test('that was recycled begins the next cycle', () =>
    given(qualified, handedOff, recycled)
      .when(qualify, { ...command, ...ready })
      .then(event('LeadQualified', { ...ready, cycle: 2 })));

  test.each([[[qualified]], [[qualified, handedOff]], [[qualified, handedOff, accepted]]])(
    'that is in process is refused (after %#)',
    (history) =>
      given(...history)
        .when(qualify, { ...command, ...ready })
        .thenRefused('lead-in-process'),
  );

  test('that was disqualified is refused until it is recycled', () => {
    given(qualified, disqualified)
      .when(qualify, { ...command, ...ready })
      .thenRefused('lead-disqualified');
    given(qualified, disqualified, recycled)
      .when(qualify, { ...command, ...ready })
      .then(event('LeadQualified', { ...ready, cycle: 2 }));
  });
});

describe('handing a lead off', () => {
  test('that is qualified gives it to the recipient', () =>
    given(qualified)
      .when(handOff, { ...command, ...toRep7 })
      .then(event('LeadHandedOff', toRep7)));

  test.each([
    [[], 'lead-not-qualified'],
    [[qualified, handedOff], 'lead-already-handed-off'],
    [[qualified, handedOff, accepted], 'lead-already-accepted'],
    [[qualified, recycled], 'lead-recycled'],
    [[disqualified], 'lead-disqualified'],
  ])('in any other state is refused (%#)', (history, code) =>
    given(...history)
      .when(handOff, { ...command, ...toRep7 })
      .thenRefused(code),
  );
});

describe('assigning a lead', () => {
  test('that is in process gives it to the other recipient, whoever accepted it', () => {
    const assigned = event('LeadHandedOff', { ...toRep8, by: 'boss' });
    for (const history of [[qualified], [qualified, handedOff], [qualified, handedOff, accepted]])
      given(...history)
        .when(assign, { ...command, ...toRep8, by: 'boss' })
        .then(assigned);
  });

  test('to whoever has it changes nothing', () => {
    given(qualified, handedOff)
      .when(assign, { ...command, ...toRep7, by: 'boss' })
      .then();
    given(qualified, handedOff, accepted)
      .when(assign, { ...command, ...toRep7, by: 'boss' })
      .then();
  });

  test.each([
    [[], 'lead-not-qualified'],
    [[qualified, recycled], 'lead-recycled'],
    [[disqualified], 'lead-disqualified'],
  ])('that is not in process is refused (%#)', (history, code) =>
    given(...history)
      .when(assign, { ...command, ...toRep8, by: 'boss' })
      .thenRefused(code),
  );
});

describe('accepting a lead', () => {
  test('that was handed off takes it', () =>
    given(qualified, handedOff)
      .when(accept, { ...command, by: 'rep-7', isRecipient: true })
      .then(event('LeadAccepted', { by: 'rep-7' })));

  test('by who is no recipient of the model is refused, unless they received it', () => {
    const state = replay(leadLifecycle, [qualified, handedOff]);
    expect(() => accept({ ...command, by: 'rep-9', isRecipient: false }, state)).toThrow(
      new Refused('recipient-not-found', 'The journey model has no recipient rep-9', 'by'),
    );
    expect(accept({ ...command, by: 'rep-7', isRecipient: false }, state)).toHaveLength(1);
  });

  test('again by the same person changes nothing', () =>
    given(qualified, handedOff, accepted)
      .when(accept, { ...command, by: 'rep-7', isRecipient: true })
      .then());

  test('that somebody else accepted is refused with who and when', () => {
    const state = replay(leadLifecycle, [qualified, handedOff, accepted]);
    expect(() => accept({ ...command, by: 'rep-8', isRecipient: true }, state)).toThrow(
      new Refused('lead-already-accepted', 'The lead was accepted by rep-7 at 2026-05-12T12:00:00.000Z'),
    );
  });

  test('that was assigned to another since is possible again', () =>
    given(qualified, handedOff, accepted, event('LeadHandedOff', { ...toRep8, by: 'boss' }, day(13)))
      .when(accept, { ...command, by: 'rep-8', isRecipient: true })
      .then(event('LeadAccepted', { by: 'rep-8' })));

  test.each([
    [[], 'lead-not-qualified'],
    [[qualified], 'lead-not-handed-off'],
    [[qualified, handedOff, recycled], 'lead-recycled'],
    [[qualified, disqualified], 'lead-disqualified'],
  ])('in any other state is refused (%#)', (history, code) =>
    given(...history)
      .when(accept, { ...command, by: 'rep-7', isRecipient: true })
      .thenRefused(code),
  );
});

describe('recycling a lead', () => {
  test.each([
    [[qualified]],
    [[qualified, handedOff]],
    [[qualified, handedOff, accepted]],
    [[qualified, disqualified]],
  ])('returns it to marketing from any later state (%#)', (history) =>
    given(...history)
      .when(recycle, { ...command, reason: 'no budget' })
      .then(event('LeadRecycled', { reason: 'no budget' })),
  );

  test('that never qualified is refused', () =>
    given()
      .when(recycle, { ...command, reason: 'no budget' })
      .thenRefused('lead-not-qualified'));

  test('again changes its reason and wake-up, or nothing where they are the same', () => {
    const wake = { reason: 'no budget', by: 'rep-7', wakeAt: '2027-01-10T08:00:00.000Z' };
    given(qualified, recycled)
      .when(recycle, { ...command, ...wake })
      .then(event('LeadRecycled', wake));
    given(qualified, recycled, event('LeadRecycled', wake))
      .when(recycle, { ...command, ...wake })
      .then();
  });
});

describe('disqualifying a lead', () => {
  test('is possible before it ever qualified, and counts for no cycle', () =>
    given()
      .when(disqualify, { ...command, reason: 'competitor' })
      .then(event('LeadDisqualified', { reason: 'competitor', cycle: 0 })));

  test('again is refused with who did it and why', () => {
    given(qualified, disqualified)
      .when(disqualify, { ...command, by: 'rep-7', reason: 'student' })
      .then();
    given(qualified, disqualified)
      .when(disqualify, { ...command, by: 'rep-8', reason: 'competitor' })
      .thenRefused('lead-disqualified');
  });
});

describe('of two leads that were merged', () => {
  const bob = 'lead-bob';
  const other = <T extends LeadDecisionType>(type: T, data: Omit<EventData[T], 'leadId' | 'cycle'>) =>
    event(type, { ...data, leadId: bob }, day(14));

  test.each([
    ['qualifies later', other('LeadQualified', ready)],
    ['is recycled later', other('LeadRecycled', { reason: 'no budget' })],
    ['is disqualified later', other('LeadDisqualified', { reason: 'student' })],
  ])('the one that sales accepted stays accepted when the other %s', (_, event) => {
    const state = replay(leadLifecycle, [qualified, handedOff, accepted, event]);
    expect(state).toMatchObject({ status: 'accepted', by: 'rep-7', leadId });
  });

  test('the one that goes further is in force, and commands are about it', () => {
    const history = [qualified, other('LeadQualified', ready), other('LeadHandedOff', toRep8)];
    expect(replay(leadLifecycle, history)).toMatchObject({ status: 'handed_off', leadId: bob });
    given(...history)
      .when(accept, { ...command, by: 'rep-8', isRecipient: true })
      .then(event('LeadAccepted', { by: 'rep-8', leadId: bob }));
  });

  test('the next cycle is after all cycles of both', () =>
    given(
      qualified,
      recycled,
      event('LeadQualified', { ...ready, leadId: bob, cycle: 4 }),
      event('LeadRecycled', { reason: 'x', leadId: bob, cycle: 4 }),
    )
      .when(qualify, { ...command, ...ready })
      .then(event('LeadQualified', { ...ready, cycle: 5 })));
});
