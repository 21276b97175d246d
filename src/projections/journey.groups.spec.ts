import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import {
  opportunityEvents,
  day,
  deleteReadModels,
  logOf,
  entry,
  pageView,
  type Entry,
} from '../../test/sample-events.js';
import { compareWithOracle } from '../../test/oracle-rows.js';
import { allVersions, type Rows } from '../../test/read-model-rows.js';
import { every, projectInBatches } from '../../test/tangled-histories.js';
import type { IdentityKey } from '../domain/identity/keys.js';
import { NO_MODEL } from './journey/models.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const claim = (name: string, at: number, ...identity: IdentityKey[]): Entry =>
  entry(name, `identity-${identity[0]}`, 'IdentityClaimed', at, { identity });
const merge = (at: number, key: IdentityKey, otherKey: IdentityKey): Entry =>
  entry('merge', `identity-${key}`, 'IdentitiesMerged', at, { leadId: '', otherLeadId: '', key, otherKey });

const A: IdentityKey = 'anonymous:a';
const DEMO = { kind: 'demo_request' as const };
const FORM = { kind: 'form_fill' as const };

/** Events of one batch that reach the same lead, though no key of one is a key of the other. */
const CASES: readonly (readonly [string, readonly Entry[], readonly Entry[]])[] = [
  [
    'a shared device whose claimer was merged',
    [
      claim('p1 takes a', 59, A, 'user:p1'),
      pageView('q reads', 60, ['email:q@acme.example']),
      claim('x takes a', 121, A, 'user:x'),
      merge(122, 'user:p1', 'email:q@acme.example'),
    ],
    [pageView('q asks', 57, ['email:q@acme.example'], DEMO), pageView('x fills', 90, [A, 'user:x'], FORM)],
  ],
  [
    'a lead whose touchpoints came by a device of somebody else',
    [
      claim('p takes a', 1, A, 'user:p'),
      pageView('a reads', 2, [A]),
      claim('x takes a', 10, A, 'user:x'),
      claim('p is mail', 3, 'user:p', 'email:p@acme.example'),
    ],
    [
      claim('earlier', 0, 'email:p@acme.example', 'crm:p'),
      pageView('x before', 1.5, [A, 'user:x'], FORM),
      pageView('x reads', 11, ['user:x']),
    ],
  ],
  [
    'a chain of keys named after the batch began',
    [claim('mail and crm', 1, 'email:q@acme.example', 'crm:q'), pageView('crm', 2, ['crm:q'])],
    [
      claim('user and mail', 3, 'user:q', 'email:q@acme.example'),
      pageView('by crm', 0, ['crm:q'], DEMO),
      pageView('by user', 0.5, ['user:q'], FORM),
    ],
  ],
];

const BEFORE = CASES[0]?.[1] ?? [];
const OBSERVED = entry('acme', 'account-acme', 'AccountObserved', 4, {
  accountId: 'acme',
  domain: 'acme.example',
});
const COMPANY = [
  'a company of a lead that a shared device leads to',
  [
    ...BEFORE,
    ...opportunityEvents(
      'opp',
      { accountId: 'acme', amount: '100.00', openedAt: day(130) },
      { status: 'won', closedAt: day(140) },
    ),
  ],
  [pageView('x fills', 90, [A, 'user:x'], FORM), OBSERVED],
] as const;

async function history(log: readonly Entry[], ends: readonly number[]): Promise<Rows> {
  await deleteReadModels(db.pool);
  await projectInBatches(db.pool, logOf(log), ends);
  return allVersions(db.pool);
}

test.each([...CASES, COMPANY])(
  'events that are applied side by side come to what one at a time would: %s',
  async (_name, before, batch) => {
    const log = [...before, ...batch];
    const one = await history(log, every(1, log.length));
    expect(await history(log, [before.length])).toEqual(one);
    expect(await history(log, [])).toEqual(one);
  },
);

test('the lead of a merged claimer keeps its touchpoints, stage and score', async () => {
  await history([...BEFORE, ...(CASES[0]?.[2] ?? [])], [BEFORE.length]);
  const { rows } = await db.pool.query(
    `SELECT l.touchpoints, (SELECT count(*)::int FROM touchline.journey j
       WHERE j.lead_id = l.lead_id AND j.superseded_at IS NULL) AS journey
       FROM touchline.lead l ORDER BY 1`,
  );
  expect(rows).toEqual([
    { touchpoints: 1, journey: 1 },
    { touchpoints: 2, journey: 2 },
  ]);
});

test('an opportunity without contacts is attributed to the leads of its account, as after a rebuild', async () => {
  const [, before, batch] = COMPANY;
  await history([...before, ...batch], [before.length]);
  const { rows } = await db.pool.query(
    `SELECT s.amounts FROM touchline.attribution_path p JOIN touchline.attribution_share s USING (path_id)
      WHERE p.metric = 'revenue' AND p.superseded_at IS NULL AND s.model = 'first'`,
  );
  expect(rows).toEqual([{ amounts: ['10000'] }]);
});

test('a public claim is judged again by all keys that it names, also those that the batch did not read', async () => {
  const keyScope = 'public' as const;
  const log = logOf([
    pageView('contact', 1, ['crm:1']),
    pageView('mail', 2, ['email:ada@acme.example']),
    pageView('claim of contact', 4, ['user:bob', 'crm:1', 'email:ada@acme.example'], { keyScope }),
    pageView('claim of user', 8, ['user:bob', 'user:ada', 'email:ada@acme.example'], { keyScope }),
    pageView('earlier', 0, ['user:ada']),
  ]);
  await deleteReadModels(db.pool);
  await projectInBatches(db.pool, log, every(1, log.length));
  const { found, told } = await compareWithOracle(db.pool, log, NO_MODEL);
  expect(found).toEqual(told);
});
