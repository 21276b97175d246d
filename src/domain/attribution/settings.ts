/** The attribution part of the journey model. */
export interface AttributionSettings {
  /** Touches older than this many days before the reference date earn nothing. */
  readonly lookbackDays: number;
  /** Of `time_decay`. */
  readonly halfLifeDays: number;
  /** Shares of first touch, lead creation and the rest; they add up to 1. */
  readonly uShaped: readonly [first: number, leadCreated: number, rest: number];
}

export const DEFAULT_ATTRIBUTION: AttributionSettings = { lookbackDays: 365, halfLifeDays: 7, uShaped: [0.5, 0.5, 0] };
