/** Where a projection or a reactor stands, as `GET /api/projections` shows a workspace. */
export interface ProjectionState {
  readonly name: string;
  readonly status: string;
  /** Age of the oldest event that it has not applied. */
  readonly lagSeconds: number;
  readonly deadLetters: number;
  readonly error: string | null;
}

/** What the queries need of the projection runtime to show how it stands. */
export type ReadProjectionStates = (workspace: string) => Promise<readonly ProjectionState[]>;

/** Injection token of the process's ReadProjectionStates. */
export const PROJECTION_STATES = Symbol('ProjectionStates');
