import type { JourneyModel } from './model/journey-model.js';

export interface JourneyModelPublished {
  readonly document: JourneyModel;
  readonly by?: string;
  /**
   * If leads and their touchpoints are more than this, leads are recomputed by `JourneyModelApplied`; else with the publication,
   * as all were in logs of former versions, which do not have it.
   */
  readonly atOnce?: number;
}

/** From here on the leads up to an id, in the order of ids, are computed with this version of the journey model. */
export interface JourneyModelApplied {
  readonly modelVersion: number;
  /** Null: all leads. */
  readonly upTo: string | null;
}
