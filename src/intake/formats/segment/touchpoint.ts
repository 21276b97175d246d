import {
  type ContentRef,
  kindNamed,
  type Touchpoint,
  type TouchpointKind,
} from '../../../domain/touchpoint.js';
import { type Address, addressOf } from '../../address.js';
import type { JsonObject } from '../../json.js';
import { emailOf, type Ids } from '../../identities.js';
import type { Reading } from '../../reading.js';
import { buildTouchpoint, contextOf, type TouchpointDraft } from '../../touchpoint.js';
import { defined, firstLabel, firstText, labelOf, objectOr, text } from '../../values.js';
import { accountOf, type SegmentItem } from './item.js';

/** What a page, screen or track call says, once its ids are read. */
export const segmentTouchpoint = (item: SegmentItem, ids: Ids, reading: Reading): Touchpoint =>
  buildTouchpoint(draftOf(item, ids, reading), reading);

/** What rules of a mapping look at. */
export const segmentSubject = (item: SegmentItem) => ({
  event: labelOf(nameOf(item)),
  url: addressIn(item)?.canonical,
  kind: kindOf(item),
});

const nameOf = (item: SegmentItem): unknown => (item.type === 'track' ? item.event : item.name);

/** Of the page. */
const addressIn = (item: SegmentItem): Address | undefined =>
  addressOf(
    (item.type === 'page' ? objectOr(item.properties).url : undefined) ??
      objectOr(objectOr(item.context).page).url,
  );

function draftOf(item: SegmentItem, ids: Ids, reading: Reading): TouchpointDraft {
  const context = objectOr(item.context);
  const properties = objectOr(item.properties);
  const page = objectOr(context.page);
  const kind = kindOf(item);
  const tags = objectOr(context.campaign);
  const { source, medium } = tags;
  const address = addressIn(item);
  const userAgent = text(context.userAgent, 512);
  const ip = text(context.ip, 64);
  const referrer = text(referrerOf(item, context), 2048);
  return {
    ...{ kind, source, medium, campaign: campaignOf(kind, tags, properties), address, properties },
    ids: withFormEmail(kind, ids, properties, reading),
    name: nameOf(item),
    content: contentOf(kind, item, properties, page, address),
    traits: objectOr(context.traits),
    accountId: accountOf(context, reading),
    context: contextOf({ userAgent, ip, referrer, locale: text(context.locale, 64) }),
  };
}

/** A screen is the page of an app. */
function kindOf(item: SegmentItem): TouchpointKind {
  return item.type === 'track' ? (kindNamed(String(item.event)) ?? 'custom') : 'page_view';
}

function referrerOf(item: SegmentItem, context: JsonObject): unknown {
  const own = item.type === 'page' ? objectOr(item.properties).referrer : undefined;
  return own ?? objectOr(context.page).referrer ?? objectOr(context.referrer).url;
}

/** The campaign of the link, else that of the mail. */
function campaignOf(kind: TouchpointKind, tags: JsonObject, properties: JsonObject): string | undefined {
  const mailed = kind.startsWith('email_') ? ['campaign_name', 'campaignName', 'campaign'] : [];
  return firstLabel(tags, ['name', 'campaign']) ?? firstLabel(properties, mailed);
}

/** Kinds in which the e-mail address among the properties is that of the person who acts. */
const FILLED_IN: ReadonlySet<TouchpointKind> = new Set([
  'form_fill',
  'demo_request',
  'trial_start',
  'webinar_registered',
  'content_download',
]);

/** Taken only where nobody known is named: a signed-in salesperson fills in forms for others, too. */
function withFormEmail(kind: TouchpointKind, ids: Ids, properties: JsonObject, reading: Reading): Ids {
  if (!FILLED_IN.has(kind) || ids.user !== undefined || ids.email !== undefined) return ids;
  return { ...ids, email: emailOf(properties.email, 'properties.email', reading) };
}

interface ContentFields {
  readonly id: readonly string[];
  readonly url: readonly string[];
  readonly title: readonly string[];
  readonly type?: string;
}

const NAMED: ContentFields = {
  id: ['content_id', 'contentId', 'asset_id', 'assetId'],
  url: ['content_url', 'contentUrl'],
  title: ['content_title', 'contentTitle', 'content_name', 'contentName'],
};
const ASSET: ContentFields = {
  id: [...NAMED.id, 'file_id', 'fileId'],
  url: [...NAMED.url, 'file_url', 'fileUrl', 'link_url', 'linkUrl', 'url', 'href'],
  title: [...NAMED.title, 'title', 'file_name', 'fileName', 'asset_name', 'name'],
};
const MAIL: ContentFields = {
  id: [...NAMED.id, 'email_id', 'emailId'],
  url: NAMED.url,
  title: [...NAMED.title, 'email_subject', 'emailSubject', 'subject'],
  type: 'email',
};
const WEBINAR: ContentFields = {
  id: [...NAMED.id, 'webinar_id', 'webinarId'],
  url: [...NAMED.url, 'webinar_url', 'webinarUrl'],
  title: [...NAMED.title, 'webinar_title', 'webinarTitle', 'webinar_name', 'webinarName', 'title', 'name'],
  type: 'webinar',
};

function fieldsOf(kind: TouchpointKind): ContentFields {
  if (kind === 'content_download' || kind === 'content_view') return ASSET;
  if (kind.startsWith('email_')) return MAIL;
  return kind.startsWith('webinar_') ? WEBINAR : NAMED;
}

/** The content that the event names, else the page or screen where it happened. */
function contentOf(
  kind: TouchpointKind,
  item: SegmentItem,
  properties: JsonObject,
  page: JsonObject,
  address: Address | undefined,
): ContentRef | undefined {
  const named = namedContent(kind, properties);
  const title =
    (item.type === 'page' ? labelOf(properties.title, 512) : undefined) ?? labelOf(page.title, 512);
  if (item.type === 'screen') return named ?? screenOf(labelOf(item.name));
  const place = address && { url: address.canonical, ...(title === undefined ? {} : { title }) };
  return named && (item.type === 'page' || named.id === undefined)
    ? { ...place, ...named }
    : (named ?? place);
}

function namedContent(kind: TouchpointKind, properties: JsonObject): ContentRef | undefined {
  const fields = fieldsOf(kind);
  const nested = objectOr(properties.content);
  const id = labelOf(nested.id) ?? firstLabel(properties, fields.id);
  const url = addressOf(nested.url ?? firstText(properties, fields.url, 16_384))?.canonical;
  const title = labelOf(nested.title, 512) ?? firstLabel(properties, fields.title, 512);
  if (id === undefined && url === undefined && title === undefined) return undefined;
  const type = labelOf(nested.type) ?? firstLabel(properties, ['content_type', 'contentType']) ?? fields.type;
  return defined({ id, url, title, type });
}

const screenOf = (name: string | undefined): ContentRef | undefined =>
  name === undefined ? undefined : { id: `screen:${name}`, title: name, type: 'screen' };
