import { Type as Numeric } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { Type } from 'typebox';
import { DELIVERY_STATES, type DeliveryState } from './deliveries.js';
import { MESSAGE_TYPES } from './message.js';

const closed = { additionalProperties: false } as const;

const url = Type.String({
  ...{ minLength: 1, maxLength: 2_048, examples: ['https://crm.acme.example/touchline'] },
  description: 'Where messages are sent: https, without user name and password, not into an internal network',
});
const description = Type.Unsafe<string | null>({
  ...{ type: ['string', 'null'], maxLength: 500 },
  description: 'For people',
});
const eventTypes = Type.Array(Type.Enum([...MESSAGE_TYPES]), {
  ...{ uniqueItems: true, maxItems: 100, examples: [['lead.handed_off', 'lead.rotten']] },
  description: 'Of the messages that are sent; empty or absent: all, also those of later versions',
});

export const createSchema = Type.Object(
  { url, description: Type.Optional(description), eventTypes: Type.Optional(eventTypes) },
  closed,
);

export const changeSchema = Type.Object(
  {
    ...{ url: Type.Optional(url), description: Type.Optional(description) },
    eventTypes: Type.Optional(eventTypes),
    enabled: Type.Optional(
      Type.Boolean({ description: 'Messages wait while it is disabled, up to the retention' }),
    ),
  },
  { ...closed, minProperties: 1 },
);

export const rotateSchema = Type.Object(
  {
    overlapHours: Type.Optional(
      Type.Number({
        ...{ minimum: 0, maximum: 90 * 24, default: 24 },
        description: 'How long the other secrets go on signing beside the new one',
      }),
    ),
  },
  closed,
);

const time = Type.String({ format: 'date-time' });

export const replaySchema = Type.Object(
  {
    delivery: Type.Optional(Type.String({ maxLength: 100, description: '`id` of one delivery' })),
    since: Type.Optional(
      Type.Unsafe<string>({ ...time, description: 'Or all that were queued at or after this time' }),
    ),
    states: Type.Optional(
      Type.Array(Type.Enum(['dead', 'delivered']), {
        ...{ minItems: 1, uniqueItems: true, default: ['dead'] },
        description: 'With `since`: which of them',
      }),
    ),
  },
  { ...closed, minProperties: 1 },
);

export class DeliveriesQuery {
  @IsOptional() @IsIn(DELIVERY_STATES) state?: DeliveryState;
  @IsOptional() @Numeric(() => Number) @IsInt() @Min(1) @Max(500) limit?: number;
  @IsOptional() @IsString() @MaxLength(100) cursor?: string;
}
