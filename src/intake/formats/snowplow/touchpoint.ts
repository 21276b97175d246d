import { kindNamed, type TouchpointKind } from '../../../domain/touchpoint.js';
import { addressOf } from '../../address.js';
import { isDownload } from '../../downloads.js';
import { emailOf, type Ids } from '../../identities.js';
import type { JsonObject } from '../../json.js';
import { isRejected, type Rejected } from '../../outcome.js';
import type { Reading } from '../../reading.js';
import { contextOf, type TouchpointDraft } from '../../touchpoint.js';
import { defined, labelOf, objectOr, text } from '../../values.js';
import type { SnowplowEvent, SnowplowItem } from './item.js';
import { PAGE_PING, SECONDS_PER_PING } from './page-ping.js';
import { eventOf } from './self-describing.js';

/** What an event says beside who, when and where. */
interface Meaning extends Pick<TouchpointDraft, 'kind' | 'name' | 'content'> {
  readonly properties: JsonObject;
  /** Address whose campaign parameters say how the buyer came, where it is not the page. */
  readonly target?: string | undefined;
  readonly email?: string | undefined;
}

/** Entities of an item by the names of their schemas. */
export type Entities = ReadonlyMap<string, readonly JsonObject[]>;

export function draftOf(
  item: SnowplowItem,
  ids: Ids,
  entities: Entities,
  reading: Reading,
): TouchpointDraft | Rejected {
  const meaning = MEANINGS[item.e](item, reading);
  if (isRejected(meaning)) return meaning;
  const { kind, name, target, email } = meaning;
  const address = addressOf(target ?? item.url);
  const title = target === undefined ? labelOf(item.page, 512) : undefined;
  const page =
    address && (title === undefined ? { url: address.canonical } : { url: address.canonical, title });
  return {
    kind,
    name,
    address,
    content: meaning.content ?? page,
    ids: email !== undefined && ids.user === undefined && ids.email === undefined ? { ...ids, email } : ids,
    properties: withCommon({ ...meaning.properties }, item, entities),
    context: contextOf({
      userAgent: text(item.ua, 512),
      ip: text(item.ip, 64),
      referrer: text(item.refr, 2048),
      locale: text(item.lang, 64),
    }),
  };
}

type Meant = (item: SnowplowItem, reading: Reading) => Meaning | Rejected;

const MEANINGS: Readonly<Record<SnowplowEvent, Meant>> = {
  pv: () => ({ kind: 'page_view', properties: {} }),
  pp: (item) => ({
    kind: 'custom',
    name: PAGE_PING,
    properties: { engagedSeconds: SECONDS_PER_PING, ...fieldsWith(item, 'pp_') },
  }),
  se: structured,
  ue: selfDescribed,
  tr: (item) => ({ kind: 'custom', name: 'transaction', properties: fieldsWith(item, 'tr_') }),
  ti: (item) => ({ kind: 'custom', name: 'transaction_item', properties: fieldsWith(item, 'ti_') }),
};

const fieldsWith = (item: JsonObject, prefix: string): JsonObject =>
  Object.fromEntries(Object.entries(item).filter(([name]) => name.startsWith(prefix)));

/** Named by category and action; either the action or both may be the name of a kind. */
function structured({ se_ca, se_ac, se_la, se_pr, se_va }: SnowplowItem): Meaning {
  const [category, action] = [labelOf(se_ca), labelOf(se_ac)];
  const name = [category, action].filter((part) => part !== undefined).join(' ');
  const value = typeof se_va === 'string' && se_va.trim() !== '' ? Number(se_va) : se_va;
  return {
    kind: kindNamed(action ?? '') ?? kindNamed(name) ?? 'custom',
    name,
    properties: defined({
      ...{ category, action, label: text(se_la), property: text(se_pr) },
      value: Number.isNaN(value) ? se_va : (value ?? undefined),
    }),
  };
}

/** Events of Snowplow’s own schemas whose names are not those of their kinds. */
const KINDS: Readonly<Record<string, TouchpointKind>> = {
  submit_form: 'form_fill',
  screen_view: 'page_view',
  ad_impression: 'ad_impression',
  ad_click: 'ad_click',
  social_interaction: 'social_engagement',
};

function selfDescribed(item: SnowplowItem, reading: Reading): Meaning | Rejected {
  const event = eventOf(item);
  if (isRejected(event)) return event;
  const { name, schema } = event;
  const data = objectOr(event.data);
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : kindNamed(name);
  const meaning: Meaning = { kind: kind ?? 'custom', name, properties: { ...data, schema } };
  const detail = Object.hasOwn(DETAILS, name) ? DETAILS[name] : undefined;
  return detail ? detail(meaning, data, reading) : meaning;
}

type Detail = (meaning: Meaning, data: JsonObject, reading: Reading) => Meaning;

const DETAILS: Readonly<Partial<Record<string, Detail>>> = {
  link_click: (meaning, { targetUrl }) => download(meaning, targetUrl) ?? meaning,
  uri_redirect: (meaning, { uri }) => ({ ...(download(meaning, uri) ?? meaning), target: text(uri, 16_384) }),
  submit_form: formFields,
  screen_view: (meaning, { name, id }) => {
    const title = labelOf(name) ?? labelOf(id);
    return title === undefined
      ? meaning
      : { ...meaning, content: { id: `screen:${title}`, title, type: 'screen' } };
  },
};

/** A link to a file is what the buyer downloaded. */
function download(meaning: Meaning, url: unknown): Meaning | undefined {
  const address = addressOf(url);
  if (!address || !isDownload(address.canonical)) return undefined;
  return { ...meaning, kind: 'content_download', content: { url: address.canonical } };
}

/** Its fields by their names; the address in a field for one is that of who filled it in. */
function formFields(meaning: Meaning, { elements }: JsonObject, reading: Reading): Meaning {
  const filled = (Array.isArray(elements) ? elements : []).map(objectOr);
  const fields: Record<string, unknown> = {};
  let email: string | undefined;
  for (const { name, type, value } of filled) {
    const field = text(name);
    if (field === undefined || field === '__proto__') continue;
    fields[field] = value;
    if (type === 'email' || /^(?:e-?mail|work_?email|email_?address)$/i.test(field))
      email ??= emailOf(value, 'ue_pr.data.data.elements', reading);
  }
  const { elements: _, ...properties } = meaning.properties;
  return { ...meaning, email, properties: { ...properties, fields } };
}

/** Entities that are read elsewhere. */
const READ_ELSEWHERE: ReadonlySet<string> = new Set(['web_page', 'client_session']);

/** Adds what events of all kinds have. */
function withCommon(properties: Record<string, unknown>, item: SnowplowItem, entities: Entities): JsonObject {
  const [session] = entities.get('client_session') ?? [];
  const appId = text(item.aid);
  if (appId !== undefined) properties.appId = appId;
  const platform = text(item.p);
  if (platform !== undefined) properties.platform = platform;
  const sessionId = text(item.sid) ?? text(session?.sessionId);
  if (sessionId !== undefined) properties.sessionId = sessionId;
  const sessionIndex = item.vid ?? session?.sessionIndex;
  if (sessionIndex !== undefined) properties.sessionIndex = sessionIndex;
  const pageViewId = pageViewOf(entities);
  if (pageViewId !== undefined) properties.pageViewId = pageViewId;
  const contexts = otherEntities(entities);
  if (contexts) properties.contexts = contexts;
  return properties;
}

function otherEntities(entities: Entities): JsonObject | undefined {
  const others: [name: string, data: unknown][] = [];
  for (const [name, all] of entities)
    if (!READ_ELSEWHERE.has(name)) others.push([name, all.length > 1 ? all : all[0]]);
  return others.length > 0 ? Object.fromEntries(others) : undefined;
}

/** Id of the page view in which an event happened. */
export const pageViewOf = (entities: Entities): string | undefined => text(entities.get('web_page')?.[0]?.id);
