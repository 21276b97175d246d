import { MESSAGE_ID_LENGTH } from '../../identities.js';
import type { JsonObject } from '../../json.js';
import { advisory, anyOf, checker, oneOf, type Static, Type } from '../../schema.js';

/** By their names in the protocol. */
export const SNOWPLOW_EVENTS = ['pv', 'pp', 'se', 'ue', 'tr', 'ti'] as const;
export type SnowplowEvent = (typeof SNOWPLOW_EVENTS)[number];

type Scalar = string | number | null;

/** Trackers send every value as text; numbers are accepted from others. */
const field = (description: string, options: object = {}) =>
  Type.Optional(anyOf<Scalar>(['string', 'number', 'null'], { description, ...options }));
/** Ids and times are judged by who reads them. */
const judged = (description: string) =>
  Type.Optional(advisory(anyOf<Scalar>(['string', 'number', 'null'], { description })));
const json = (description: string) =>
  Type.Optional(anyOf<string | JsonObject | null>(['string', 'object', 'null'], { description }));

/** An event of the tracker protocol, version 2. */
export const eventSchema = Type.Object(
  {
    e: oneOf(
      SNOWPLOW_EVENTS,
      'Page view, page ping, structured, self-describing, transaction, transaction item',
    ),
    eid: field('Id of the event: the same for every try', { maxLength: MESSAGE_ID_LENGTH }),
    aid: field('App id: of a collector, or a write key'),
    p: field('Platform: web, mob, srv …'),
    dtm: judged('When it happened, in ms; put right by stm'),
    stm: judged('When it was sent, in ms'),
    ttm: judged('When it happened where its clock is known to be right, in ms'),
    duid: judged('Domain user id: of a browser on this site'),
    nuid: judged('Network user id: of a browser; without it, that of the cookie sp'),
    tnuid: judged('The same, set by the tracker'),
    uid: judged('User id'),
    sid: judged('Session id'),
    vid: field('Number of the session'),
    url: field('Address of the page'),
    page: field('Title of the page'),
    refr: field('Address of the page before'),
    ua: field('User agent, where the request is not of the browser itself'),
    ip: field('Address of the client, likewise'),
    lang: field('Language of the browser'),
    se_ca: field('Category of a structured event'),
    se_ac: field('Action'),
    se_la: field('Label'),
    se_pr: field('Property'),
    se_va: field('Value'),
    ue_px: field('A self-describing event in base64url'),
    ue_pr: json('The same as JSON'),
    cx: field('Entities (contexts) in base64url'),
    co: json('The same as JSON'),
  },
  {
    additionalProperties: true,
    description: 'An event of Snowplow’s tracker protocol; further fields of the protocol are accepted',
  },
);

export const payloadSchema = Type.Object({
  schema: Type.Optional(Type.String({ description: 'iglu:com.snowplowanalytics.snowplow/payload_data/…' })),
  data: Type.Array(Type.Unsafe({ $ref: '#/components/schemas/SnowplowEvent' })),
});

/** An event after `checkItem`. */
export type SnowplowItem = Readonly<Static<typeof eventSchema>> & JsonObject;

export const checkItem = checker(eventSchema);
