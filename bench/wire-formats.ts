import { cloudEventsBatch, nativeEvent, segmentBatch, segmentItem, snowplowPayload } from './messages.js';
import * as webhooks from './webhooks.js';

interface WireRequest {
  readonly path: string;
  readonly type: string;
  /** With this number of events. */
  readonly body: (size: number) => string;
  /** Of a webhook, whose path has the collector's id. */
  readonly webhook?: webhooks.Webhook;
}

/** How batches of each wire format are sent: with a write key as Bearer, or signed. A format is a line here. */
export const BATCH_FORMATS = {
  segment: { path: '/v1/batch', type: 'application/json', body: segmentBatch },
  snowplow: {
    path: '/com.snowplowanalytics.snowplow/tp2',
    type: 'application/json; charset=UTF-8',
    body: snowplowPayload,
  },
  cloudevents: { path: '/events', type: 'application/cloudevents-batch+json', body: cloudEventsBatch },
  sendgrid: {
    ...{ path: '/webhooks/sendgrid/:collector', type: 'application/json' },
    ...{ body: webhooks.sendgridBatch, webhook: webhooks.sendgridWebhook },
  },
  mandrill: {
    ...{ path: '/webhooks/mandrill/:collector', type: 'application/x-www-form-urlencoded' },
    ...{ body: webhooks.mandrillForm, webhook: webhooks.mandrillWebhook },
  },
  hubspot: {
    ...{ path: '/webhooks/hubspot/:collector', type: 'application/json' },
    ...{ body: webhooks.hubspotBatch, webhook: webhooks.hubspotWebhook },
  },
  crm: {
    ...{ path: '/webhooks/crm/:collector', type: 'application/json' },
    ...{ body: webhooks.crmBatch, webhook: webhooks.crmWebhook },
  },
  salesforce: {
    ...{ path: '/webhooks/salesforce/:collector', type: 'text/xml; charset=UTF-8' },
    ...{ body: webhooks.salesforceMessage, webhook: webhooks.salesforceWebhook },
  },
} satisfies Readonly<Record<string, WireRequest>>;

/** How single events are sent: providers that send one a request, beside Segment's call for one. */
export const SINGLE_FORMATS = {
  segmentPage: {
    ...{ path: '/v1/page', type: 'application/json' },
    body: () => segmentItem(new Date().toISOString()),
  },
  native: { path: '/touchpoints', type: 'application/json', body: () => nativeEvent() },
  mailgun: {
    ...{ path: '/webhooks/mailgun/:collector', type: 'application/json' },
    ...{ body: webhooks.mailgunEvent, webhook: webhooks.mailgunWebhook },
  },
  postmark: {
    ...{ path: '/webhooks/postmark/:collector', type: 'application/json' },
    ...{ body: webhooks.postmarkEvent, webhook: webhooks.postmarkWebhook },
  },
  mailchimp: {
    ...{
      path: `/webhooks/mailchimp/:collector?secret=${webhooks.SECRET}`,
      type: 'application/x-www-form-urlencoded',
    },
    ...{ body: webhooks.mailchimpForm, webhook: webhooks.mailchimpWebhook },
  },
} satisfies Readonly<Record<string, WireRequest>>;

export type BatchFormat = keyof typeof BATCH_FORMATS;
export type SingleFormat = keyof typeof SINGLE_FORMATS;
export type WireFormat = BatchFormat | SingleFormat;

export const wireRequest = (format: WireFormat): WireRequest =>
  ({ ...BATCH_FORMATS, ...SINGLE_FORMATS })[format];
