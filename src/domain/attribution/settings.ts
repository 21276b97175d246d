import { faultAt, list, number, object, oneOf, type Shape } from '../model/fields.js';
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

const isShare = (share: unknown): boolean => typeof share === 'number' && share >= 0 && share <= 100;

const shares = (...names: string[]): Shape => ({
  schema: {
    type: 'array',
    items: { type: 'number', minimum: 0, maximum: 100 },
    minItems: names.length,
    maxItems: names.length,
    contains: { exclusiveMinimum: 0 },
    description: `Relative shares: ${names.join(', ')}`,
  },
  check: (value, at) =>
    Array.isArray(value) &&
    value.length === names.length &&
    value.every(isShare) &&
    value.some((share) => (share as number) > 0)
      ? []
      : [faultAt(at, `must be ${names.length} shares from 0 to 100, not all 0: ${names.join(', ')}`)],
});

/** As the model's document has it; every part may be left out. */
export const attributionShape = object({}, {
  lookbackDays: number(1, 3650),
  timeDecay: object({ halfLifeDays: number(0.01, 3650) }),
  position: shares('first', 'between', 'last'),
  uShaped: shares('first', 'lead created', 'others'),
  wShaped: shares('first', 'lead created', 'opportunity created', 'others'),
  fullPath: shares('first', 'lead created', 'opportunity created', 'close', 'others'),
  excludedKinds: list(oneOf(TOUCHPOINT_KINDS)),
  excludedChannels: list(oneOf(CHANNELS)),
} satisfies Record<keyof AttributionSettings, Shape>);

/** The `attribution` part of a checked document with its defaults; kinds that it excludes are excluded besides the default ones. */
export function attributionSettings(given: Partial<AttributionSettings> | null = {}): AttributionSettings {
  const settings = { ...DEFAULT_ATTRIBUTION, ...given };
  const excludedKinds = [...new Set([...DEFAULT_ATTRIBUTION.excludedKinds, ...settings.excludedKinds])];
  return { ...settings, excludedKinds };
}
