import { CATALOGUE_NAMES } from '../domain/catalogue-events.js';
import { warning } from './outcome-schemas.js';
import { COUNT_INTERVALS, COUNT_KEYS } from './rejected-counts.js';
import { anyOf, ref, type TSchema, Type } from './schema.js';

const time = (description: string) => Type.String({ description, format: 'date-time' });
const nullable = (schema: TSchema) => Type.Union([schema, Type.Null()]);
const pageOf = (name: string) => Type.Object({ items: Type.Array(ref(name)), next });
const next = nullable(Type.String({ description: 'Cursor of the next page' }));
const call = Type.String({ description: 'The route: track, batch, touchpoints …' });
const collector = Type.String({ description: 'By whose key' });
const receivedAt = time('When it came first');

const oneOf = (values: readonly string[], description?: string) =>
  Type.Unsafe<string>({ type: 'string', enum: [...values], ...(description && { description }) });

const replayed = Type.Object({
  id: Type.String({ format: 'uuid' }),
  status: oneOf(['accepted', 'rejected']),
  position: Type.Optional(
    nullable(Type.String({ description: 'null of a request whose items were rejected one by one' })),
  ),
  reason: Type.Optional(ref('RejectionReason')),
});

const corrected = Type.Object({
  id: Type.String({ format: 'uuid' }),
  status: oneOf(['corrected', 'refused']),
  reason: Type.Optional(ref('RejectionReason')),
});

const selection = {
  ids: Type.Optional(
    anyOf(['array', 'null'], {
      ...{ items: { type: 'string', format: 'uuid' }, maxItems: 1000 },
      description: 'Only these',
    }),
  ),
  code: Type.Optional(anyOf(['string', 'null'], { description: 'Only rejected for this reason' })),
  collector: Type.Optional(anyOf(['string', 'null'], { description: 'Only of this collector' })),
  limit: Type.Optional(
    anyOf(['integer', 'null'], {
      ...{ minimum: 1, maximum: 10_000, default: 1000 },
      description: 'Rows to try at most',
    }),
  ),
  cursor: Type.Optional(anyOf(['string', 'null'], { description: '`next` of the answer before' })),
};

const replayCommand = Type.Object(selection, { additionalProperties: false });

const correctCommand = Type.Object(
  {
    ...selection,
    payload: Type.Optional(
      Type.Unknown({ description: 'Takes the place of what one row holds; the body of a request as text' }),
    ),
    merge: Type.Optional(
      anyOf(['object', 'null'], {
        ...{ additionalProperties: true },
        description: 'JSON Merge Patch (RFC 7396) over what each of the rows holds',
      }),
    ),
  },
  { additionalProperties: false, description: 'Either payload and one id, or merge with ids or a code' },
);

/** Schemas of the routes about rejected input and warnings. @param formats names of the wire formats */
export const rejectedSchemas = (formats: readonly string[]): Readonly<Record<string, TSchema>> => ({
  RejectedInput: Type.Partial(
    Type.Object({
      id: Type.String({ description: 'The same input sent again has the same', format: 'uuid' }),
      receivedAt,
      collector,
      format: oneOf([...formats, ...CATALOGUE_NAMES]),
      call,
      unit: oneOf(['item', 'request'], 'A request could not even be taken apart'),
      messageId: nullable(Type.String()),
      reason: ref('RejectionReason'),
      payload: Type.Unknown({
        description: 'An item: as it was sent. A request: {text} or {base64}, and its encoding',
      }),
      source: nullable(Type.String({ description: 'Where in a file it stood: leads.csv:17' })),
      sent: nullable(
        Type.Object(
          { text: Type.Optional(Type.String()), base64: Type.Optional(Type.String()) },
          { description: 'Byte for byte what came, where the payload is written otherwise' },
        ),
      ),
      correction: nullable(
        Type.Object(
          { at: Type.String({ format: 'date-time' }), payload: Type.Unknown() },
          { description: 'What a replay reads instead of the payload' },
        ),
      ),
      payloadBytes: Type.Integer({
        description: 'More than payload holds when the body was not read to its end',
      }),
      attempts: Type.Integer({ description: 'The first one and each replay' }),
      replayedAt: nullable(Type.String({ format: 'date-time' })),
      position: nullable(Type.String()),
    }),
  ),
  RejectedPage: pageOf('RejectedInput'),
  WarningsPage: pageOf('WarnedMessage'),
  WarnedMessage: Type.Object({
    messageId: Type.String({ description: 'Of the message' }),
    eventId: Type.String({ description: 'Id of its (first) event', format: 'uuid' }),
    receivedAt,
    collector,
    format: oneOf(formats),
    call,
    ...warning.properties,
  }),
  RejectedCounts: Type.Object({
    by: oneOf(COUNT_KEYS),
    interval: oneOf(COUNT_INTERVALS),
    from: time('First moment'),
    to: time('Up to this moment'),
    items: Type.Array(
      Type.Object({
        from: time('When the interval begins, in the time zone of the workspace'),
        key: nullable(Type.String({ description: 'null: there is none' })),
        open: Type.Integer({ description: 'Not replayed with success yet' }),
        replayed: Type.Integer(),
      }),
    ),
  }),
  RejectedRetention: Type.Object({
    days: Type.Number({ description: 'Kept for so long' }),
    maxBytes: Type.Number({ description: 'Beyond it the oldest is removed, what was replayed first' }),
    expiringWithinDays: Type.Number(),
    rows: Type.Integer(),
    open: Type.Integer(),
    bytes: Type.Number(),
    share: Type.Number({ description: 'Of maxBytes' }),
    oldestKeptAt: nullable(Type.String({ format: 'date-time' })),
    expiring: Type.Integer({ description: 'Open, and removed for their age within expiringWithinDays' }),
    expiresAt: nullable(
      Type.String({ format: 'date-time', description: 'When the first open one is removed' }),
    ),
    warnings: Type.Array(oneOf(['size', 'age'])),
  }),
  CorrectCommand: correctCommand,
  CorrectAnswer: Type.Object({
    tried: Type.Integer(),
    corrected: Type.Integer(),
    refused: Type.Integer(),
    results: Type.Array(corrected),
    next,
  }),
  ReplayCommand: replayCommand,
  ReplayAnswer: Type.Object({
    tried: Type.Integer(),
    accepted: Type.Integer(),
    rejected: Type.Integer(),
    results: Type.Array(replayed),
    next,
  }),
});
