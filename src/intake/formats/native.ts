import type { ContentRef, TouchpointContext } from '../../domain/touchpoint.js';
import { addressOf } from '../address.js';
import type { Format, Message } from '../format.js';
import type { JsonObject } from '../json.js';
import { emailIn, emailOf, idOf, isEmailOrPlaceholder, type Ids, messageIdOf } from '../identities.js';
import { resolveIds } from '../mapped-ids.js';
import { isRejected, reject, type Rejected } from '../outcome.js';
import type { Reading } from '../reading.js';
import { buildTouchpoint, type TouchpointDraft, touchpointFacts } from '../touchpoint.js';
import { defined, labelOf, nonEmpty, objectOr, text } from '../values.js';
import { touchpointRecord, touchpoints } from './native/endpoints.js';
import { checkTouchpoint, FIELDS, type NativeItem, touchpointSchema } from './native/schema.js';

/** Touchline's own format: one touchpoint or a list of them, answered by a receipt each. */
export const native: Format = {
  name: 'native',
  requestBytes: 1024 * 1024,
  requestItems: 2500,
  endpoints: [touchpoints],
  record: touchpointRecord,
  schema: touchpointSchema,
  schemas: { Touchpoint: touchpointSchema },
  tags: [{ name: 'Collect', description: 'Touchline’s own format' }],

  read(item, reading) {
    const fault = checkTouchpoint(item);
    if (fault) return fault;
    return message(item as NativeItem, reading);
  },
};

function message(item: NativeItem, reading: Reading): Message | Rejected {
  const messageId = messageIdOf(item.messageId);
  if (messageId === undefined) return reject('missing-field', 'is required', 'messageId');
  const url = addressOf(item.content?.url)?.canonical;
  const subject = () => ({ event: labelOf(item.name), url, kind: item.kind });
  const ids = resolveIds(idsOf(item, reading), subject, reading);
  if (isRejected(ids)) return ids;
  const content = contentOf(item.content);
  if (content && isRejected(content)) return content;
  const accountId = idOf(item.accountId, 'accountId', reading);
  if (accountId !== undefined && typeof accountId !== 'string') return accountId;
  const data = buildTouchpoint(draftOf(item, ids, content, accountId), reading);
  return {
    messageId,
    time: { originalTimestamp: item.occurredAt, sentAt: item.sentAt, path: 'occurredAt' },
    facts: touchpointFacts(data),
  };
}

const draftOf = (
  item: NativeItem,
  ids: Ids,
  content: ContentRef | undefined,
  accountId: string | undefined,
): TouchpointDraft => ({
  ...{ kind: item.kind, name: item.name, ids, content, accountId, rep: labelOf(item.rep) },
  ...{ channel: item.channel, source: item.source, medium: item.medium, campaign: item.campaign },
  address: addressOf(item.content?.url),
  traits: objectOr(item.traits),
  properties: propertiesOf(item),
  context: contextOf(objectOr(item.context)),
});

function idsOf(item: NativeItem, reading: Reading): Ids | Rejected {
  const ids: { user?: string; crm?: string; anonymous?: string; email?: string } = {};
  for (const [kind, field] of ID_FIELDS) {
    const id = idOf(item[field], field, reading);
    if (id === undefined) continue;
    if (typeof id !== 'string') return id;
    ids[kind] = id;
  }
  const email = emailAmong(item, ids.user, reading);
  if (email !== undefined && typeof email !== 'string') return email;
  if (email !== undefined) ids.email = email;
  if (nonEmpty(ids)) return ids;
  return reject('identity-missing', 'one of userId, email, crmId, anonymousId is required', 'userId');
}

/** The field of its own must be an address; what the traits have is left out when it is none. */
function emailAmong(
  { email, traits }: NativeItem,
  user: string | undefined,
  reading: Reading,
): string | undefined | Rejected {
  const given = text(email, Infinity);
  if (given !== undefined && !isEmailOrPlaceholder(given, reading))
    return reject('identity-invalid', 'is not an e-mail address', 'email');
  return (
    emailOf(given, 'email', reading) ??
    emailOf(objectOr(traits).email, 'traits.email', reading) ??
    emailIn(user)
  );
}

const ID_FIELDS = [
  ['user', 'userId'],
  ['crm', 'crmId'],
  ['anonymous', 'anonymousId'],
] as const;

function contentOf(content: NativeItem['content']): ContentRef | undefined | Rejected {
  if (!content) return undefined;
  const url = content.url ?? undefined;
  const canonical = url === undefined || url === '' ? undefined : addressOf(url)?.canonical;
  if (url && canonical === undefined) {
    return reject('invalid-field', 'must be an absolute http or https URL', 'content.url');
  }
  const { id, title, type } = content;
  const ref = defined({
    id: labelOf(id),
    url: canonical,
    title: labelOf(title, 512),
    type: labelOf(type),
  });
  return nonEmpty(ref) && ref;
}

function contextOf(context: JsonObject): TouchpointContext | undefined {
  const { userAgent, ip, referrer, locale } = context;
  const known = {
    userAgent: text(userAgent, 1024),
    ip: text(ip),
    referrer: text(referrer, 4096),
    locale: text(locale),
  };
  return nonEmpty(defined(known));
}

/** Fields that the format does not know are kept among the properties, whose own fields win. */
function propertiesOf(item: NativeItem): JsonObject {
  let unknown: Record<string, unknown> | undefined;
  for (const field in item) if (!FIELDS.has(field)) (unknown ??= {})[field] = item[field];
  const properties = objectOr(item.properties);
  return unknown ? { ...unknown, ...properties } : properties;
}
