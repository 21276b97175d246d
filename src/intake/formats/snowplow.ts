import type { Format, Message } from '../format.js';
import { derivedMessageId, emailIn, idOf, type Ids, messageIdOf } from '../identities.js';
import { resolveIds } from '../mapped-ids.js';
import { isRejected, reject, type Rejected } from '../outcome.js';
import type { Reading } from '../reading.js';
import type { ClientTime } from '../time.js';
import { buildTouchpoint, subjectOf, touchpointFacts } from '../touchpoint.js';
import { SNOWPLOW_ENDPOINTS } from './snowplow/endpoints.js';
import { checkItem, eventSchema, payloadSchema, type SnowplowItem } from './snowplow/item.js';
import { pingMessageId } from './snowplow/page-ping.js';
import { entitiesOf } from './snowplow/self-describing.js';
import { draftOf, type Entities, pageViewOf } from './snowplow/touchpoint.js';

/** Snowplow's trackers: docs.snowplow.io, tracker protocol version 2. */
export const snowplow: Format = {
  name: 'snowplow',
  requestBytes: 1024 * 1024,
  requestItems: 2500,
  endpoints: SNOWPLOW_ENDPOINTS,
  schema: eventSchema,
  schemas: { SnowplowEvent: eventSchema, SnowplowPayload: payloadSchema },
  tags: [
    {
      name: 'Collect: Snowplow',
      description: 'Point a Snowplow tracker here: only its collector and app id change',
    },
  ],

  read(item, reading) {
    const fault = checkItem(item);
    if (fault) return fault;
    return message(item as SnowplowItem, reading);
  },
};

function message(item: SnowplowItem, reading: Reading): Message | Rejected {
  const entities = entitiesOf(item);
  if (!entities)
    reading.warn(
      'contexts-invalid',
      'is not JSON of the schema contexts',
      item.co === undefined ? 'cx' : 'co',
    );
  return messageWith(item, entities ?? new Map(), reading);
}

function messageWith(item: SnowplowItem, entities: Entities, reading: Reading): Message | Rejected {
  const found = idsOf(item, entities, reading);
  const draft = draftOf(item, isRejected(found) ? {} : found, entities, reading);
  if (isRejected(draft)) return isRejected(found) ? found : draft;
  const ids = resolveIds(found, () => subjectOf(draft), reading);
  if (isRejected(ids)) return ids;
  const data = buildTouchpoint(
    isRejected(found) ? { ...draft, ids: { ...draft.ids, ...ids } } : draft,
    reading,
  );
  const ping = item.e === 'pp' ? pingMessageId(item, pageViewOf(entities)) : undefined;
  return {
    messageId: ping ?? messageIdOf(item.eid) ?? contentId(item),
    time: timeOf(item),
    facts: touchpointFacts(data),
  };
}

/** What an event without id is known by: all that stays the same when it is sent again. */
function contentId({ nuid: _, ua: __, ip: ___, ...content }: SnowplowItem): string | undefined {
  return content.dtm === undefined && content.ttm === undefined ? undefined : derivedMessageId(content, '');
}

const timeOf = ({ ttm, dtm, stm }: SnowplowItem): ClientTime =>
  ttm === undefined || ttm === null
    ? { originalTimestamp: dtm, sentAt: stm, path: 'dtm' }
    : { timestamp: ttm, path: 'ttm' };

/** What trackers send for a user that they keep no id of. */
const NO_ID = '00000000-0000-0000-0000-000000000000';

/**
 * The user, and the browser by its network and domain ids. A browser that keeps no ids (anonymous tracking) is somebody new in
 * each session, or else in each page view.
 */
function idsOf(item: SnowplowItem, entities: Entities, reading: Reading): Ids | Rejected {
  const found: Record<string, string> = {};
  for (const name of ['uid', 'tnuid', 'nuid', 'duid'] as const) {
    const id = idOf(item[name], name, reading);
    if (id === undefined) continue;
    if (typeof id !== 'string') return id;
    found[name] = id;
  }
  const session = entities.get('client_session')?.[0]?.userId;
  const device =
    found.duid ?? (session === NO_ID ? undefined : optional(session, 'co.client_session', reading));
  const network = found.tnuid ?? found.nuid;
  const user = found.uid;
  const anonymous =
    device ?? (network === undefined && user === undefined ? visitOf(item, entities, reading) : undefined);
  if (user === undefined && network === undefined && anonymous === undefined)
    return reject('identity-missing', 'one of uid, duid, nuid is required', 'duid');
  return { user, email: emailIn(user), network, anonymous };
}

function visitOf(item: SnowplowItem, entities: Entities, reading: Reading): string | undefined {
  if (item.p !== 'web') return undefined;
  return (
    optional(item.sid, 'sid', reading) ??
    optional(pageViewOf(entities), 'co.web_page.id', reading) ??
    optional(item.eid, 'eid', reading)
  );
}

/** An id that others stand in for: what is none is passed over, like the placeholder of a tracker that keeps none. */
function optional(value: unknown, path: string, reading: Reading): string | undefined {
  const id = idOf(value, path, reading);
  return typeof id === 'string' ? id : undefined;
}
