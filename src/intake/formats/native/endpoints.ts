import { decodeOneOrMore, decodeRecord } from '../../decode.js';
import type { Endpoint, Headers, RecordType } from '../../format.js';
import { keyIn } from '../../credentials.js';
import { json } from '../../openapi-parts.js';
import { receiptsReply } from '../../receipts.js';
import * as example from './examples.js';

export const touchpoints: Endpoint = {
  method: 'POST',
  path: '/touchpoints',
  call: 'touchpoints',
  decode: (_, body) => decodeOneOrMore(body, 'a touchpoint'),
  reply: (outcomes) => receiptsReply(outcomes),
  operation: {
    tags: ['Collect'],
    operationId: 'touchpoints',
    summary: 'Touchpoints in Touchline’s own format: one, or a list of up to 2,500',
    description:
      'A receipt each, in order. 200 whatever became of them: a rejected one is kept with its reason.',
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: {
            oneOf: [
              { $ref: '#/components/schemas/Touchpoint' },
              { type: 'array', items: { $ref: '#/components/schemas/Touchpoint' } },
            ],
          },
          examples: {
            one: { value: example.TOUCHPOINT },
            list: { value: [example.TOUCHPOINT, { messageId: 'm-2', kind: 'page_view' }] },
          },
        },
      },
    },
    responses: { 200: { description: 'Durable', content: json('Receipts', example.RECEIPTS) } },
  },
};

const JSON_TYPE = /^application\/(?:json|(?!cloudevents)[^;\s]+\+json)\s*(?:;|$)/i;

/** Records without a type are taken for touchpoints, too. */
export const touchpointRecord: RecordType = {
  call: 'kafka',
  contentType: 'application/json',
  accepts: ({ 'content-type': type = '' }: Headers) => type === '' || JSON_TYPE.test(String(type)),
  decode: (_, body) => decodeRecord(body),
  writeKeyOf: keyIn,
};
