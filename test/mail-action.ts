import type { TouchpointKind } from '../src/domain/touchpoint.js';
import type { RequestSignals } from '../src/intake/request-signals.js';

/** Who really acted. */
export const ACTORS = [
  'person opens',
  'person clicks',
  'apple prefetch',
  'gmail prefetch',
  'scanner at once',
  'scanner spread',
  'scanner HEAD',
  'crawler',
] as const;
export type Actor = (typeof ACTORS)[number];
export const isPerson = (actor: Actor): boolean => actor.startsWith('person');

/** What happens to a mail; times in ms after the beginning. */
export interface MailAction {
  readonly actor?: Actor;
  readonly kind: TouchpointKind;
  readonly at: number;
  readonly link?: string;
  readonly ip?: string;
  readonly userAgent?: string;
  readonly request?: RequestSignals;
}
