import { COLLECTOR_ID } from '../credentials.js';
import type { Format, SignedRequest } from '../format.js';
import { isRejected, type Refusal } from '../outcome.js';
import type { RequestBody } from '../request-body.js';
import { anyOf, checker, Type } from '../schema.js';
import { equalTexts, secretsOf, signatureInvalid } from '../signatures.js';
import { collectorParameter } from './email/webhook.js';
import { CRM_SETTINGS, crmSettings } from './crm/settings.js';
import { meaningOf } from './salesforce/meaning.js';
import { parseOutboundMessage, type SalesforceNotification } from './salesforce/soap.js';

const notificationSchema = Type.Object(
  {
    organizationId: Type.String({
      minLength: 1,
      maxLength: 40,
      description: 'Of the Salesforce organisation',
    }),
    notificationId: Type.String({ minLength: 1, maxLength: 100, description: 'The same for every try' }),
    objectType: Type.String({ maxLength: 100, description: 'Type of the record: `Contact`' }),
    fields: Type.Record(Type.String(), anyOf<string | null>(['string', 'null']), {
      description: 'Those that the outbound message sends; null: empty',
    }),
  },
  { description: 'A notification of a Salesforce outbound message, as it is kept when it is rejected' },
);
const check = checker(notificationSchema);

const parse = ({ text }: RequestBody) => parseOutboundMessage(text);

/** A body is parsed for its organisation before anything of it is kept; the same is decoded then. */
const messageOf = (body: RequestBody) => body.parsed(parse);

const refusal = (code: string, detail: string): Refusal => ({ status: 401, code, detail });

/** Ids have 15 characters, and three more that only say their case. */
const shortId = (id: string): string => id.slice(0, 15);

/**
 * Salesforce does not sign: the organisation must be one of the collector's, and where that has secrets, the address must end in
 * `?secret=` with one of them.
 */
function verify({ head, body }: SignedRequest): Refusal | undefined {
  const allowed = head.collector?.settings.organizationIds as readonly string[] | undefined;
  if (!allowed || allowed.length === 0)
    return refusal(
      'organization-missing',
      'This collector has no organizationIds: add that of your organisation',
    );
  const message = messageOf(body);
  // Whatever the collector is set to: it is about the body alone.
  if (isRejected(message))
    return { status: 400, code: message.rejected.code, detail: message.rejected.message };
  const id = shortId(message.organizationId);
  if (!allowed.some((each) => shortId(each) === id))
    return refusal(
      'organization-unknown',
      'The OrganizationId is not one of the organizationIds of this collector',
    );
  const secrets = secretsOf(head);
  if ('status' in secrets) return undefined;
  const sent = new URLSearchParams(head.query).get('secret') ?? '';
  return secrets.some((secret) => equalTexts(secret, sent)) ? undefined : signatureInvalid;
}

const ACK = `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>
<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>
</soapenv:Body></soapenv:Envelope>`;

/** Outbound messages of Salesforce: contacts, leads, accounts, opportunities with their contact roles, tasks and events. */
export const salesforce: Format = {
  name: 'salesforce',
  requestBytes: 1024 * 1024,
  requestItems: 100,
  schema: notificationSchema,
  schemas: { SalesforceNotification: notificationSchema },
  settings: Type.Object({
    ...CRM_SETTINGS,
    organizationIds: Type.Optional(
      Type.Array(Type.String({ pattern: '^00D[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$' }), {
        description: 'Organisations whose messages are accepted: Setup, Company Information',
        minItems: 1,
        maxItems: 100,
        examples: [['00D000000000001EAA']],
      }),
    ),
  }),
  endpoints: [
    {
      method: 'POST',
      path: '/webhooks/salesforce/:collector',
      call: 'salesforce',
      credential: COLLECTOR_ID,
      verify,
      decode(_, body) {
        const message = messageOf(body);
        // XML has neither NUL nor halves of surrogate pairs, as characters or as references.
        return isRejected(message) ? message : { items: message.notifications, mayHoldUnstorable: false };
      },
      reply: () => ({ contentType: 'text/xml; charset=utf-8', body: ACK }),
      operation: {
        tags: ['Collect: CRM'],
        operationId: 'salesforce',
        summary: 'Outbound messages of Salesforce (SOAP), acknowledged once each notification is kept',
        parameters: [collectorParameter],
        requestBody: { required: true, content: { 'text/xml': { schema: { type: 'string' } } } },
        responses: {
          200: {
            description: 'Acknowledged',
            content: { 'text/xml': { schema: { type: 'string' }, example: ACK } },
          },
        },
      },
    },
  ],

  read(item, reading) {
    const fault = check(item);
    return fault ?? meaningOf(item as SalesforceNotification, crmSettings(reading.collector), reading);
  },
};
