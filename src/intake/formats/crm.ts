import { createHmac } from 'node:crypto';
import { COLLECTOR_ID, keyInHeaders } from '../credentials.js';
import { decodeOneOrMore } from '../decode.js';
import type { Format, SignedRequest } from '../format.js';
import { isObject } from '../json.js';
import { json } from '../openapi-parts.js';
import { reject, type Refusal } from '../outcome.js';
import { receiptsReply } from '../receipts.js';
import { Type } from '../schema.js';
import { equalTexts, headerOf, signatureMissing, verifyWithSecrets } from '../signatures.js';
import { meaningOf } from './crm/meaning.js';
import { crmRulesSchema } from './crm/rules.js';
import { RECEIPTS } from './native/examples.js';
import { collectorParameter } from './email/webhook.js';
import { CRM_SETTINGS } from './crm/settings.js';

const itemSchema = Type.Object(
  {},
  {
    additionalProperties: true,
    description: 'An object of the CRM, as the rules in `objects` of the collector read it',
  },
);

const EXAMPLE = {
  ...{ id: 'm-1', type: 'opportunity', occurredAt: '2026-03-01T09:30:00Z' },
  data: { id: 'opp-1', name: 'Acme 2026', amount: '120000', currency: 'EUR', stage: 'discovery' },
};

/** A secret of the collector as Bearer or password of HTTP Basic, or the HMAC of the body that is made with it. */
function verify({ head, body }: SignedRequest): Refusal | undefined {
  const { headers } = head;
  const signature = headerOf(headers, 'x-hub-signature-256') ?? headerOf(headers, 'x-signature-256');
  if (signature !== undefined)
    return verifyWithSecrets(head, (secret) => {
      const digest = createHmac('sha256', secret).update(body.raw).digest('hex');
      return equalTexts(digest, signature.replace(/^sha256=/, '').toLowerCase());
    });
  const sent = secretIn(headerOf(headers, 'authorization')) ?? keyInHeaders(headers);
  if (sent === undefined)
    return signatureMissing(
      'send a secret as Bearer or as password of HTTP Basic, or sign in X-Hub-Signature-256',
    );
  return verifyWithSecrets(head, (secret) => equalTexts(secret, sent));
}

/** All that follows Bearer, as a secret may be several words; or the password of HTTP Basic. */
function secretIn(authorization = ''): string | undefined {
  const [, scheme = '', sent = ''] = /^(basic|bearer)\s+(.+)$/i.exec(authorization.trim()) ?? [];
  if (scheme.toLowerCase() !== 'basic') return sent || undefined;
  const credentials = Buffer.from(sent, 'base64').toString('utf8');
  return credentials.slice(credentials.indexOf(':') + 1);
}

/** Any CRM that sends JSON: what its objects are is in the settings of the collector. Pipedrive needs none. */
export const crm: Format = {
  name: 'crm',
  requestBytes: 1024 * 1024,
  requestItems: 1_000,
  schema: itemSchema,
  schemas: { CrmObject: itemSchema },
  settings: Type.Object({ ...CRM_SETTINGS, objects: Type.Optional(crmRulesSchema) }),
  endpoints: [
    {
      method: 'POST',
      path: '/webhooks/crm/:collector',
      call: 'crm',
      credential: COLLECTOR_ID,
      verify,
      decode: (_, body) => decodeOneOrMore(body, 'an object of the CRM'),
      reply: (outcomes) => receiptsReply(outcomes),
      operation: {
        tags: ['Collect: CRM'],
        operationId: 'crm',
        summary:
          'Contacts, companies, opportunities and activities of any CRM: one, or a list of up to 1,000',
        parameters: [collectorParameter],
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: {
                oneOf: [
                  { $ref: '#/components/schemas/CrmObject' },
                  { type: 'array', items: { $ref: '#/components/schemas/CrmObject' } },
                ],
              },
              examples: { opportunity: { value: EXAMPLE } },
            },
          },
        },
        responses: { 200: { description: 'Durable', content: json('Receipts', RECEIPTS) } },
      },
    },
  ],

  read: (item, reading) =>
    isObject(item) ? meaningOf(item, reading) : reject('invalid-field', 'must be object'),
};
