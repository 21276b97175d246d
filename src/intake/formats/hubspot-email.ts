import type { TouchpointKind } from '../../domain/touchpoint.js';
import type { Message } from '../format.js';
import { isObject, type JsonObject } from '../json.js';
import type { Rejected } from '../outcome.js';
import type { Reading } from '../reading.js';
import { objectOr, text } from '../values.js';
import { entryOf } from './email/fields.js';
import { type BounceType, type MailEvent, mailMessage } from './email/mail-event.js';

/** Whether an item of HubSpot is an event of its e-mail events API, and none of its webhooks about objects. */
export const isHubspotEmailEvent = (item: unknown): item is JsonObject =>
  isObject(item) && typeof item.type === 'string' && typeof item.recipient === 'string';

/** An accepted mail is `PROCESSED` before it is `SENT`, and `DEFERRED` before it is delivered or bounces: they are no kind. */
const KINDS: Readonly<Record<string, TouchpointKind>> = {
  ...{ SENT: 'email_sent', DELIVERED: 'email_delivered', OPEN: 'email_open', CLICK: 'email_click' },
  ...{ BOUNCE: 'email_bounce', DROPPED: 'email_bounce', SPAMREPORT: 'email_unsubscribe' },
};

/** An event of HubSpot's e-mail events API, e.g. passed on by a workflow or a script. */
export function hubspotEmailMessage(item: JsonObject, reading: Reading): Message | Rejected {
  const name = text(item.type) ?? 'unknown';
  const sentBy = objectOr(item.sentBy);
  const consent = consentOf(name, item);
  return mailMessage(
    {
      ...{ id: idOf(item), name, kind: kindOf(name, item), consent },
      time: { timestamp: item.created, path: 'created' },
      ...{ recipient: item.recipient, recipientPath: 'recipient' },
      // Every other event of a mail names the one that sent it.
      mailId: sentBy.id ?? item.id,
      ...{ subject: item.subject, campaign: item.emailCampaignName ?? item.emailCampaignId },
      ...{ url: item.url, userAgent: item.userAgent, ip: item.ipAddress },
      isMachine: item.filteredEvent === true,
      bounceType: bounceTypeOf(name, item),
      properties: propertiesOf(item),
    },
    reading,
  );
}

/** HubSpot knows an event by both. */
function idOf({ id, created }: JsonObject): unknown {
  const [given, at] = [text(id), text(created)];
  return given === undefined || at === undefined ? given : `${given} ${at}`;
}

function kindOf(name: string, item: JsonObject): TouchpointKind | undefined {
  if (name !== 'STATUSCHANGE') return entryOf(KINDS, name);
  return isUnsubscribed(item) && item.source === 'SOURCE_RECIPIENT' ? 'email_unsubscribe' : undefined;
}

/** Of all mail, or of one subscription type. */
function isUnsubscribed({ portalSubscriptionStatus: all, subscriptions }: JsonObject): boolean {
  const isOut = (each: unknown): boolean => objectOr(each).status === 'UNSUBSCRIBED';
  return all === 'UNSUBSCRIBED' || (Array.isArray(subscriptions) && subscriptions.some(isOut));
}

/** What concerns one subscription type leaves the others. */
function consentOf(name: string, { portalSubscriptionStatus: all }: JsonObject): MailEvent['consent'] {
  if (name === 'SPAMREPORT') return 'spam_complaint';
  if (name !== 'STATUSCHANGE') return undefined;
  return all === 'UNSUBSCRIBED' ? 'unsubscribe' : all === 'SUBSCRIBED' ? 'subscribe' : undefined;
}

const HARD = new Set(['UNKNOWN_USER', 'DNS_FAILURE', 'MAILBOX_MISCONFIGURATION']);

function bounceTypeOf(name: string, { category }: JsonObject): BounceType | undefined {
  if (name === 'DROPPED') return 'dropped';
  if (name !== 'BOUNCE') return undefined;
  return HARD.has(text(category) ?? '') ? 'hard' : 'soft';
}

const KEPT = new Set([
  ...['portalId', 'appId', 'appName', 'emailCampaignId', 'category', 'status', 'response', 'dropReason'],
  ...[
    'dropMessage',
    'source',
    'requestedBy',
    'portalSubscriptionStatus',
    'subscriptions',
    'linkId',
    'referer',
  ],
  ...['browser', 'location', 'deviceType', 'duration', 'filteredEvent'],
]);

const propertiesOf = (item: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(item).filter(([name]) => KEPT.has(name)));
