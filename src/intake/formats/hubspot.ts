import { COLLECTOR_ID } from '../credentials.js';
import { decodeOneOrMore } from '../decode.js';
import type { Format } from '../format.js';
import { json } from '../openapi-parts.js';
import { reject } from '../outcome.js';
import { receiptsReply } from '../receipts.js';
import { Type } from '../schema.js';
import { RECEIPTS } from './native/examples.js';
import { collectorParameter } from './email/webhook.js';
import { CRM_SETTINGS, crmSettings } from './crm/settings.js';
import { hubspotEmailMessage, isHubspotEmailEvent } from './hubspot-email.js';
import { checkHubSpotItem, type HubSpotItem, hubSpotSchema } from './hubspot/item.js';
import { meaningOf } from './hubspot/meaning.js';
import { verifyHubSpot } from './hubspot/signature.js';

const EXAMPLE = {
  ...{ eventId: 1, subscriptionId: 12345, portalId: 62515, attemptNumber: 0, changeSource: 'CRM_UI' },
  ...{ occurredAt: 1764547200000, subscriptionType: 'deal.propertyChange', objectId: 123 },
  ...{ propertyName: 'dealstage', propertyValue: 'closedwon' },
};

/** Webhooks of HubSpot's CRM: contacts, companies, deals, their associations, calls, meetings and e-mails; and events of its mails. */
export const hubspot: Format = {
  name: 'hubspot',
  requestBytes: 1024 * 1024,
  requestItems: 1_000,
  schema: hubSpotSchema,
  schemas: { HubSpotNotification: hubSpotSchema },
  settings: Type.Object({
    ...CRM_SETTINGS,
    portalIds: Type.Optional(
      Type.Array(Type.String({ pattern: '^\\d{1,20}$' }), {
        description:
          'HubSpot accounts whose notifications are accepted; absent: all that the app is installed in',
        maxItems: 100,
        examples: [['62515']],
      }),
    ),
  }),
  tags: [{ name: 'Collect: CRM', description: 'Webhooks of CRMs, and of those without one of their own' }],
  endpoints: [
    {
      method: 'POST',
      path: '/webhooks/hubspot/:collector',
      call: 'hubspot',
      credential: COLLECTOR_ID,
      verify: verifyHubSpot,
      decode: (_, body) => decodeOneOrMore(body, 'a notification'),
      reply: (outcomes) => receiptsReply(outcomes),
      operation: {
        tags: ['Collect: CRM'],
        operationId: 'hubspot',
        summary: 'Notifications of HubSpot’s webhooks, signed by version 3, 2 or 1',
        parameters: [collectorParameter],
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: { type: 'array', items: { $ref: '#/components/schemas/HubSpotNotification' } },
              examples: { stage: { value: [EXAMPLE] } },
            },
          },
        },
        responses: { 200: { description: 'Durable', content: json('Receipts', RECEIPTS) } },
      },
    },
  ],

  read(item, reading) {
    const isEmail = isHubspotEmailEvent(item);
    const fault = isEmail ? undefined : checkHubSpotItem(item);
    if (fault) return fault;
    const notification = item as HubSpotItem;
    const portalIds = reading.collector?.settings.portalIds as readonly string[] | undefined;
    if (portalIds && !portalIds.includes(String(notification.portalId)))
      return reject('portal-unknown', 'is not one of the portalIds of the collector', 'portalId');
    if (isEmail) return hubspotEmailMessage(item, reading);
    return meaningOf(notification, crmSettings(reading.collector), reading);
  },
};
