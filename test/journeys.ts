import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { EventData, EventType, NewEvent, RecordedEvent } from '../src/domain/events.js';
import { identityKey, type IdentityKey } from '../src/domain/identity/keys.js';
import type { JourneyModel } from '../src/domain/model/journey-model.js';
import { nameOfModel } from './sample-events.js';

export { OTHER_MODEL, TEST_MODEL } from './journey-models.js';

/** Journeys that make trouble: few people with many names, shared computers, merges and splits, equal times. */

const known: readonly IdentityKey[] = [
  identityKey('user', 'u1'),
  identityKey('user', 'u2'),
  identityKey('user', 'u3'),
  identityKey('email', 'ada@acme.example.com'),
  identityKey('email', 'bob@acme.example.com'),
  identityKey('email', 'cyd@initech.example.org'),
  identityKey('email', 'ada@gmail.com'),
  identityKey('crm', 'c1'),
];
export const KNOWN_KEYS = known;
const anonymous: readonly IdentityKey[] = ['a1', 'a2', 'a3'].map((each) => identityKey('anonymous', each));

export const START = Date.UTC(2026, 0, 5);
const HOUR = 3_600_000;

/** Few distinct times, so that many events happen at once; some hours apart and some weeks. */
const time = fc
  .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 4 }), fc.constantFrom(0, 10, 40))
  .map(([week, hour, minute]) => new Date(START + week * 7 * 24 * HOUR + hour * HOUR + minute * 60_000));

const oneAnonymous = fc.constantFrom(...anonymous);
const oneKnown = fc.constantFrom(...known);

const identity: fc.Arbitrary<readonly IdentityKey[]> = fc.oneof(
  { weight: 8, arbitrary: oneAnonymous.map((key) => [key]) },
  { weight: 4, arbitrary: oneKnown.map((key) => [key]) },
  { weight: 6, arbitrary: fc.tuple(oneAnonymous, oneKnown).map((keys) => [...keys]) },
  { weight: 1, arbitrary: fc.uniqueArray(oneKnown, { minLength: 2, maxLength: 2 }) },
  { weight: 1, arbitrary: fc.uniqueArray(oneAnonymous, { minLength: 2, maxLength: 2 }) },
  {
    weight: 1,
    arbitrary: fc.tuple(oneKnown, oneKnown, oneAnonymous).map((keys) => [...new Set<IdentityKey>(keys)]),
  },
);

const traits = fc.option(
  fc.record(
    {
      title: fc.constantFrom('CTO', 'CFO', 'Manager', null),
      company: fc.constantFrom('Acme', 'Initech'),
      employees: fc.constantFrom(10, 500),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined, freq: 4 },
);
const keyScope = fc.constantFrom(undefined, 'public' as const);
const accountId = fc.option(fc.constantFrom('acme', 'initech', 'globex'), { nil: undefined, freq: 8 });

const content = fc.option(
  fc.constantFrom(
    { url: 'https://www.acme.example/pricing?utm_source=x' },
    { url: 'https://www.acme.example/blog/one' },
    { url: 'https://www.acme.example/blog/two/', title: 'Two' },
    { id: 'wp-1', title: 'Given', type: 'white_paper' },
  ),
  { nil: undefined, freq: 4 },
);

const withoutUndefined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;

const referral = { channel: 'referral' as const, medium: 'referral' };

/** A page on the way that every workspace knows, one of a workspace's own (OTHER_MODEL), and a partner's. */
const came = fc.constantFrom(
  { channel: 'email' as const },
  { channel: 'direct' as const },
  { channel: 'organic_search' as const, source: 'google', medium: 'organic' },
  { ...referral, source: 'acme.okta.com' },
  { ...referral, source: 'portal.acme.example' },
  { ...referral, source: 'partner.example' },
);

const touchpoint = fc
  .record({
    identity,
    kind: fc.constantFrom(
      'page_view' as const,
      'form_fill' as const,
      'demo_request' as const,
      'email_open' as const,
    ),
    came,
    verdict: fc.constantFrom('human' as const, 'human' as const, 'unknown' as const, 'crawler' as const),
    content,
    traits,
    accountId,
    keyScope,
    campaign: fc.option(fc.constantFrom('spring', 'back\\slash\ttab\nline'), { nil: undefined }),
    properties: fc.option(fc.constant({ plan: 'pro' }), { nil: undefined }),
  })
  .map(({ came: origin, ...data }) => ({
    type: 'TouchpointRecorded' as const,
    data: withoutUndefined({ ...origin, ...data }),
  }));

const claim = fc
  .record({ identity, traits, accountId, keyScope })
  .map((data) => ({ type: 'IdentityClaimed' as const, data: withoutUndefined(data) }));

const decision = fc
  .tuple(fc.constantFrom('IdentitiesMerged' as const, 'IdentitiesSplit' as const), oneKnown, oneKnown)
  .filter(([, key, otherKey]) => key !== otherKey)
  .map(([type, key, otherKey]) => ({ type, data: { leadId: '', otherLeadId: '', key, otherKey } }));

const account = fc
  .record({
    accountId: fc.constantFrom('acme', 'initech', 'umbrella'),
    name: fc.option(fc.constantFrom('One', 'Two'), { nil: undefined }),
    domain: fc.option(fc.constantFrom('example.com', 'example.org'), { nil: undefined }),
  })
  .map((data) => ({ type: 'AccountObserved' as const, data: withoutUndefined(data) }));

const contact = fc
  .record({
    opportunityId: fc.constant('opp-1'),
    accountId: fc.option(fc.constantFrom('from-crm', 'acme'), { nil: undefined }),
    contact: fc.uniqueArray(oneKnown, { minLength: 1, maxLength: 2 }),
    role: fc.constantFrom('decision_maker', null),
  })
  .map((data) => ({ type: 'ContactRoleAssigned' as const, data: withoutUndefined(data) }));

const consent = fc
  .record({
    identity,
    keyScope,
    channel: fc.constant('email' as const),
    status: fc.constantFrom('subscribed' as const, 'unsubscribed' as const),
    reason: fc.constantFrom('unsubscribe' as const, 'spam_complaint' as const, 'crm' as const),
  })
  .map((data) => ({ type: 'ConsentChanged' as const, data: withoutUndefined(data) }));

export interface Happening {
  readonly type: EventType;
  readonly data: EventData[EventType];
  readonly at: Date;
}

export const happenings = (maxLength: number): fc.Arbitrary<readonly Happening[]> =>
  fc.array(
    fc
      .tuple(
        fc.oneof(
          { weight: 20, arbitrary: touchpoint },
          { weight: 4, arbitrary: claim },
          { weight: 2, arbitrary: decision },
          { weight: 1, arbitrary: account },
          { weight: 1, arbitrary: contact },
          { weight: 1, arbitrary: consent },
        ),
        time,
      )
      .map(([event, at]) => ({ ...event, at }) as Happening),
    { minLength: 1, maxLength },
  );

const idOf = (workspace: string, at: number): string => {
  const hash = createHash('md5').update(`${workspace}-${at}`).digest('hex');
  return [hash.slice(0, 8), hash.slice(8, 12), hash.slice(12, 16), hash.slice(16, 20), hash.slice(20)].join(
    '-',
  );
};

/** Events with their ids; what happened first has not the least id. */
export const eventsOf = (all: readonly Happening[], workspace = 'main'): readonly NewEvent[] =>
  all.map(
    ({ type, data, at }, nth) =>
      ({
        id: idOf(workspace, nth),
        type,
        schemaVersion: 1,
        occurredAt: at,
        collector: 'web',
        data,
      }) as NewEvent,
  );

export const published = (document: JourneyModel, nth: number): NewEvent => ({
  id: idOf(nameOfModel('model', document), nth),
  type: 'JourneyModelPublished',
  schemaVersion: 1,
  occurredAt: new Date(START),
  data: { document },
});

/** The log when the events arrived in this order, from a position on. */
export function logged(events: readonly NewEvent[], workspace = 'main', from = 1n): RecordedEvent[] {
  let model = 0;
  return events.map((event, at) => ({
    ...event,
    workspace,
    position: from + BigInt(at),
    stream: event.type === 'JourneyModelPublished' ? 'model' : 'any',
    version: event.type === 'JourneyModelPublished' ? ++model : at + 1,
    recordedAt: new Date(START + 365 * 24 * HOUR),
  }));
}
