import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { OTHER_MODEL } from '../../test/journey-models.js';
import { deleteReadModels, logOf, entry, pageView, type Entry } from '../../test/sample-events.js';
import { every, projectInBatches } from '../../test/tangled-histories.js';
import type { ContactRoleAssigned, IdentityClaim } from '../domain/events.js';
import type { IdentityKey } from '../domain/identity/keys.js';
import { journey } from './journey.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const U = 'user:u';
const claim = (at: number, identity: readonly IdentityKey[], more: Partial<IdentityClaim> = {}): Entry =>
  entry(`claim ${at}`, 'identity', 'IdentityClaimed', at, { identity, ...more });
const contact = (at: number, keys: readonly IdentityKey[], more: Partial<ContactRoleAssigned> = {}): Entry =>
  entry(`contact ${at}`, 'opportunity-1', 'ContactRoleAssigned', at, {
    ...{ opportunityId: 'o', contact: keys, role: 'champion', ...more },
  });
const PUBLIC = { keyScope: 'public' } as const;
const OLD = 'email:ada@old.example';
const NEW = 'email:ada@new.example';
const FREE = 'email:ada@gmail.com';

interface Row {
  email: string | null;
  user_id: string | null;
  account_id: string | null;
}
async function leads(log: readonly Entry[], size: number): Promise<Row[]> {
  await deleteReadModels(db.pool);
  await projectInBatches(db.pool, logOf(log), every(size, log.length), [journey]);
  const { rows } = await db.pool.query<Row & { trait: string | null; again: string | null }>(
    `SELECT p.email, p.user_id, p.account_id, p.traits->>'email' AS trait, l.email AS again
       FROM touchline.lead_profile p JOIN touchline.lead l USING (workspace, lead_id)
      WHERE p.superseded_at IS NULL ORDER BY p.user_id, p.email`,
  );
  return rows.map(({ trait, again, ...row }) => {
    expect([trait ?? row.email, again]).toEqual([row.email, row.email]);
    return row;
  });
}

/** What happened, and the address, user id and account the lead goes by then. */
const CASES: readonly (readonly [string, readonly Entry[], string, string, string])[] = [
  ['the latest address', [claim(1, [U, OLD]), claim(2, [U, NEW])], 'ada@new.example', 'u', 'new.example'],
  [
    'an address claimed again',
    [claim(1, [U, OLD]), claim(2, [U, NEW]), claim(3, [U, OLD])],
    'ada@old.example',
    'u',
    'old.example',
  ],
  [
    'not an old address because a mail to it was opened',
    [claim(1, [U, OLD]), claim(2, [U, NEW]), pageView('opened', 3, [OLD])],
    'ada@new.example',
    'u',
    'new.example',
  ],
  [
    'not an old address that a touchpoint names twice',
    [
      claim(1, [U, OLD]),
      claim(2, [U, NEW]),
      pageView('opened', 3, [OLD, OLD]),
      pageView('late', 0, [OLD, 'crm:c']),
    ],
    'ada@new.example',
    'u',
    'new.example',
  ],
  [
    'the latest address of a touchpoint beside another key',
    [claim(1, [U, OLD]), pageView('form', 3, [U, NEW])],
    'ada@new.example',
    'u',
    'new.example',
  ],
  [
    "the CRM's address before a tracker's",
    [contact(1, ['crm:c', OLD]), claim(2, [U, OLD]), claim(3, [U, NEW])],
    'ada@old.example',
    'u',
    'old.example',
  ],
  [
    'the address beside a CRM id before a later one',
    [claim(1, [U, 'crm:c', OLD]), claim(3, [U, NEW])],
    'ada@old.example',
    'u',
    'old.example',
  ],
  [
    "a server's address before that of a public key, be it beside a CRM id",
    [claim(1, [U, OLD]), claim(3, ['crm:new', U, NEW], PUBLIC)],
    'ada@old.example',
    'u',
    'old.example',
  ],
  [
    'the latest address, and the account of the latest address of a company',
    [claim(1, [U, OLD]), claim(2, [U, FREE])],
    'ada@gmail.com',
    'u',
    'old.example',
  ],
  [
    'the account that a group call named, whatever the address',
    [claim(1, [U, OLD], { accountId: 'acme' }), claim(2, [U, NEW])],
    'ada@new.example',
    'u',
    'acme',
  ],
  [
    'the new id after an alias of an anonymous one',
    [
      pageView('visit', 1, ['anonymous:0b5e']),
      claim(2, ['user:u', 'user:0b5e', 'anonymous:0b5e']),
      claim(3, [U, OLD]),
    ],
    'ada@old.example',
    'u',
    'old.example',
  ],
  [
    'the latest user id',
    [claim(1, ['user:t-1', OLD]), claim(2, [U, 'user:t-1'])],
    'ada@old.example',
    'u',
    'old.example',
  ],
  [
    'the latest address as the trait says, in one spelling',
    [claim(1, [U, OLD]), claim(2, [U, NEW], { traits: { email: 'Ada@New.Example' } })],
    'ada@new.example',
    'u',
    'new.example',
  ],
];

test.each(CASES)('a lead goes by %s', async (_name, log, email, userId, account) => {
  const expected = [{ email, user_id: userId, account_id: account }];
  expect(await leads(log, 1)).toEqual(expected);
  expect(await leads(log, log.length)).toEqual(expected);
  expect(await leads(log.toReversed(), 1)).toEqual(expected);
  expect(await leads(log.toReversed(), log.length)).toEqual(expected);
});

test.each<[string, readonly Entry[], string, string, number]>([
  [
    'group call',
    [claim(1, [U, OLD]), claim(2, [U], { accountId: 'a' }), claim(3, [U], { accountId: 'a' })],
    'a',
    'group',
    2,
  ],
  [
    'contact, though it was removed since',
    [
      contact(1, ['crm:c', OLD], { accountId: 'a' }),
      contact(2, ['crm:c', OLD], { accountId: 'a', role: null }),
    ],
    'a',
    'crm',
    0,
  ],
  [
    'event that named the address',
    [claim(1, [U, OLD]), claim(2, [U, OLD])],
    'old.example',
    'email_domain',
    0,
  ],
])('the reason of an account is kept with its event: %s', async (_name, log, account, reason, nth) => {
  await deleteReadModels(db.pool);
  await projectInBatches(db.pool, logOf(log), every(1, log.length), [journey]);
  const { rows } = await db.pool.query(
    'SELECT account_id, reason, event_id FROM touchline.account_membership WHERE superseded_at IS NULL',
  );
  expect(rows).toEqual([{ account_id: account, reason, event_id: log[nth]?.event.id }]);
});

test.each([1, 60])(
  'an address that a merge gives a lead changes its persona and, with it, its stages, in batches of %i',
  async (size) => {
    await deleteReadModels(db.pool);
    const log = logOf([
      entry('model', 'model', 'JourneyModelPublished', 0, { document: OTHER_MODEL }),
      pageView('first', 1, [U]),
      pageView('second', 2, [U]),
      entry('merge', 'identity', 'IdentitiesMerged', 3, {
        ...{ leadId: '', otherLeadId: '', key: NEW, otherKey: U },
      }),
    ]);
    await projectInBatches(db.pool, log, every(size, log.length), [journey]);
    const { rows } = await db.pool.query(
      'SELECT to_stage, known_from::int, superseded_at::int FROM touchline.stage_transition',
    );
    expect(rows).toEqual([{ to_stage: 'weigh', known_from: 3, superseded_at: 4 }]);
  },
);
