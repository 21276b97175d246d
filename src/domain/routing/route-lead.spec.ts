import { describe, expect, test } from '@jest/globals';
import { loadsOf, type PastHandOff } from '../../../test/recipient-loads.js';
import type { Recipient, Routing } from '../model/lead-management.js';
import { routeLead, type LeadToRoute, type Route } from './route-lead.js';

const rep = (id: string, more: Partial<Recipient> = {}): Recipient => ({
  id,
  name: id,
  kind: 'rep',
  ...more,
});
const handedTo = (recipient: string, times = 1, rule = 'all recipients'): PastHandOff[] =>
  Array.from({ length: times }, () => ({ recipient, rule }));

const LEAD: LeadToRoute = {
  persona: 'buyer',
  traits: {},
  email: null,
  accountOwner: null,
  matches: () => true,
};
const NOW = Date.parse('2026-03-04T12:00:00Z');

function route(
  routing: Partial<Routing>,
  lead: Partial<LeadToRoute> = {},
  past: readonly PastHandOff[] = [],
  at = NOW,
): Route {
  const recipients = routing.recipients ?? [rep('ada'), rep('bob')];
  return routeLead(
    { routing: { ...routing, recipients }, timeZone: 'Europe/Berlin' },
    { ...LEAD, ...lead },
    loadsOf(past),
    at,
  );
}
/** `recipient by rule`, or the reason with who is busy. */
function told(given: Route): string {
  if ('recipient' in given) return `${given.recipient.id} by ${given.rule}`;
  return [given.unroutable, ...given.busy.map(({ recipient, obstacle }) => `${recipient} ${obstacle}`)].join(
    ', ',
  );
}

describe('the owner of the account', () => {
  test.each<[string, Partial<Routing>, Partial<LeadToRoute>, string]>([
    ['receives its leads before any rule', {}, { accountOwner: 'bob' }, 'bob by account owner'],
    [
      'receives them whatever persona and territory they take otherwise',
      { recipients: [rep('ada'), rep('bob', { personas: ['other'], territories: ['iberia'] })] },
      { accountOwner: 'bob' },
      'bob by account owner',
    ],
    [
      'comes not first where the model says so',
      { accountOwnerFirst: false },
      { accountOwner: 'bob' },
      'ada by all recipients',
    ],
    ['who receives no leads is passed over', {}, { accountOwner: 'somebody' }, 'ada by all recipients'],
    [
      'who is at capacity is passed over',
      { recipients: [rep('ada'), rep('bob', { capacity: 0 })] },
      { accountOwner: 'bob' },
      'ada by all recipients',
    ],
    [
      'who is out of office is passed over',
      { recipients: [rep('ada'), rep('bob', { outOfOffice: [{ from: '2026-03-04', to: '2026-03-05' }] })] },
      { accountOwner: 'bob' },
      'ada by all recipients',
    ],
  ])('%s', (_what, routing, lead, wanted) => expect(told(route(routing, lead))).toBe(wanted));
});

describe('a rule', () => {
  const recipients = [
    rep('ada'),
    rep('bob', { personas: ['technical'] }),
    rep('cleo', { territories: ['iberia'] }),
    rep('north', { kind: 'distributor' }),
    rep('full', { kind: 'partner', capacity: 0 }),
  ];
  const territories = [
    { id: 'iberia', name: 'Iberia', countries: ['ES', 'PT'] },
    { id: 'public', name: 'Public sector', when: [{ industry: { is: 'government' } }] },
  ];
  const when = { segment: 'price_readers' };
  test.each<[string, Routing['rules'], Partial<LeadToRoute>, string]>([
    [
      'decides before a later one',
      [{ name: 'one', kind: 'distributor' }, { name: 'two' }],
      {},
      'north by one',
    ],
    [
      'that does not match is passed over',
      [{ name: 'one', when }, { name: 'two' }],
      { matches: () => false },
      'ada by two',
    ],
    [
      'with nobody free is passed over',
      [{ name: 'one', kind: 'partner' }, { name: 'two' }],
      {},
      'ada by two',
    ],
    ['chooses among its recipients', [{ name: 'one', recipients: ['north'] }], {}, 'north by one'],
    ['chooses in its own order', [{ name: 'one', recipients: ['north', 'ada'] }], {}, 'north by one'],
    [
      'chooses among those of several kinds',
      [{ name: 'one', kind: ['partner', 'distributor'] }],
      {},
      'north by one',
    ],
    ['passes over who takes other personas', [{ name: 'one', recipients: ['bob'] }], {}, 'no-candidate'],
    [
      'finds who takes the persona',
      [{ name: 'one', recipients: ['bob'] }],
      { persona: 'technical' },
      'bob by one',
    ],
    [
      'passes over who takes some personas, of a lead without one',
      [{ name: 'one', recipients: ['bob'] }],
      { persona: null },
      'no-candidate',
    ],
    [
      'finds who takes the territory',
      [{ name: 'one', recipients: ['cleo'] }],
      { traits: { country: 'pt ' } },
      'cleo by one',
    ],
    [
      'passes over who takes other territories',
      [{ name: 'one', recipients: ['cleo'] }],
      { traits: { country: 'FR' } },
      'no-candidate',
    ],
    [
      'of a territory matches leads of its countries',
      [{ name: 'one', territory: 'iberia' }],
      { traits: { country: 'ES' } },
      'ada by one',
    ],
    [
      'of a territory matches leads of its traits',
      [{ name: 'one', territory: ['iberia', 'public'] }],
      { traits: { industry: 'Government' } },
      'ada by one',
    ],
    [
      'of a territory matches no others',
      [{ name: 'one', territory: 'iberia' }],
      { traits: { country: 'FR' } },
      'no-rule',
    ],
    [
      'that finds everybody busy says so',
      [{ name: 'one', kind: 'partner' }],
      {},
      'nobody-free, full at-capacity',
    ],
  ])('%s', (_what, rules, lead, wanted) =>
    expect(told(route({ recipients, territories, rules: rules ?? [] }, lead))).toBe(wanted),
  );

  test('is given the conditions of the rule to decide whether it matches', () => {
    const matches = (condition: object): boolean => condition === when;
    expect(told(route({ rules: [{ name: 'one', when }] }, { matches }))).toBe('ada by one');
  });
});

test('a lead without any recipient is unroutable', () => {
  expect(told(routeLead({ timeZone: 'UTC' }, LEAD, loadsOf([]), NOW))).toBe('no-recipients');
  expect(told(route({ recipients: [] }))).toBe('no-recipients');
});

describe('the least loaded', () => {
  test.each<[string, readonly Recipient[], PastHandOff[], string]>([
    ['has fewer open leads', [rep('ada'), rep('bob')], handedTo('ada'), 'bob'],
    [
      'is it relative to capacity',
      [rep('ada', { capacity: 10 }), rep('bob', { capacity: 2 })],
      [...handedTo('ada', 3), ...handedTo('bob')],
      'ada',
    ],
    [
      'is it by number where somebody has no limit',
      [rep('ada', { capacity: 100 }), rep('bob')],
      [...handedTo('ada', 3), ...handedTo('bob', 2)],
      'bob',
    ],
    [
      'has waited longest, among equals',
      [rep('ada'), rep('bob')],
      [...handedTo('bob'), ...handedTo('ada')],
      'bob',
    ],
    ['is the first of the list, among equals who received none', [rep('bob'), rep('ada')], [], 'bob'],
  ])('%s', (_what, recipients, past, wanted) =>
    expect(told(route({ recipients }, {}, past))).toBe(`${wanted} by all recipients`),
  );

  test('does not count leads that are closed', () => {
    const past = [...handedTo('ada', 2).map((each) => ({ ...each, open: false })), ...handedTo('bob')];
    expect(told(route({}, {}, past))).toBe('ada by all recipients');
  });
});

describe('round robin', () => {
  const strategy = 'round_robin';
  const recipients = [rep('ada'), rep('bob'), rep('cleo')];
  test.each<[string, readonly Recipient[], PastHandOff[], string]>([
    ['begins with the first of the list', recipients, [], 'ada'],
    ['goes on with the next one', recipients, handedTo('ada'), 'bob'],
    [
      'does not regard how many are open',
      recipients,
      [...handedTo('bob', 5), ...handedTo('ada'), ...handedTo('cleo')],
      'bob',
    ],
    ['does not regard hand-offs of other rules', recipients, handedTo('ada', 1, 'other'), 'ada'],
    [
      'gives somebody new a turn',
      [...recipients, rep('dora')],
      [...handedTo('ada'), ...handedTo('bob'), ...handedTo('cleo')],
      'dora',
    ],
    [
      'leaves out who is at capacity',
      [rep('ada', { capacity: 1 }), rep('bob')],
      [...handedTo('ada'), ...handedTo('bob')],
      'bob',
    ],
  ])('%s', (_what, each, past, wanted) =>
    expect(told(route({ recipients: each, strategy }, {}, past))).toBe(`${wanted} by all recipients`),
  );

  test('of a rule goes before the strategy of all', () => {
    const rules = [{ name: 'one', strategy: 'least_loaded' as const }];
    const past = [...handedTo('bob', 1, 'one'), ...handedTo('ada', 2, 'one')];
    expect(told(route({ rules, strategy }, {}, past))).toBe('bob by one');
  });
});

describe('somebody out of office', () => {
  const away = { outOfOffice: [{ from: '2026-03-05', to: '2026-03-07' }] };
  const recipients = (timeZone?: string) => [
    rep('ada', { ...away, ...(timeZone !== undefined && { timeZone }) }),
    rep('bob'),
  ];
  test.each<[string, string | undefined, string, string]>([
    ['receives leads the moment before the first day', undefined, '2026-03-04T22:59:59Z', 'ada'],
    ['receives none from midnight on', undefined, '2026-03-04T23:00:00Z', 'bob'],
    ['receives none on the last day', undefined, '2026-03-06T22:59:59Z', 'bob'],
    ['receives leads on the day of return', undefined, '2026-03-06T23:00:00Z', 'ada'],
    ['is away on the days of their own time zone', 'America/Los_Angeles', '2026-03-05T07:59:59Z', 'ada'],
    [
      'is away until the end of the day in their own time zone',
      'America/Los_Angeles',
      '2026-03-07T07:59:59Z',
      'bob',
    ],
  ])('%s', (_what, timeZone, at, wanted) =>
    expect(told(route({ recipients: recipients(timeZone) }, {}, [], Date.parse(at)))).toBe(
      `${wanted} by all recipients`,
    ),
  );
});
