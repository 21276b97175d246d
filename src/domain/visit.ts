import type { Touch } from './condition.js';
import type { Channel, TouchpointKind } from './touchpoint.js';

/** Where a visit came from, and the touchpoint that shows it; plain JSON. */
export interface Origin {
  readonly id: string;
  readonly channel: Channel;
  readonly source?: string;
  readonly medium?: string;
  readonly campaign?: string;
}

/** Touchpoints that bring a person to a visit. A mail that was opened, or a call, does not. */
const ARRIVALS: ReadonlySet<TouchpointKind> = new Set([
  'page_view',
  'session_start',
  'content_view',
  'content_download',
  'form_fill',
  'demo_request',
  'trial_start',
  'webinar_registered',
  'email_click',
  'ad_click',
  'custom',
]);

/** Kinds that are done to a person: they neither begin nor prolong a visit. */
const DONE_TO: ReadonlySet<TouchpointKind> = new Set([
  'email_sent',
  'email_delivered',
  'email_bounce',
  'ad_impression',
  'sales_email',
]);

export const isDoneTo = (kind: TouchpointKind): boolean => DONE_TO.has(kind);

/**
 * The host of a page on the way (`relays.ts`, and the journey model's own) by which a touchpoint seems to have been
 * referred. Intake leaves out those that every workspace knows; events of before it knew them, and the workspace's own,
 * are passed over here.
 */
const relayIn = (touch: Touch, isRelay: (host: string) => boolean): string | undefined =>
  isReferral(touch) && touch.source !== undefined && isRelay(touch.source) ? touch.source : undefined;

/** By a referrer in no list: nothing was tagged. */
const isReferral = ({ channel, medium, campaign }: Touch): boolean =>
  channel === 'referral' && medium === 'referral' && campaign === undefined;

/** A touchpoint without evidence of its own: inside a visit its referrer is the site itself. */
const hasNone = ({
  channel,
  source,
  medium,
  campaign,
}: Pick<Touch, 'channel' | 'source' | 'medium' | 'campaign'>): boolean =>
  channel === 'direct' && (source ?? medium ?? campaign) === undefined;

/**
 * The origin of the visit after a touchpoint: its own where it brought the person, else the one before. An untagged
 * referral in the middle of a visit is the origin of that touchpoint alone.
 */
export function originAfter(touch: Touch, before: Origin | null): Origin | null {
  if (hasNone(touch) || !ARRIVALS.has(touch.kind) || (before && isReferral(touch))) return before;
  return originOf(touch);
}

const originOf = ({
  id,
  channel,
  source,
  medium,
  campaign,
}: Pick<Touch, 'id' | 'channel' | 'source' | 'medium' | 'campaign'>): Origin => ({
  id,
  channel,
  ...(source !== undefined && { source }),
  ...(medium !== undefined && { medium }),
  ...(campaign !== undefined && { campaign }),
});

/**
 * Where a touchpoint stands among those of its person: it starts a session, belongs to the running one, or stands alone (a
 * machine's, or one that a person only received, while no session runs).
 */
export type SessionPart = 'start' | 'within' | 'alone';

/** A touchpoint as it is read in its visit. */
export interface Read {
  readonly touch: Touch;
  /** As it was recorded, with the page on the way passed over: it depends on no other touchpoint. */
  readonly own: Touch;
  /** Id of the touchpoint whose origin it took. */
  readonly originId?: string;
  /** The page on the way that was passed over. */
  readonly relay?: string;
}

/**
 * The touchpoint as it is read: one without an origin of its own takes the one of its visit, as web analytics do, or
 * most credit would go to "direct". The event itself stays as it was recorded.
 */
export function readAs(recorded: Touch, visit: Origin | null, isRelay: (host: string) => boolean): Read {
  const relay = relayIn(recorded, isRelay);
  const touch: Touch =
    relay === undefined ? recorded : { ...recorded, channel: 'direct', source: undefined, medium: undefined };
  const passed = relay === undefined ? {} : { relay };
  if (!visit || !hasNone(touch)) return { touch, own: touch, ...passed };
  const { id, ...origin } = visit;
  return { touch: { ...touch, ...origin }, own: touch, originId: id, ...passed };
}

/** What is stored of a touchpoint's place: it follows from the touchpoint and its nearest neighbours. */
export interface Placed extends Pick<Touch, 'id' | 'channel' | 'source' | 'medium' | 'campaign'> {
  readonly session: SessionPart;
  /** It is the origin of what follows in its visit. */
  readonly setsOrigin: boolean;
  /** Somebody acted: what a machine did takes no origin. */
  readonly human: boolean;
}

/** The session of a touchpoint, and the touchpoint whose origin it takes. */
export interface Visited {
  /** Id of the touchpoint that started the session; its own when it stands alone. */
  readonly sessionId: string;
  /** Undefined: it has an origin of its own, or its visit has none. */
  readonly origin?: Origin;
}

/** Derives sessions and inherited origins of one person's touchpoints, which come by time, then id. */
export function resolveVisits<T extends Placed>(touches: readonly T[]): (T & Visited)[] {
  let sessionId: string | undefined;
  let origin: Origin | undefined;
  return touches.map((touch) => {
    if (touch.session === 'alone') return { ...touch, sessionId: touch.id };
    if (touch.session === 'start') {
      sessionId = touch.id;
      origin = undefined;
    }
    const inherited = touch.human && hasNone(touch) ? origin : undefined;
    if (touch.setsOrigin) origin = originOf(touch);
    return {
      ...touch,
      sessionId: sessionId ?? touch.id,
      ...(inherited && { origin: inherited }),
    };
  });
}
