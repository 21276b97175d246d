import type { Touch } from './condition.js';
import { cell, type Memory } from './memory.js';
import { countsAsHuman, type Channel, type TouchpointKind, type Verdict } from './touchpoint.js';

type Labels = Pick<Touch, 'channel' | 'source' | 'medium' | 'campaign'>;

/** Where a session came from; plain JSON. */
export interface Origin {
  readonly channel: Channel;
  readonly source?: string;
  readonly medium?: string;
  readonly campaign?: string;
}

/** The origin of the running session; null: it has none. */
const ORIGIN = cell<Origin | null>('origin');
/** When a person last acted, ms. */
export const LAST_AT = cell<number>('last');

/** Touchpoints that bring a person to a session. A mail that was opened, or a call, does not. */
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

/** Kinds that are done to a person: they neither begin nor prolong a session. */
const RECEIVED_KINDS: ReadonlySet<TouchpointKind> = new Set([
  'email_sent',
  'email_delivered',
  'email_bounce',
  'ad_impression',
  'sales_email',
]);

export const isReceived = (kind: TouchpointKind): boolean => RECEIVED_KINDS.has(kind);

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

/** A touchpoint without evidence of its own: inside a session its referrer is the site itself. */
const hasNoOrigin = ({ channel, source, medium, campaign }: Labels): boolean =>
  channel === 'direct' && (source ?? medium ?? campaign) === undefined;

const originOf = ({ channel, source, medium, campaign }: Labels): Origin => ({
  channel,
  ...(source !== undefined && { source }),
  ...(medium !== undefined && { medium }),
  ...(campaign !== undefined && { campaign }),
});

/**
 * The position of a touchpoint in sessions: it starts a session, belongs to the running one, or is outside any session (a
 * machine's, or one that a person only received, while no session runs; or one that did not take place).
 */
export type SessionPart = 'start' | 'within' | 'alone';

/** A touchpoint as it is read in its session. */
export interface SessionTouch {
  /** With the origin of its session, if it has none of its own. */
  readonly touch: Touch;
  /** As it was recorded, with the page on the way passed over: it depends on no other touchpoint. */
  readonly own: Touch;
  /** The page on the way that was passed over. */
  readonly relay?: string;
  readonly part: SessionPart;
  /** It is the origin of what follows in its session. */
  readonly setsOrigin: boolean;
}

/**
 * Reads a touchpoint in its session. One without an origin of its own takes the one of its session, as web analytics do, or
 * most credit would go to "direct". The event itself stays as it was recorded. The origin of a session is the latest touchpoint
 * that brought the person there; an untagged referral in the middle of a session is the origin of that touchpoint alone.
 */
export function sessionRules(
  idleMs: number,
  isRelay: (host: string) => boolean,
): (touch: Touch, memory: Memory) => SessionTouch {
  return (recorded, memory) => {
    // It reads nothing: thousands of versions between two visits would follow each change of what is before them.
    if (recorded.verdict === 'superseded')
      return { touch: recorded, own: recorded, part: 'alone', setsOrigin: false };
    const last = memory.read(LAST_AT);
    const runs = last !== undefined && recorded.at - last <= idleMs;
    if (!countsAsHuman(recorded.verdict)) {
      return { touch: recorded, own: recorded, part: runs ? 'within' : 'alone', setsOrigin: false };
    }
    const received = isReceived(recorded.kind);
    const part = runs ? 'within' : received ? 'alone' : 'start';
    const { own, relay } = withoutRelay(recorded, isRelay);
    const sessionOrigin = (): Origin | null => (runs ? (memory.read(ORIGIN) ?? null) : null);
    const inherited = hasNoOrigin(own) ? sessionOrigin() : null;
    const setsOrigin =
      !hasNoOrigin(own) && ARRIVALS.has(own.kind) && !(isReferral(own) && sessionOrigin() !== null);
    if (setsOrigin) memory.write(ORIGIN, originOf(own));
    else if (part === 'start') memory.write(ORIGIN, null);
    if (!received) memory.write(LAST_AT, own.at);
    const touch = inherited ? { ...own, ...inherited } : own;
    return { touch, own, ...(relay !== undefined && { relay }), part, setsOrigin };
  };
}

function withoutRelay(touch: Touch, isRelay: (host: string) => boolean): { own: Touch; relay?: string } {
  const relay = relayIn(touch, isRelay);
  if (relay === undefined) return { own: touch };
  return { own: { ...touch, channel: 'direct', source: undefined, medium: undefined }, relay };
}

/** What is stored of a touchpoint's place: it follows from the touchpoint and its nearest neighbours. */
export interface StoredSessionPart extends Labels {
  readonly id: string;
  readonly session: SessionPart;
  /** It is the origin of what follows in its session. */
  readonly setsOrigin: boolean;
  /** What a machine did takes no origin. */
  readonly verdict: Verdict;
}

/** The session of a touchpoint, and the touchpoint whose origin it takes. */
export interface ResolvedSession {
  /** Id of the touchpoint that started the session; its own id outside any session. */
  readonly sessionId: string;
  /** The touchpoint whose origin it takes. Undefined: it has an origin of its own, or its session has none. */
  readonly originId?: string;
  readonly origin?: Origin;
}

/** Derives sessions and inherited origins of one person's touchpoints, which come by time, then id. */
export function resolveSessions<T extends StoredSessionPart>(touches: readonly T[]): (T & ResolvedSession)[] {
  let sessionId: string | undefined;
  let setter: T | undefined;
  return touches.map((touch) => {
    if (touch.session === 'alone') return { ...touch, sessionId: touch.id };
    if (touch.session === 'start') {
      sessionId = touch.id;
      setter = undefined;
    }
    const inherited = countsAsHuman(touch.verdict) && hasNoOrigin(touch) ? setter : undefined;
    if (touch.setsOrigin) setter = touch;
    return {
      ...touch,
      sessionId: sessionId ?? touch.id,
      ...(inherited && { originId: inherited.id, origin: originOf(inherited) }),
    };
  });
}
