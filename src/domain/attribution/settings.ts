import { CHANNELS, TOUCHPOINT_KINDS, type Channel, type TouchpointKind } from '../touchpoint.js';

/**
 * The `attribution` part of the journey model. Shares are relative: only their proportion counts, so percentages and
 * fractions say the same.
 */
export interface AttributionSettings {
  /** Touches older than this before the reference date are not touches of the opportunity. */
  readonly lookbackDays: number;
  readonly timeDecay: { readonly halfLifeDays: number };
  /** First, the touches between, last. */
  readonly position: readonly [first: number, between: number, last: number];
  /** First, lead created, the others: 50/50/0 here; 40/40/20 is the other usual choice. */
  readonly uShaped: readonly [first: number, leadCreated: number, others: number];
  readonly wShaped: readonly [first: number, leadCreated: number, opportunityCreated: number, others: number];
  readonly fullPath: readonly [
    first: number,
    leadCreated: number,
    opportunityCreated: number,
    close: number,
    others: number,
  ];
  /**
   * Kinds that are no touches: sent, not done by the buyer, or said again by another touchpoint. What a model lists is
   * added to the default ones.
   */
  readonly excludedKinds: readonly TouchpointKind[];
  readonly excludedChannels: readonly Channel[];
}

/**
 * A year of lookback: B2B purchases take six to twelve months, and a shorter one would lose, when the opportunity is won,
 * first touches that its pipeline credits had counted.
 */
export const DEFAULT_ATTRIBUTION: AttributionSettings = {
  lookbackDays: 365,
  timeDecay: { halfLifeDays: 7 },
  position: [40, 20, 40],
  uShaped: [50, 50, 0],
  wShaped: [30, 30, 30, 10],
  fullPath: [22.5, 22.5, 22.5, 22.5, 10],
  excludedKinds: [
    'session_start',
    'email_sent',
    'email_delivered',
    'email_bounce',
    'email_unsubscribe',
    'ad_impression',
  ],
  excludedChannels: [],
};

export interface SettingFault {
  /** Where in the `attribution` part, e.g. `timeDecay.halfLifeDays`. */
  readonly path: string;
  readonly message: string;
}

type Check = (value: unknown) => string | undefined;

const between =
  (least: number, most: number): Check =>
  (value) =>
    typeof value === 'number' && value >= least && value <= most
      ? undefined
      : `must be a number from ${least} to ${most}`;

const shares =
  (...names: string[]): Check =>
  (value) =>
    Array.isArray(value) &&
    value.length === names.length &&
    value.every((share) => typeof share === 'number' && share >= 0 && share <= 100) &&
    value.some((share) => share > 0)
      ? undefined
      : `must be ${names.length} shares from 0 to 100, not all 0: ${names.join(', ')}`;

const listOf =
  (allowed: readonly string[]): Check =>
  (value) =>
    Array.isArray(value) && value.every((entry) => allowed.includes(entry as string))
      ? undefined
      : `must be a list of: ${allowed.join(', ')}`;

const halfLife: Check = (value) => {
  if (typeof value !== 'object' || value === null || Object.keys(value).join() !== 'halfLifeDays') {
    return 'must be { halfLifeDays }';
  }
  const fault = between(0.01, 3650)((value as { halfLifeDays: unknown }).halfLifeDays);
  return fault && `halfLifeDays ${fault}`;
};

const CHECKS: Record<keyof AttributionSettings, Check> = {
  lookbackDays: between(1, 3650),
  timeDecay: halfLife,
  position: shares('first', 'between', 'last'),
  uShaped: shares('first', 'lead created', 'others'),
  wShaped: shares('first', 'lead created', 'opportunity created', 'others'),
  fullPath: shares('first', 'lead created', 'opportunity created', 'close', 'others'),
  excludedKinds: listOf(TOUCHPOINT_KINDS),
  excludedChannels: listOf(CHANNELS),
};

/**
 * Reads the `attribution` part of a model document; what it leaves out has its default, and kinds that it excludes
 * are excluded besides the default ones. Every fault is found, and
 * with one there are no settings.
 */
export function checkAttribution(
  value: unknown,
): { readonly settings: AttributionSettings } | { readonly faults: readonly SettingFault[] } {
  if (value === undefined || value === null) return { settings: DEFAULT_ATTRIBUTION };
  if (typeof value !== 'object' || Array.isArray(value)) {
    return { faults: [{ path: '', message: 'must be an object' }] };
  }
  const faults = Object.entries(value).flatMap(([path, part]) => {
    const message = Object.hasOwn(CHECKS, path)
      ? CHECKS[path as keyof AttributionSettings](part)
      : `is unknown; allowed are: ${Object.keys(CHECKS).join(', ')}`;
    return message === undefined ? [] : [{ path, message }];
  });
  if (faults.length > 0) return { faults };
  const settings = { ...DEFAULT_ATTRIBUTION, ...(value as Partial<AttributionSettings>) };
  const excludedKinds = [...new Set([...DEFAULT_ATTRIBUTION.excludedKinds, ...settings.excludedKinds])];
  return { settings: { ...settings, excludedKinds } };
}
