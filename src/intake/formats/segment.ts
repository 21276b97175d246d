import type { Fact, Format, Message } from '../format.js';
import type { JsonObject } from '../json.js';
import { emailIn, emailOf, idOf, type Ids, keysOf, messageIdOf, optionalId } from '../identities.js';
import { resolveIds } from '../mapped-ids.js';
import { isRejected, reject, type Rejected } from '../outcome.js';
import type { Reading } from '../reading.js';
import type { ClientTime } from '../time.js';
import { firstLabel, firstText, labelOf, nonEmpty, objectOr } from '../values.js';
import { domainOf } from '../address.js';
import type { IdentityKey } from '../../domain/identity/keys.js';
import { answerSchema, SEGMENT_ENDPOINTS } from './segment/endpoints.js';
import {
  accountOf,
  batchSchema,
  checkSegmentItem,
  eventSchema,
  sentEventSchema,
  type SegmentCall,
  type SegmentItem,
} from './segment/item.js';
import { touchpointFacts } from '../touchpoint.js';
import { segmentSubject, segmentTouchpoint } from './segment/touchpoint.js';

/** Segment's HTTP API and its clients: segment.com/docs/connections/sources/catalog/libraries/server/http-api. */
export const segment: Format = {
  name: 'segment',
  requestBytes: 500 * 1024,
  requestItems: 2500,
  endpoints: SEGMENT_ENDPOINTS,
  schema: eventSchema,
  schemas: { SegmentEvent: sentEventSchema, SegmentBatch: batchSchema, SegmentAnswer: answerSchema },
  tags: [
    { name: 'Collect: Segment', description: 'Point a Segment client here: only its host and key change' },
    {
      name: 'Collect: RudderStack',
      description: 'RudderStack’s SDKs send to the routes of Segment, and to these',
    },
  ],

  read(item, reading) {
    const fault = checkSegmentItem(item);
    if (fault) return fault;
    return message(item as SegmentItem, reading);
  },
};

function message(item: SegmentItem, reading: Reading): Message | Rejected {
  const facts = MEANINGS[item.type](item, reading);
  return isRejected(facts)
    ? facts
    : { messageId: messageIdOf(item.messageId), time: timeOf(item, reading), facts };
}

/** What is imported happened long before it is sent: the clock that sends it says nothing about its times. */
function timeOf({ timestamp, originalTimestamp, sentAt }: SegmentItem, { call }: Reading): ClientTime {
  const path = timestamp === undefined || timestamp === null ? 'originalTimestamp' : 'timestamp';
  return { timestamp, originalTimestamp, path, ...(call === 'import' ? {} : { sentAt }) };
}

type Meaning = (item: SegmentItem, reading: Reading) => readonly Fact[] | Rejected;

const MEANINGS: Readonly<Record<SegmentCall, Meaning>> = {
  page: touchpoint,
  screen: touchpoint,
  track: touchpoint,
  identify,
  group,
  alias,
};

function touchpoint(item: SegmentItem, reading: Reading): readonly Fact[] | Rejected {
  if (item.type === 'track' && labelOf(item.event) === undefined) {
    return reject('missing-field', 'a track call must name its event', 'event');
  }
  const found = idsOf(item, objectOr(objectOr(item.context).traits), reading);
  const ids = resolveIds(found, () => segmentSubject(item), reading);
  if (isRejected(ids)) return ids;
  const data = segmentTouchpoint(item, ids, reading);
  return touchpointFacts(data);
}

function identify(item: SegmentItem, reading: Reading): readonly Fact[] | Rejected {
  const context = objectOr(item.context);
  const traits = { ...objectOr(context.traits), ...objectOr(item.traits) };
  const ids = resolveIds(idsOf(item, traits, reading), () => ({}), reading);
  if (isRejected(ids)) return ids;
  return [claim(keysOf(ids), traits, accountOf(context, reading))];
}

function group(item: SegmentItem, reading: Reading): readonly Fact[] | Rejected {
  const context = objectOr(item.context);
  const accountId = idOf(item.groupId, 'groupId', reading);
  if (accountId === undefined) return reject('missing-field', 'a group call must name its group', 'groupId');
  if (typeof accountId !== 'string') return accountId;
  const personal = objectOr(context.traits);
  const ids = resolveIds(idsOf(item, personal, reading), () => ({}), reading);
  if (isRejected(ids)) return ids;
  const traits = nonEmpty(objectOr(item.traits));
  const name = traits && firstLabel(traits, ['name', 'company', 'companyName']);
  const domain = traits && domainOf(firstText(traits, ['domain', 'website', 'url'], 2048));
  return [
    claim(keysOf(ids), personal, accountId),
    {
      type: 'AccountObserved',
      stream: `account-${accountId}`,
      part: 'account',
      data: {
        accountId,
        ...(name ? { name } : {}),
        ...(domain ? { domain } : {}),
        ...(traits ? { traits } : {}),
      },
    },
  ];
}

/** Two ids of one person, the new one first. */
function alias(item: SegmentItem, reading: Reading): readonly Fact[] | Rejected {
  const user = idOf(item.userId, 'userId', reading);
  if (user !== undefined && typeof user !== 'string') return user;
  const anonymous = idOf(item.anonymousId, 'anonymousId', reading);
  if (anonymous !== undefined && typeof anonymous !== 'string') return anonymous;
  const previous = idOf(item.previousId, 'previousId', reading) ?? anonymous;
  if (previous !== undefined && typeof previous !== 'string') return previous;
  if (user === undefined) return reject('identity-missing', 'an alias call must name the new id', 'userId');
  if (previous === undefined)
    return reject('identity-missing', 'an alias call must name the old id', 'previousId');
  const keys = [
    ...keysOf({ user, email: emailIn(user), anonymous }),
    ...keysOf(previousIds(previous, anonymous)),
  ];
  return [claim([...new Set(keys)], {}, undefined)];
}

/** As trackers make them: Segment's, RudderStack's and similar ones all assign UUIDs to browsers and devices. */
const GENERATED = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/**
 * What kind of id a previous id is. A client that calls `alias(userId)` sends the anonymous id of its browser there, which
 * others may have used, too; else it is the id the person had as a user. Where neither is certain, it is taken as both.
 */
function previousIds(previous: string, anonymous: string | undefined): Ids {
  const email = emailIn(previous);
  if (email !== undefined) return { user: previous, email };
  if (previous === anonymous || GENERATED.test(previous)) return { anonymous: previous };
  return anonymous === undefined ? { user: previous, anonymous: previous } : { user: previous };
}

function claim(identity: readonly IdentityKey[], traits: JsonObject, accountId: string | undefined): Fact {
  const told = nonEmpty(traits);
  const data = { identity, ...(told ? { traits: told } : {}), ...(accountId ? { accountId } : {}) };
  return { type: 'IdentityClaimed', stream: `identity-${identity[0]}`, data };
}

/** @param traits of the person, whichever field they came in */
function idsOf(item: SegmentItem, traits: JsonObject, reading: Reading): Ids | Rejected {
  const user = idOf(item.userId, 'userId', reading);
  if (user !== undefined && typeof user !== 'string') return user;
  const anonymous = idOf(item.anonymousId, 'anonymousId', reading);
  if (anonymous !== undefined && typeof anonymous !== 'string') return anonymous;
  const crmName = traits.crmId === undefined || traits.crmId === null ? 'crm_id' : 'crmId';
  const crm = optionalId(traits[crmName], traitPath(item, crmName), reading);
  const email = emailOf(traits.email, traitPath(item, 'email'), reading) ?? emailIn(user);
  if (user === undefined && anonymous === undefined) {
    return reject('identity-missing', 'userId or anonymousId is required', 'userId');
  }
  return { user, email, crm, anonymous };
}

/** The traits of an `identify` call are the person's, those of a `group` call the company's. */
const traitPath = ({ type, traits }: SegmentItem, name: string): string =>
  type === 'identify' && name in objectOr(traits) ? `traits.${name}` : `context.traits.${name}`;
