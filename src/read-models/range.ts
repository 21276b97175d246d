/** Positions of the log in (after, upTo]; where both are one position, the moment right after the event there. */
export interface PositionRange {
  readonly after: bigint;
  readonly upTo: bigint;
}
