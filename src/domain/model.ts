/** The journey model document; placeholder shape until its own rules stand. */
export interface JourneyModel {
  readonly name: string;
}
