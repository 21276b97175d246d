import type { ConsentChanged } from '../domain/events.js';
import { label } from '../domain/label.js';
import type {
  Channel,
  ContentRef,
  Touchpoint,
  TouchpointContext,
  TouchpointKind,
} from '../domain/touchpoint.js';
import { type Address, addressOf } from './address.js';
import { arrivalOf } from './arrival.js';
import type { Fact } from './format.js';
import type { JsonObject } from './json.js';
import { type Ids, keysOf } from './identities.js';
import type { Mapped, MappingSubject } from './mapping.js';
import type { Reading } from './reading.js';
import type { RequestSignals } from './request-signals.js';
import { defined, labelOf, nonEmpty } from './values.js';
import { verdictOf } from './verdict.js';

/** What a format read of an item, before the mapping of its collector, its channel and its verdict. */
export interface TouchpointDraft {
  readonly kind: TouchpointKind;
  readonly ids: Ids;
  /** Of the event, as the client calls it. */
  readonly name?: unknown;
  readonly channel?: Channel | null | undefined;
  readonly source?: unknown;
  readonly medium?: unknown;
  readonly campaign?: unknown;
  /** Of the page where it happened. */
  readonly address?: Address | undefined;
  readonly content?: ContentRef | undefined;
  readonly traits?: JsonObject | undefined;
  readonly accountId?: string | undefined;
  readonly rep?: string | undefined;
  readonly properties?: JsonObject | undefined;
  readonly context?: TouchpointContext | undefined;
  /** Of the request by which a person, or a machine, loaded something. */
  readonly request?: RequestSignals | undefined;
}

/** Where a person was, with which browser; undefined: nothing is known of it. Called for each event: one object, and no copy of it. */
export function contextOf({
  userAgent,
  ip,
  referrer,
  locale,
}: Readonly<Partial<Record<'userAgent' | 'ip' | 'referrer' | 'locale', string | undefined>>>):
  TouchpointContext | undefined {
  const context: { -readonly [K in keyof TouchpointContext]: TouchpointContext[K] } = {};
  if (userAgent !== undefined) context.userAgent = userAgent;
  if (ip !== undefined) context.ip = ip;
  if (referrer !== undefined) context.referrer = referrer;
  if (locale !== undefined) context.locale = locale;
  return nonEmpty(context);
}

/** What rules of a mapping look at. */
export const subjectOf = ({
  name,
  address,
  kind,
}: Pick<TouchpointDraft, 'name' | 'address' | 'kind'>): Omit<MappingSubject, 'item'> => ({
  ...{ event: labelOf(name), url: address?.canonical, kind },
});

/** A touchpoint of any format: the mapping of its collector applied, with its channel and verdict. */
export function buildTouchpoint(draft: TouchpointDraft, reading: Reading): Touchpoint {
  const { address, context, request, properties = {} } = draft;
  const name = labelOf(draft.name);
  const mapped = reading.map(subjectOf(draft));
  const kind = mapped?.kind ?? draft.kind;
  const identity = keysOf(draft.ids);
  const opportunityId = mapped?.opportunityId === undefined ? undefined : label(mapped.opportunityId);
  if (opportunityId !== undefined) reading.reportContact(opportunityId, identity);
  return {
    kind,
    ...arrivalOf({
      ...{ kind, channel: draft.channel, address, referrer: context?.referrer },
      source: mapped?.source ?? draft.source,
      medium: mapped?.medium ?? draft.medium,
      campaign: mapped?.campaign ?? draft.campaign,
    }),
    identity,
    ...defined({
      content: mapped?.content ? contentOf(draft.content, mapped.content) : draft.content,
      traits: draft.traits && nonEmpty(draft.traits),
      accountId: mapped?.accountId ?? draft.accountId,
      rep: draft.rep,
      name: mapped?.name === undefined ? name : label(mapped.name),
      properties: nonEmpty(properties),
      context,
    }),
    ...verdictOf({
      kind,
      userAgent: context?.userAgent,
      ip: context?.ip,
      properties,
      ...(request && { request }),
    }),
  };
}

/**
 * The facts of a touchpoint by which clients report what a person did. Who unsubscribes wants no mail, whoever reports it; mail
 * providers say it themselves where it is of one list only.
 */
export function touchpointFacts(data: Touchpoint): readonly [Fact, ...Fact[]] {
  const recorded: Fact = { type: 'TouchpointRecorded', stream: `touchpoints-${data.identity[0]}`, data };
  if (data.kind !== 'email_unsubscribe') return [recorded];
  const { identity, name = '', properties } = data;
  const isSpam = properties?.['spamComplaint'] === true || /\bspam\b/i.test(name);
  const consent: ConsentChanged = {
    ...{ identity, channel: 'email', status: 'unsubscribed' },
    reason: isSpam ? 'spam_complaint' : 'unsubscribe',
  };
  return [
    recorded,
    { type: 'ConsentChanged', stream: `identity-${identity[0]}`, part: 'consent', data: consent },
  ];
}

/** The content that the mapping names, over what the item says of it. */
function contentOf(
  own: ContentRef | undefined,
  mapped: NonNullable<Mapped['content']>,
): ContentRef | undefined {
  const { id, url, title, type } = mapped;
  const named = defined({
    id: id === undefined ? undefined : label(id),
    url: url === undefined ? undefined : addressOf(url)?.canonical,
    title: title === undefined ? undefined : label(title, 512),
    type: type === undefined ? undefined : label(type),
  });
  return nonEmpty({ ...own, ...named });
}
