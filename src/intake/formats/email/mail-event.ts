import { hash } from 'node:crypto';
import type { ContentRef, TouchpointContext, TouchpointKind } from '../../../domain/touchpoint.js';
import { addressOf } from '../../address.js';
import type { Fact, Message } from '../../format.js';
import { emailOf, type Ids, keysOf, MESSAGE_ID_LENGTH } from '../../identities.js';
import type { JsonObject } from '../../json.js';
import { resolveIds } from '../../mapped-ids.js';
import { isRejected, reject, type Rejected } from '../../outcome.js';
import type { Reading } from '../../reading.js';
import type { ClientTime } from '../../time.js';
import { buildTouchpoint, contextOf, touchpointFacts } from '../../touchpoint.js';
import { defined, firstLabel, labelOf, nonEmpty, objectOr, text } from '../../values.js';

/**
 * Why a mail did not arrive: the address does not work (`hard`), the receiver refused this mail (`soft`), or the provider never
 * sent it, e.g. as the address is on its suppression list (`dropped`).
 */
export type BounceType = 'hard' | 'soft' | 'dropped';

/** What a provider says of one mail to one recipient. */
export interface MailEvent {
  /** The provider's own id of the event, the same for every resend; undefined: it has none, and is known by its content. */
  readonly id: unknown;
  /** What happened, as the provider calls it. */
  readonly name: string;
  /** Undefined: no kind of touchpoint says this; the mapping of the collector may name one. */
  readonly kind: TouchpointKind | undefined;
  readonly time: ClientTime;
  readonly recipient: unknown;
  /** Its field. */
  readonly recipientPath: string;
  /** The provider's id of the mail to this recipient. */
  readonly mailId?: unknown;
  readonly subject?: unknown;
  /** Of the provider's own campaigns. */
  readonly campaign?: unknown;
  /** Categories and tags, in the order in which they were given. */
  readonly tags?: unknown;
  /** What the sender of the mail added to it: custom arguments, variables, metadata. */
  readonly metadata?: unknown;
  /** Name or id of the mail's template. */
  readonly template?: unknown;
  /** The link that was clicked. */
  readonly url?: unknown;
  readonly userAgent?: unknown;
  readonly ip?: unknown;
  /** The provider takes it for a machine. */
  readonly isMachine?: boolean | undefined;
  readonly bounceType?: BounceType | undefined;
  /** The person is to be sent no more mail, or wants it again. */
  readonly consent?: 'unsubscribe' | 'spam_complaint' | 'subscribe' | undefined;
  /** What is known of the person. */
  readonly traits?: JsonObject | undefined;
  /** The address of the same person until now. */
  readonly formerRecipient?: unknown;
  /** Further ones of the touchpoint. */
  readonly properties?: JsonObject | undefined;
}

/**
 * The message of an event of any mail provider. Names of the properties are the same for all of them: `mailId`, `subject`, `url`,
 * `tags`, `metadata`, `machineOpen` (of other events `bot`), `bounceType`, `spamComplaint`.
 */
export function mailMessage(event: MailEvent, reading: Reading): Message | Rejected {
  const email = emailOf(addressIn(event.recipient), event.recipientPath, reading);
  const found =
    email === undefined
      ? reject('identity-missing', 'must be the address of the recipient', event.recipientPath)
      : { email };
  const ids = resolveIds(found, () => subjectIn(event), reading);
  if (isRejected(ids)) return ids;
  const facts = touchpointOf(event, ids, reading);
  const claim = claimOf(event, ids, reading);
  if (claim) facts.push(claim);
  const consent = consentOf(event, ids);
  if (consent) facts.push(consent);
  if (facts.length === 0)
    return reject(
      'unknown-event',
      `"${event.name.slice(0, 100).toWellFormed()}" is not a kind of touchpoint; a mapping may name one`,
    );
  return { messageId: messageIdOf(event, email ?? String(keysOf(ids)[0])), time: event.time, facts };
}

/** What rules of the mapping look at. */
const subjectIn = ({ name, url, kind }: MailEvent) => ({ event: name, url: addressOf(url)?.canonical, kind });

function touchpointOf(event: MailEvent, ids: Ids, reading: Reading): Fact[] {
  const address = addressOf(event.url);
  const tags = tagsOf(event.tags);
  const metadata = nonEmpty(objectOr(event.metadata));
  const kind = event.kind ?? reading.map({ event: event.name, url: address?.canonical })?.kind;
  if (kind === undefined) return [];
  const data = buildTouchpoint(
    {
      kind,
      ids,
      name: event.name,
      address,
      campaign: campaignOf(event, metadata, tags),
      content: contentOf(event, metadata, address?.canonical),
      properties: propertiesOf(event, metadata, tags),
      context: actorOf(kind, event),
    },
    reading,
  );
  const [recorded, ...consent] = touchpointFacts(data);
  // What the provider itself calls so may be of one list only; what a mapping calls so is not.
  return event.kind === undefined && event.consent === undefined ? [recorded, ...consent] : [recorded];
}

function claimOf({ traits, formerRecipient }: MailEvent, ids: Ids, reading: Reading): Fact | undefined {
  const former = emailOf(formerRecipient, 'formerRecipient', reading);
  const known = traits && nonEmpty(traits);
  if (former === undefined && known === undefined) return undefined;
  const identity = [...keysOf(ids), ...(former === undefined ? [] : keysOf({ email: former }))];
  const data = { identity, ...(known && { traits: known }) };
  return { type: 'IdentityClaimed', stream: `identity-${identity[0]}`, part: 'claim', data };
}

/** A bounce changes none: the address does not work, whatever its owner wants. */
function consentOf({ consent: reason, mailId }: MailEvent, ids: Ids): Fact | undefined {
  if (reason === undefined) return undefined;
  const identity = keysOf(ids);
  const status = reason === 'subscribe' ? 'subscribed' : 'unsubscribed';
  const mail = text(mailId, 512);
  const data = { identity, channel: 'email', status, reason, ...(mail !== undefined && { mail }) } as const;
  return { type: 'ConsentChanged', stream: `identity-${identity[0]}`, part: 'consent', data };
}

/** `Ada Lovelace <ada@acme.example>` is written so in a mail's own headers. */
function addressIn(recipient: unknown): unknown {
  if (typeof recipient !== 'string') return recipient;
  return /<([^<>]+)>\s*$/.exec(recipient)?.[1] ?? recipient;
}

/** Without an id of the provider, two events with the same distinguishing fields are one that was sent twice. */
function messageIdOf(event: MailEvent, recipient: string): string {
  const id = text(event.id, Infinity);
  if (id !== undefined && id.length <= MESSAGE_ID_LENGTH) return id;
  const { name, kind, consent, mailId, time, url, userAgent, ip } = event;
  const known = id ?? [name, kind, consent, mailId, recipient, time.timestamp, url, userAgent, ip];
  return `sha256-${hash('sha256', JSON.stringify(known), 'base64url')}`;
}

const CAMPAIGN = ['campaign', 'utm_campaign', 'campaign_name', 'campaignName', 'campaign_id', 'campaignId'];
const CONTENT = ['content', 'content_id', 'contentId', 'utm_content'];
const TITLE = ['content_title', 'contentTitle'];

/** What the sender named goes first: opens and clicks of one mail have the same. The clicked URL's own comes last. */
const campaignOf = (
  { campaign }: MailEvent,
  metadata: JsonObject | undefined,
  tags: readonly string[],
): string | undefined => (metadata && firstLabel(metadata, CAMPAIGN)) ?? labelOf(campaign) ?? tags[0];

/** Of a click the page that it leads to, else the mail's template; an id among the metadata goes before both. */
function contentOf(
  { template, url, subject }: MailEvent,
  metadata: JsonObject | undefined,
  clicked: string | undefined,
): ContentRef | undefined {
  const id = metadata && firstLabel(metadata, CONTENT);
  const title = metadata && firstLabel(metadata, TITLE, 512);
  if (url !== undefined) return nonEmpty(defined({ id, url: clicked, title }));
  if (id !== undefined) return defined({ id, title });
  const named = labelOf(template);
  return named === undefined ? undefined : defined({ id: named, title: title ?? labelOf(subject, 512) });
}

/** Of other events it is the server that delivered, or tried to. */
const BY_PERSON: ReadonlySet<TouchpointKind> = new Set([
  ...(['email_open', 'email_click', 'email_unsubscribe', 'form_fill'] as const),
]);

const actorOf = (kind: TouchpointKind, { userAgent, ip }: MailEvent): TouchpointContext | undefined =>
  BY_PERSON.has(kind) ? contextOf({ userAgent: text(userAgent, 1024), ip: text(ip) }) : undefined;

/** A list, or the only one. */
function tagsOf(tags: unknown): readonly string[] {
  const labels: string[] = [];
  for (const tag of Array.isArray(tags) ? (tags as readonly unknown[]) : [tags]) {
    const named = labelOf(tag);
    if (named !== undefined) labels.push(named);
  }
  return labels;
}

function propertiesOf(
  event: MailEvent,
  metadata: JsonObject | undefined,
  tags: readonly string[],
): JsonObject {
  const { kind, isMachine, bounceType, consent } = event;
  const properties: Record<string, unknown> = { ...event.properties };
  const mailId = text(event.mailId, 512);
  if (mailId !== undefined) properties.mailId = mailId;
  const subject = text(event.subject, 512);
  if (subject !== undefined) properties.subject = subject;
  const url = text(event.url, 4096);
  if (url !== undefined) properties.url = url;
  if (tags.length > 0) properties.tags = tags;
  if (metadata) properties.metadata = metadata;
  if (isMachine === true) properties[kind === 'email_open' ? 'machineOpen' : 'bot'] = true;
  if (bounceType !== undefined) properties.bounceType = bounceType;
  if (consent === 'spam_complaint') properties.spamComplaint = true;
  return properties;
}
