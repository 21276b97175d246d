import { describe, expect, test } from '@jest/globals';
import { deciderSpec } from '../../test/given-when-then.js';
import { replay } from './decider.js';
import type { EventData } from './events.js';
import type { IdentityKey } from './identity/keys.js';
import { opportunity, type OpportunityEvent } from './opportunity.js';
import { open, type OpenOpportunity } from './opportunity-opening.js';
import { update, type UpdateOpportunity } from './opportunity-update.js';

const given = deciderSpec(opportunity);
const may = (day: number): Date => new Date(Date.UTC(2026, 4, day, 12));
const iso = (at: Date): string => at.toISOString();
const now = may(20);

type Event = OpportunityEvent['type'];
const event = <T extends Event>(type: T, data: Omit<EventData[T], 'opportunityId'>, occurredAt = now) =>
  ({ type, occurredAt, data: { opportunityId: 'opp-1', ...data } }) as OpportunityEvent;

const ada: IdentityKey = 'email:ada@acme.example';
const facts = { name: 'Acme 2026', accountId: 'acme', stage: 'discovery', owner: 'rep-7', source: 'webinar' };
const opening: OpenOpportunity = {
  opportunityId: 'opp-1',
  ...facts,
  amount: '120000.00',
  currency: 'USD',
  openedAt: may(1),
  contacts: [{ keys: [ada], role: 'decision_maker' }],
  now,
};
const opened = event('OpportunityOpened', { ...facts, amountMinor: 12_000_000, currency: 'USD' }, may(1));
const adaDecides = event('ContactRoleAssigned', {
  accountId: 'acme',
  contact: [ada],
  role: 'decision_maker',
});
const won = event('OpportunityWon', { currency: 'USD' }, may(15));
const lost = event('OpportunityLost', { reason: 'price' }, may(15));
const reopened = event('OpportunityReopened', {});

const saying = (said: Partial<UpdateOpportunity>): UpdateOpportunity => ({
  opportunityId: 'opp-1',
  contacts: [],
  now,
  ...said,
});

describe('opening an opportunity', () => {
  test('records it with its contacts as of the opening', () =>
    given()
      .when(open, opening)
      .then(opened, { ...adaDecides, occurredAt: may(1) }));

  test('without amount and time opens it now with the amount 0', () =>
    given()
      .when(open, { opportunityId: 'opp-1', currency: 'JPY', contacts: [], now })
      .then(event('OpportunityOpened', { amountMinor: 0, currency: 'JPY' })));

  test('again with the same values changes nothing, whatever has changed since', () => {
    given(opened, adaDecides).when(open, opening).then();
    const later = event('OpportunityChanged', { stage: 'proposal', amountMinor: 9 });
    const left = event('ContactRoleAssigned', { contact: [ada], role: null });
    given(opened, adaDecides, later, left, won)
      .when(open, { ...opening, openedAt: undefined })
      .then();
  });

  test.each<[string, Partial<OpenOpportunity>]>([
    ['another amount', { amount: '1.00' }],
    ['another owner', { owner: 'rep-8' }],
    ['a missing name', { name: undefined }],
    ['another time', { openedAt: may(2) }],
    ['another contact', { contacts: [{ keys: ['email:bob@acme.example'], role: 'user' }] }],
  ])('again with %s is refused', (_, other) =>
    given(opened, adaDecides)
      .when(open, { ...opening, ...other })
      .thenRefused('opportunity-exists'),
  );

  test.each<[string, Partial<OpenOpportunity>]>([
    ['currency-unknown', { currency: 'XXD' }],
    ['amount-negative', { amount: '-1' }],
    ['amount-decimals', { amount: '0.001' }],
    ['amount-malformed', { amount: '12k' }],
    ['opened-in-future', { openedAt: may(21) }],
  ])('is refused with the code %s', (code, other) =>
    given()
      .when(open, { ...opening, ...other })
      .thenRefused(code),
  );

  test('accepts a clock that is slightly ahead', () =>
    given()
      .when(open, {
        opportunityId: 'opp-1',
        currency: 'USD',
        contacts: [],
        now,
        openedAt: new Date(+now + 60_000),
      })
      .then(event('OpportunityOpened', { amountMinor: 0, currency: 'USD' }, now)));
});

describe('changing an opportunity', () => {
  test('records changed values only', () =>
    given(opened)
      .when(update, saying({ stage: 'proposal', owner: 'rep-7', amount: '130000', currency: 'USD' }))
      .then(event('OpportunityChanged', { stage: 'proposal', amountMinor: 13_000_000 })));

  test('with known values records nothing', () =>
    given(opened, adaDecides)
      .when(update, saying({ ...facts, amount: '120000.0', contacts: opening.contacts, status: 'open' }))
      .then());

  test('with a new account reassigns every contact', () =>
    given(opened, adaDecides)
      .when(update, saying({ accountId: 'acme-emea' }))
      .then(
        event('OpportunityChanged', { accountId: 'acme-emea' }),
        event('ContactRoleAssigned', {
          accountId: 'acme-emea',
          contact: [ada],
          role: 'decision_maker',
          moved: true,
        }),
      ));

  test('is refused if it does not exist', () =>
    given()
      .when(update, saying({ stage: 'proposal' }))
      .thenRefused('opportunity-not-found'));
  test('cannot change its currency', () =>
    given(opened)
      .when(update, saying({ currency: 'EUR' }))
      .thenRefused('currency-fixed'));
  test('refuses a negative amount', () =>
    given(opened)
      .when(update, saying({ amount: '-5.00' }))
      .thenRefused('amount-negative'));
});

describe('changing an opportunity with occurredAt', () => {
  test('records it at the given time', () =>
    given(opened)
      .when(update, saying({ stage: 'proposal', occurredAt: may(3) }))
      .then(event('OpportunityChanged', { stage: 'proposal' }, may(3))));

  test('also applies to roles, reopening, and a close without a close date', () => {
    given(opened)
      .when(update, saying({ contacts: [{ keys: [ada], role: 'user' }], occurredAt: may(3) }))
      .then(event('ContactRoleAssigned', { accountId: 'acme', contact: [ada], role: 'user' }, may(3)));
    given(opened, won)
      .when(update, saying({ status: 'open', occurredAt: may(16) }))
      .then(event('OpportunityReopened', {}, may(16)));
    given(opened)
      .when(update, saying({ status: 'lost', reason: 'price', occurredAt: may(15) }))
      .then(lost);
  });

  test('is refused before the opening and in the future', () => {
    given(opened)
      .when(update, saying({ stage: 'x', occurredAt: new Date(+may(1) - 1) }))
      .thenRefused('changed-before-opened');
    given(opened)
      .when(update, saying({ stage: 'x', occurredAt: may(21) }))
      .thenRefused('changed-in-future');
  });
});

describe('a change reported out of order', () => {
  const proposal = event('OpportunityChanged', { stage: 'proposal', amountMinor: 5_000 }, may(10));
  const late = (day: number, said: Partial<UpdateOpportunity>) => saying({ ...said, occurredAt: may(day) });
  const stateOf = (...history: OpportunityEvent[]) => replay(opportunity, history);

  test('does not override later changes', () => {
    const told = update(
      late(5, { stage: 'demo', amount: '9.00', owner: 'rep-9' }),
      stateOf(opened, proposal),
    );
    expect(told).toEqual([
      event('OpportunityChanged', { stage: 'demo', amountMinor: 900, owner: 'rep-9' }, may(5)),
    ]);
    expect(stateOf(opened, proposal, ...told)).toMatchObject({
      stage: 'proposal',
      amountMinor: 5_000,
      owner: 'rep-9',
    });
  });

  test('before the opening does not change the opening date if it is a role', () => {
    const role = event(
      'ContactRoleAssigned',
      { contact: [ada], role: 'user' },
      new Date(+may(1) - 86_400_000),
    );
    const renamed = event('OpportunityChanged', { name: 'Renamed' });
    expect(stateOf(opened, role, renamed)).toMatchObject({ openedAt: may(1), contacts: [{ keys: [ada] }] });
  });

  test('is recorded once even if the value is known, since changes in between may arrive later', () => {
    const again = event('OpportunityChanged', { stage: 'proposal' }, may(12));
    given(opened, proposal)
      .when(update, late(12, { stage: 'proposal' }))
      .then(again);
    given(opened, proposal, again)
      .when(update, late(12, { stage: 'proposal' }))
      .then();
    const between = event('OpportunityChanged', { stage: 'demo' }, may(11));
    expect(stateOf(opened, proposal, again, between).stage).toBe('proposal');
    const role = late(12, { contacts: [{ keys: [ada], role: 'user' }] });
    const assigned = event(
      'ContactRoleAssigned',
      { accountId: 'acme', contact: [ada], role: 'user' },
      may(12),
    );
    given(opened).when(update, role).then(assigned);
    given(opened, assigned).when(update, role).then();
  });

  test.each<[string, OpportunityEvent[], UpdateOpportunity, string | undefined]>([
    ['before the win', [opened, won], late(14, { amount: '7.00', stage: 'x' }), undefined],
    ['at the win', [opened, won], late(15, { amount: '7.00' }), 'opportunity-closed'],
    ['after the win', [opened, won], late(16, { stage: 'x' }), 'opportunity-closed'],
    ['after the reopening', [opened, won, reopened], late(20, { stage: 'x' }), undefined],
    ['between win and reopening', [opened, won, reopened], late(17, { stage: 'x' }), 'opportunity-closed'],
    ['a loss before the win', [opened, won], late(14, { status: 'lost' }), undefined],
    ['a loss after the win', [opened, won], late(16, { status: 'lost' }), 'opportunity-closed'],
    ['a reopening before the win', [opened, won], late(14, { status: 'open' }), undefined],
  ])('is validated against the state at its time: %s', (_, history, said, code) => {
    if (code)
      given(...history)
        .when(update, said)
        .thenRefused(code);
    else expect(() => update(said, stateOf(...history))).not.toThrow();
  });

  test('with an amount before the win changes the amount of the win, unless the win has its own', () => {
    const amount = event('OpportunityChanged', { amountMinor: 700 }, may(14));
    expect(stateOf(opened, won, amount)).toMatchObject({ status: 'won', amountMinor: 700 });
    const corrected = event('OpportunityWon', { amountMinor: 800, currency: 'USD' }, may(16));
    expect(stateOf(opened, corrected, won, amount)).toMatchObject({ amountMinor: 800, closedAt: may(15) });
  });

  test('applies win, loss and reopening by their times', () => {
    const reopenedLater = event('OpportunityReopened', {}, may(17));
    const lostLast = event('OpportunityLost', { reason: 'price' }, may(18));
    expect(stateOf(opened, reopenedLater, won)).toMatchObject({ status: 'open', closedAt: undefined });
    expect(stateOf(opened, lostLast, reopenedLater, won)).toMatchObject({
      status: 'lost',
      closedAt: may(18),
    });
  });

  test('with a close date after all known changes applies at the close date', () =>
    given(opened)
      .when(update, saying({ status: 'won', closedAt: may(15), stage: 'closed' }))
      .then(event('OpportunityChanged', { stage: 'closed' }, may(15)), won));

  test('with a close date before a reopening only corrects the date', () =>
    given(opened, won, event('OpportunityReopened', {}, may(18)))
      .when(update, saying({ status: 'won', closedAt: may(16) }))
      .then(event('OpportunityWon', { currency: 'USD', closedAt: iso(may(16)) })));
});

describe('contacts of an opportunity', () => {
  const assignedTo = (contact: IdentityKey[], role: string | null) =>
    event('ContactRoleAssigned', { accountId: 'acme', contact, role });
  const roles = (...contacts: [IdentityKey[], string | null][]) =>
    saying({ contacts: contacts.map(([keys, role]) => ({ keys, role })) });

  test('are identified by the CRM key of a new contact', () =>
    given(opened)
      .when(update, roles([['email:bob@acme.example', 'crm:003'], 'user']))
      .then(assignedTo(['crm:003', 'email:bob@acme.example'], 'user')));
  test('can change their role', () =>
    given(opened, adaDecides)
      .when(update, roles([[ada], 'champion']))
      .then(assignedTo([ada], 'champion')));
  test('get additional keys', () =>
    given(opened, adaDecides)
      .when(update, roles([['crm:001', ada], 'decision_maker']))
      .then(assignedTo([ada, 'crm:001'], 'decision_maker')));
  test('can be referred to by any of their keys', () =>
    given(opened, assignedTo([ada, 'crm:001'], 'user'))
      .when(update, roles([['crm:001'], 'user']))
      .then());
  test('can be removed from the committee', () =>
    given(opened, adaDecides)
      .when(update, roles([[ada], null]))
      .then(assignedTo([ada], null)));
  test('that are not on the committee can be removed without effect', () =>
    given(opened)
      .when(update, roles([[ada], null]))
      .then());
  test('are merged by a report with keys of both', () =>
    given(opened, adaDecides, assignedTo(['crm:001'], 'user'))
      .when(update, roles([[ada, 'crm:001'], 'champion']))
      .then(assignedTo(['crm:001'], null), assignedTo([ada, 'crm:001'], 'champion')));
  test('that occur twice in one update get the last role', () =>
    given(opened)
      .when(update, roles([[ada], 'user'], [[ada], 'user'], [[ada], 'champion']))
      .then(assignedTo([ada], 'user'), assignedTo([ada], 'champion')));
  test('can change after the opportunity was closed', () =>
    given(opened, won)
      .when(update, roles([[ada], 'user']))
      .then(assignedTo([ada], 'user')));
});

describe('closing an opportunity', () => {
  test('records a win at its close date with the current amount', () =>
    given(opened)
      .when(update, saying({ status: 'won', closedAt: may(15) }))
      .then(won));
  test('records other changes of the same update first', () =>
    given(opened)
      .when(update, saying({ status: 'won', amount: '99.00', stage: 'closed', contacts: opening.contacts }))
      .then(
        event('OpportunityChanged', { stage: 'closed', amountMinor: 9_900 }),
        adaDecides,
        event('OpportunityWon', { currency: 'USD' }),
      ));
  test('records the reason of a loss', () =>
    given(opened)
      .when(update, saying({ status: 'lost', closedAt: may(15), reason: 'price' }))
      .then(lost));
  test('again with the same values changes nothing', () => {
    given(opened, won)
      .when(update, saying({ status: 'won', amount: '120000.00' }))
      .then();
    given(opened, won)
      .when(update, saying({ status: 'won', closedAt: may(15), stage: 'discovery' }))
      .then();
    given(opened, lost)
      .when(update, saying({ status: 'lost' }))
      .then();
  });
  test('again with other values corrects the win', () => {
    given(opened, won)
      .when(update, saying({ status: 'won', amount: '110000.00' }))
      .then(event('OpportunityWon', { amountMinor: 11_000_000, currency: 'USD' }));
    given(opened, won)
      .when(update, saying({ closedAt: may(14), reason: 'references' }))
      .then(event('OpportunityWon', { currency: 'USD', reason: 'references', closedAt: iso(may(14)) }));
    given(opened, lost)
      .when(update, saying({ reason: 'no budget' }))
      .then(event('OpportunityLost', { reason: 'no budget' }));
  });

  test.each<[string, OpportunityEvent[], Partial<UpdateOpportunity>]>([
    ['opportunity-not-found', [], { status: 'won' }],
    ['opportunity-closed', [opened, won], { status: 'lost' }],
    ['opportunity-closed', [opened, lost], { status: 'won' }],
    ['opportunity-closed', [opened, won], { amount: '1.00' }],
    ['opportunity-closed', [opened, lost], { stage: 'proposal', status: 'lost' }],
    ['closed-before-opened', [opened], { status: 'won', closedAt: new Date(+may(1) - 1) }],
    ['closed-in-future', [opened], { status: 'lost', closedAt: may(21) }],
    ['not-closing', [opened], { closedAt: may(15) }],
    ['not-closing', [opened], { reason: 'price' }],
    ['not-closing', [opened, won], { status: 'open', closedAt: may(15) }],
  ])('is refused with the code %s', (code, history, said) =>
    given(...history)
      .when(update, saying(said))
      .thenRefused(code),
  );
});

describe('reopening an opportunity', () => {
  test('opens a closed one', () =>
    given(opened, won)
      .when(update, saying({ status: 'open', reason: 'signed too early' }))
      .then(event('OpportunityReopened', { reason: 'signed too early' })));
  test('changes nothing if it is open', () =>
    given(opened)
      .when(update, saying({ status: 'open' }))
      .then());
  test('allows amount and stage to change again', () =>
    given(opened, won)
      .when(update, saying({ status: 'open', amount: '5.00' }))
      .then(reopened, event('OpportunityChanged', { amountMinor: 500 })));
  test('allows another outcome', () =>
    given(opened, won, reopened)
      .when(update, saying({ status: 'lost', closedAt: may(15), reason: 'price' }))
      .then(event('OpportunityLost', { reason: 'price', closedAt: iso(may(15)) })));
});

test('the state of an opportunity reflects its last events', () => {
  const state = replay(opportunity, [opened, adaDecides, lost]);
  expect(state).toMatchObject({
    status: 'lost',
    reason: 'price',
    closedAt: may(15),
    contacts: [{ role: 'decision_maker' }],
  });
  expect(opportunity.evolve(state, reopened)).toMatchObject({
    status: 'open',
    reason: undefined,
    closedAt: undefined,
  });
});
