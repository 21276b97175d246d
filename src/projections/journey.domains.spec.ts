import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { logOf, entry, type Entry } from '../../test/sample-events.js';
import { deleteRows, inTransaction } from '../../test/project.js';
import type { IdentityKey } from '../domain/identity/keys.js';
import { journey } from './journey.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const claim = (name: string, at: number, ...identity: IdentityKey[]): Entry =>
  entry(name, `identity-${identity[0]}`, 'IdentityClaimed', at, { identity });
const decide = (type: 'IdentitiesMerged' | 'IdentitiesSplit', at: number): Entry =>
  entry(type, 'identity-user:u1', type, at, {
    ...{ leadId: '', otherLeadId: '', key: 'user:u1', otherKey: 'user:u2' },
  });
const observed = entry('initech', 'account-initech', 'AccountObserved', 4, {
  accountId: 'initech',
  domain: 'initech.example',
});

/** Ada and Bob of two companies were taken for one person. */
const before = [
  claim('ada', 1, 'user:u1', 'email:ada@acme.example'),
  claim('bob', 2, 'user:u2', 'email:bob@initech.example'),
  decide('IdentitiesMerged', 3),
];
const split = decide('IdentitiesSplit', 5);

/** Which account each lead belongs to, when the log comes in two batches. */
async function accounts(...batches: readonly (readonly Entry[])[]): Promise<Record<string, string>> {
  const log = logOf(batches.flat());
  await deleteRows(db.pool, journey);
  let after = 0;
  for (const { length } of batches) {
    const part = log.slice(after, after + length);
    const range = { after: BigInt(after), upTo: BigInt(after + length) };
    await inTransaction(db.pool, (tx) => journey.apply(part, tx, range));
    after += length;
  }
  const { rows } = await db.pool.query<{ email: string; account_id: string }>(
    'SELECT email, account_id FROM touchline.lead ORDER BY email',
  );
  return Object.fromEntries(rows.map(({ email, account_id }) => [email, account_id]));
}

const EXPECTED = { 'ada@acme.example': 'acme.example', 'bob@initech.example': 'initech' };

test.each([
  ['split, then observed, in batches of their own', [before, [split], [observed]]],
  ['observed, then split, in batches of their own', [before, [observed], [split]]],
  ['observed, then split, in one batch', [before, [observed, split]]],
  ['split, then observed, in one batch', [before, [split, observed]]],
  ['all in one batch', [[...before, split, observed]]],
])('who is split off belongs to the account of the own e-mail domain: %s', async (_, batches) =>
  expect(await accounts(...batches)).toEqual(EXPECTED),
);

const hijack = entry('hijack', 'account-evil', 'AccountObserved', 0, {
  ...{ accountId: 'evil', name: 'Evil', domain: 'initech.example', keyScope: 'public' },
});
const rename = entry('rename', 'account-initech', 'AccountObserved', 9, {
  ...{ accountId: 'initech', name: 'Renamed', domain: 'renamed.example', keyScope: 'public' },
});
const named = entry('named', 'account-initech', 'AccountObserved', 4, {
  ...{ accountId: 'initech', name: 'Initech', domain: 'initech.example' },
});

test.each([
  ['all in one batch', [[...before, split, named, hijack, rename]]],
  [
    'the public key last',
    [
      [...before, split, named],
      [hijack, rename],
    ],
  ],
  ['the public key first', [[hijack, rename], [...before, split], [named]]],
])(
  'an account that a server-side key named is neither renamed nor replaced by a public key: %s',
  async (_, batches) => {
    expect(await accounts(...batches)).toEqual(EXPECTED);
    const { rows } = await db.pool.query<{ name: string; domain: string }>(
      `SELECT name, domain FROM touchline.account WHERE account_id = 'initech' AND superseded_at IS NULL`,
    );
    expect(rows).toEqual([{ name: 'Initech', domain: 'initech.example' }]);
  },
);
