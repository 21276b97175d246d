import { ref, Type } from './schema.js';
import type { Reason, Warning } from './outcome.js';

/** The answers of collectors as the API document shows them. */
const position = Type.String({ description: 'Its place in the log: decimal digits', example: '42' });

const reason = Type.Object({
  code: Type.String({ description: 'Stable', example: 'identity-missing' }),
  message: Type.String({ description: 'For people' }),
  path: Type.Optional(
    Type.String({ description: 'Dotted path of the field at fault', example: 'content.url' }),
  ),
});

export const warning = Type.Object({
  code: Type.String({
    description: '`time-replaced`, `email-invalid`, `placeholder-ignored` or `identity-invalid`',
    example: 'time-replaced',
  }),
  message: Type.String({ description: 'For people' }),
  path: Type.String({ description: 'Dotted path of the field', example: 'occurredAt' }),
});

const receipt = Type.Object({
  messageId: Type.Union([Type.String({ description: 'null when it could not be read' }), Type.Null()]),
  status: Type.Unsafe<'accepted' | 'duplicate' | 'rejected'>({
    type: 'string',
    enum: ['accepted', 'duplicate', 'rejected'],
  }),
  position: Type.Optional(position),
  eventId: Type.Optional(Type.String({ description: 'Id of the event', format: 'uuid' })),
  reason: Type.Optional(ref<Reason>('RejectionReason')),
  warnings: Type.Optional(
    Type.Unsafe<readonly Warning[]>({
      type: 'array',
      items: ref('Warning'),
      description: 'What of it was replaced or left out; absent when nothing was',
    }),
  ),
});

export const OUTCOME_SCHEMAS = {
  RejectionReason: reason,
  Warning: warning,
  Receipt: receipt,
  Receipts: Type.Object({ receipts: Type.Array(ref('Receipt')) }),
};
