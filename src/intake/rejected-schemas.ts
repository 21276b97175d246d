import { warning } from './outcome-schemas.js';
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

const replayCommand = Type.Object(
  {
    ids: Type.Optional(
      anyOf(['array', 'null'], {
        ...{ items: { type: 'string', format: 'uuid' }, maxItems: 1000 },
        description: 'Only these',
      }),
    ),
    code: Type.Optional(anyOf(['string', 'null'], { description: 'Only rejected for this reason' })),
    limit: Type.Optional(
      anyOf(['integer', 'null'], {
        ...{ minimum: 1, maximum: 10_000, default: 1000 },
        description: 'Rows to try at most',
      }),
    ),
    cursor: Type.Optional(anyOf(['string', 'null'], { description: '`next` of the answer before' })),
  },
  { additionalProperties: false },
);

/** Schemas of the routes about rejected input and warnings. @param formats names of the wire formats */
export const rejectedSchemas = (formats: readonly string[]): Readonly<Record<string, TSchema>> => ({
  RejectedInput: Type.Partial(
    Type.Object({
      id: Type.String({ description: 'The same input sent again has the same', format: 'uuid' }),
      receivedAt,
      collector,
      format: oneOf(formats),
      call,
      unit: oneOf(['item', 'request'], 'A request could not even be taken apart'),
      messageId: nullable(Type.String()),
      reason: ref('RejectionReason'),
      payload: Type.Unknown({
        description: 'An item: as it was sent. A request: {text} or {base64}, and its encoding',
      }),
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
  ReplayCommand: replayCommand,
  ReplayAnswer: Type.Object({
    tried: Type.Integer(),
    accepted: Type.Integer(),
    rejected: Type.Integer(),
    results: Type.Array(replayed),
    next,
  }),
});
