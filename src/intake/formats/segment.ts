import { type Fact, type Format, isObject, type JsonObject, type Message } from '../format.js';
import { idOf, type Ids, isEmail, keysOf, messageIdOf } from '../identities.js';
import { isRejected, reject, type Rejected } from '../outcome.js';
import { firstText, nonEmpty, objectOr, text } from '../values.js';
import { domainOf } from '../address.js';
import type { IdentityKey } from '../../domain/identity.js';
import { accountOf, checkSegmentItem, type SegmentCall, type SegmentItem } from './segment-item.js';
import { segmentTouchpoint } from './segment-touchpoint.js';

/** Segment's HTTP API and its clients: segment.com/docs/connections/sources/catalog/libraries/server/http-api. */
export const segment: Format = {
  name: 'segment',
  requestBytes: 500 * 1024,
  requestItems: 2500,

  split(body, call) {
    if (!isObject(body)) return reject('unreadable-body', 'The body must be a JSON object');
    if (call !== 'batch') return { items: [{ ...body, type: call }] };
    if (!Array.isArray(body.batch)) return reject('unreadable-body', 'must be a list of events', 'batch');
    const { context, integrations, sentAt } = body;
    const items: readonly unknown[] = body.batch;
    const outer = { context, integrations, sentAt };
    return { items: items.map((item) => (isObject(item) ? merged(item, outer) : item)) };
  },

  read(item) {
    const fault = checkSegmentItem(item);
    if (fault) return fault;
    return message(item as SegmentItem);
  },
};

/** What the batch says for all its events, the event's own word going first. */
function merged(item: JsonObject, outer: JsonObject): JsonObject {
  let whole = item;
  for (const name of ['context', 'integrations'] as const) {
    const shared = outer[name];
    if (!isObject(shared)) continue;
    const own = item[name];
    if (own === undefined || own === null || isObject(own))
      whole = { ...whole, [name]: { ...shared, ...own } };
  }
  if (outer.sentAt === undefined || item.sentAt !== undefined) return whole;
  return { ...whole, sentAt: outer.sentAt };
}

function message(item: SegmentItem): Message | Rejected {
  const facts = MEANINGS[item.type](item);
  if (isRejected(facts)) return facts;
  const { timestamp, originalTimestamp, sentAt } = item;
  return { messageId: messageIdOf(item.messageId), time: { timestamp, originalTimestamp, sentAt }, facts };
}

const MEANINGS: Readonly<Record<SegmentCall, (item: SegmentItem) => readonly Fact[] | Rejected>> = {
  page: touchpoint,
  screen: touchpoint,
  track: touchpoint,
  identify,
  group,
  alias,
};

function touchpoint(item: SegmentItem): readonly Fact[] | Rejected {
  if (item.type === 'track' && text(item.event) === undefined) {
    return reject('missing-field', 'a track call names its event', 'event');
  }
  const ids = idsOf(item, objectOr(objectOr(item.context).traits));
  if (isRejected(ids)) return ids;
  const data = segmentTouchpoint(item, ids);
  return [{ type: 'TouchpointRecorded', stream: `touchpoints-${data.identity[0]}`, data }];
}

function identify(item: SegmentItem): readonly Fact[] | Rejected {
  const context = objectOr(item.context);
  const traits = { ...objectOr(context.traits), ...objectOr(item.traits) };
  const ids = idsOf(item, traits);
  if (isRejected(ids)) return ids;
  return [claim(keysOf(ids), traits, accountOf(context))];
}

function group(item: SegmentItem): readonly Fact[] | Rejected {
  const context = objectOr(item.context);
  const accountId = idOf(item.groupId, 'groupId');
  if (accountId === undefined) return reject('missing-field', 'a group call names its group', 'groupId');
  if (typeof accountId !== 'string') return accountId;
  const personal = objectOr(context.traits);
  const ids = idsOf(item, personal);
  if (isRejected(ids)) return ids;
  const traits = nonEmpty(objectOr(item.traits));
  const name = traits && firstText(traits, ['name', 'company', 'companyName']);
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

/** The previous id may be that of a user or an anonymous one: the client does not say, so it is claimed as both. */
function alias(item: SegmentItem): readonly Fact[] | Rejected {
  const user = idOf(item.userId, 'userId');
  if (user !== undefined && typeof user !== 'string') return user;
  const previous = idOf(item.previousId ?? item.anonymousId, 'previousId');
  if (previous !== undefined && typeof previous !== 'string') return previous;
  if (user === undefined) return reject('identity-missing', 'an alias call names the new id', 'userId');
  if (previous === undefined)
    return reject('identity-missing', 'an alias call names the old id', 'previousId');
  const keys = [...keysOf({ user }), ...keysOf({ user: previous, anonymous: previous })];
  return [claim([...new Set(keys)], {}, undefined)];
}

function claim(identity: readonly IdentityKey[], traits: JsonObject, accountId: string | undefined): Fact {
  const told = nonEmpty(traits);
  const data = { identity, ...(told ? { traits: told } : {}), ...(accountId ? { accountId } : {}) };
  return { type: 'IdentityClaimed', stream: `identity-${identity[0]}`, data };
}

/** A user id that is an e-mail address is also an e-mail key, so that mail events find the same person. */
function idsOf(item: SegmentItem, traits: JsonObject): Ids | Rejected {
  const user = idOf(item.userId, 'userId');
  if (user !== undefined && typeof user !== 'string') return user;
  const anonymous = idOf(item.anonymousId, 'anonymousId');
  if (anonymous !== undefined && typeof anonymous !== 'string') return anonymous;
  const crm = idOf(traits.crmId ?? traits.crm_id, 'traits.crmId');
  const address = [traits.email, user].find(isEmail);
  if (user === undefined && anonymous === undefined) {
    return reject('identity-missing', 'userId or anonymousId is required', 'userId');
  }
  return { user, email: address, crm: typeof crm === 'string' ? crm : undefined, anonymous };
}
