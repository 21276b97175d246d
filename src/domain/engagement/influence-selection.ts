import type { TouchSelection } from './touch-selection.js';

export const INFLUENCE_CUTS = ['content', 'persona', 'segment', 'stage', 'month'] as const;
export type InfluenceCut = (typeof INFLUENCE_CUTS)[number];

export interface InfluenceSelection extends TouchSelection {
  readonly by: readonly InfluenceCut[];
  /** Microseconds in which a lead has to advance. */
  readonly within: number;
  /** Touches after it do not count: whether their leads advanced is not known yet. */
  readonly until: number;
  /** Stages in the order of the process, of personas with one of their own and of all others. */
  readonly processes: ReadonlyMap<string, readonly string[]>;
  readonly process: readonly string[];
}
