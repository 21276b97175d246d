import fc from 'fast-check';
import type { IdentityKey } from '../src/domain/identity/keys.js';
import { entry, pageView, type Entry } from './sample-events.js';

/**
 * A history of some people, and a batch of a few late events about them: few enough that the events name no key in
 * common, but reach the same leads over shared devices, chains of keys, decisions and company domains.
 */
export interface LateBatch {
  readonly before: readonly Entry[];
  readonly batch: readonly Entry[];
}

interface People {
  readonly users: readonly IdentityKey[];
  readonly mails: readonly IdentityKey[];
  readonly contacts: readonly IdentityKey[];
  readonly devices: readonly IdentityKey[];
}

const MANY: People = {
  users: ['user:u1', 'user:u2', 'user:u3', 'user:u4'],
  mails: [
    'email:ada@acme.example',
    'email:bob@acme.example',
    'email:cyd@initech.example',
    'email:dan@gmail.com',
  ],
  contacts: ['crm:c1', 'crm:c2', 'crm:c3'],
  devices: ['anonymous:a1', 'anonymous:a2', 'anonymous:a3'],
};
/** So few that they are joined, parted and take each other's devices again and again. */
const FEW: People = {
  users: ['user:u1', 'user:u2'],
  mails: ['email:ada@acme.example', 'email:dan@gmail.com'],
  contacts: ['crm:c1'],
  devices: ['anonymous:a1'],
};

type MakeEntry = (nth: number) => Entry;

const numbered = (made: readonly MakeEntry[], from: number): Entry[] =>
  made.map((make, nth) => make(from + nth));

function lateBatchesOf({ users, mails, contacts, devices }: People): fc.Arbitrary<LateBatch> {
  const known = fc.constantFrom(...users, ...mails, ...contacts);
  const device = fc.constantFrom(...devices);
  const time = fc.integer({ min: 0, max: 40 });
  const two = (keys: fc.Arbitrary<IdentityKey>): fc.Arbitrary<IdentityKey[]> =>
    fc.uniqueArray(keys, { minLength: 2, maxLength: 2 });

  const named: fc.Arbitrary<readonly IdentityKey[]> = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(known, device) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...users), fc.constantFrom(...mails)) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...mails), fc.constantFrom(...contacts)) },
    { weight: 1, arbitrary: fc.uniqueArray(known, { minLength: 3, maxLength: 3 }) },
  );
  const alone: fc.Arbitrary<readonly IdentityKey[]> = fc.oneof(known, device).map((key) => [key]);
  const scope = fc.constantFrom({}, {}, { keyScope: 'public' as const });

  const touch = (identity: fc.Arbitrary<readonly IdentityKey[]>): fc.Arbitrary<MakeEntry> =>
    fc
      .record({
        at: time,
        identity,
        kind: fc.constantFrom('page_view' as const, 'form_fill' as const, 'demo_request' as const),
        traits: fc.constantFrom({}, {}, { title: 'CTO' }),
        scope,
      })
      .map(
        ({ at, identity: keys, scope: keyScope, ...more }) =>
          (nth) =>
            pageView(`touch ${nth}`, at, keys, { ...more, ...keyScope }),
      );

  const claim: fc.Arbitrary<MakeEntry> = fc.record({ at: time, identity: named, scope }).map(
    ({ at, identity, scope: keyScope }) =>
      (nth) =>
        entry(`claim ${nth}`, `identity-${identity[0]}`, 'IdentityClaimed', at, { identity, ...keyScope }),
  );

  const decision: fc.Arbitrary<MakeEntry> = fc
    .record({
      at: time,
      type: fc.constantFrom(
        'IdentitiesMerged' as const,
        'IdentitiesMerged' as const,
        'IdentitiesSplit' as const,
      ),
      pair: two(known),
    })
    .map(
      ({ at, type, pair: [key, otherKey] }) =>
        (nth) =>
          entry(`decision ${nth}`, `identity-${key}`, type, at, {
            ...{ leadId: '', otherLeadId: '', key: key!, otherKey: otherKey! },
          }),
    );

  const contact: fc.Arbitrary<MakeEntry> = fc
    .record({
      at: time,
      keys: fc.tuple(fc.constantFrom(...contacts), fc.constantFrom(...mails)),
      accountId: fc.constantFrom('acme', 'crm-account'),
    })
    .map(
      ({ at, keys, accountId }) =>
        (nth) =>
          entry(`contact ${nth}`, 'opportunity-1', 'ContactRoleAssigned', at, {
            ...{ opportunityId: 'opp-1', contact: keys, role: 'champion', accountId },
          }),
    );

  const account: fc.Arbitrary<MakeEntry> = fc
    .record({
      at: time,
      accountId: fc.constantFrom('acme', 'initech'),
      domain: fc.constantFrom('acme.example', 'initech.example'),
    })
    .map(
      ({ at, ...data }) =>
        (nth) =>
          entry(`account ${nth}`, `account-${data.accountId}`, 'AccountObserved', at, data),
    );

  const history = fc.oneof(
    { weight: 4, arbitrary: touch(fc.oneof(named, alone)) },
    { weight: 4, arbitrary: claim },
    { weight: 3, arbitrary: decision },
    { weight: 1, arbitrary: contact },
    { weight: 1, arbitrary: account },
  );
  const late = fc.oneof(
    { weight: 6, arbitrary: touch(fc.oneof(named, alone)) },
    { weight: 2, arbitrary: claim },
    { weight: 2, arbitrary: decision },
    { weight: 1, arbitrary: contact },
    { weight: 2, arbitrary: account },
  );
  return fc
    .record({
      before: fc.array(history, { minLength: 3, maxLength: 10 }),
      batch: fc.array(late, { minLength: 2, maxLength: 5 }),
    })
    .map(({ before, batch }) => ({ before: numbered(before, 0), batch: numbered(batch, before.length) }));
}

export const lateBatches: fc.Arbitrary<LateBatch> = fc
  .oneof(lateBatchesOf(MANY), lateBatchesOf(FEW))
  .map((world) => ({
    ...world,
    [fc.toStringMethod]: () => [...world.before, '---', ...world.batch].map(printed).join('\n'),
  }));

const printed = (entry: Entry | string): string =>
  typeof entry === 'string'
    ? entry
    : `${entry.event.occurredAt.toISOString().slice(5, 13)} ${entry.event.type} ${JSON.stringify(entry.event.data)}`;
