import fc from 'fast-check';
import type { WithdrawalReason } from '../src/domain/events.js';
import type { IdentityKey } from '../src/domain/identity/keys.js';
import type { Revision, Touchpoint } from '../src/domain/touchpoint.js';
import { day, entry, pageView, type Entry } from './sample-events.js';

interface Version {
  readonly id: string;
  readonly scope?: Revision['scope'] | undefined;
  /** Day on which the activity was so in the CRM; undefined: when it happened. */
  readonly modified?: number | undefined;
}

const revision = ({ id, scope, modified }: Version): Revision => ({
  ...{ id, ...(scope && { scope }) },
  ...(modified !== undefined && { at: day(modified).toISOString() }),
});

/** A call or meeting as a CRM reported it. @param at the day on which it took place */
export const activity = (
  name: string,
  version: Version,
  at: number,
  identity: readonly IdentityKey[],
  more: Partial<Touchpoint> = {},
): Entry =>
  pageView(name, at, identity, {
    ...{ kind: 'sales_call', channel: 'sales', content: {}, verdict: 'unknown' },
    revises: revision(version),
    ...more,
  });

/** A report by which it did not take place, or not with the contact that `identity` names. */
export const withdrawal = (
  name: string,
  version: Version & { readonly modified: number },
  reason: WithdrawalReason,
  identity?: readonly IdentityKey[],
): Entry =>
  entry(name, `activity-${version.id}`, 'TouchpointWithdrawn', version.modified, {
    ...{ revises: revision(version), reason },
    ...(identity && { identity }),
  });

export const CONTACTS: readonly IdentityKey[] = [
  ...['1', '2', '3'].map((id): IdentityKey => `crm:${id}`),
  'email:ada@acme.example',
];

const identities: fc.Arbitrary<readonly IdentityKey[]> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...CONTACTS).map((key) => [key]) },
  { weight: 1, arbitrary: fc.constant(['crm:1', 'email:ada@acme.example'] as const) },
  { weight: 1, arbitrary: fc.constant(['crm:2', 'email:ada@acme.example'] as const) },
);

const modified = fc.integer({ min: 10, max: 14 });
const id = fc.constantFrom('a-1', 'a-1', 'a-2');
const scope = fc.constantFrom(undefined, undefined, 'contact' as const);
const collector = fc.constantFrom('crm', 'crm', 'other');

const version = fc.record({
  ...{ identity: identities, id, scope, collector },
  modified: fc.option(modified, { nil: undefined, freq: 8 }),
  at: fc.integer({ min: 18, max: 24 }).map((half) => half / 2),
  kind: fc.constantFrom('sales_call' as const, 'meeting' as const, 'email_click' as const),
  verdict: fc.constantFrom('unknown' as const, 'human' as const, 'crawler' as const),
});
const end = fc.record({
  ...{ id, scope, collector, modified, identity: identities },
  reason: fc.constantFrom<WithdrawalReason>('cancelled', 'deleted', 'planned'),
});

const from = (name: string, { stream, event }: Entry): Entry => ({
  stream,
  event: { ...event, collector: name },
});

/** Reports of a few activities with a few contacts, by two collectors that name them alike. */
export const activities = (maxLength: number): fc.Arbitrary<readonly Entry[]> =>
  fc
    .tuple(
      fc.array(version, { minLength: 2, maxLength, size: 'max' }),
      fc.array(end, { maxLength: maxLength / 4 }),
    )
    .map(([versions, ends]) => [
      ...versions.map(({ identity, at, kind, verdict, collector: by, ...of }, nth) =>
        from(by, activity(`activity ${nth}`, of, at, identity, { kind, verdict, name: `subject ${nth}` })),
      ),
      ...ends.map(({ reason, identity, collector: by, ...of }, nth) =>
        from(by, withdrawal(`end ${nth}`, of, reason, of.scope && identity)),
      ),
    ]);
