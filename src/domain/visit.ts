import type { Touch } from './condition.js';
import type { Channel, TouchpointKind } from './touchpoint.js';

/** Where a visit came from, and the touchpoint that tells; plain JSON. */
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

/** A touchpoint without evidence of its own: inside a visit its referrer is the site itself. */
const hasNone = ({ channel, source, medium, campaign }: Touch): boolean =>
  channel === 'direct' && (source ?? medium ?? campaign) === undefined;

/** The origin that a touchpoint gives to the rest of its session. */
export function originIn(touch: Touch): Origin | undefined {
  if (hasNone(touch) || !ARRIVALS.has(touch.kind)) return undefined;
  const { id, channel, source, medium, campaign } = touch;
  return {
    id,
    channel,
    ...(source !== undefined && { source }),
    ...(medium !== undefined && { medium }),
    ...(campaign !== undefined && { campaign }),
  };
}

/**
 * The touchpoint as it is read: one without an origin of its own takes the one of its session, as web analytics do, or
 * most credit would go to "direct". The event itself stays as it was told.
 */
export function readAs(touch: Touch, visit: Origin | null): { touch: Touch; originId?: string } {
  if (!visit || !hasNone(touch)) return { touch };
  const { id, ...origin } = visit;
  return { touch: { ...touch, ...origin }, originId: id };
}
