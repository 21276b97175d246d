import { contentGaps } from './content-gaps.js';
import { contentInfluence } from './content-influence.js';
import { funnel } from './funnel.js';
import { hooks } from './hooks.js';
import type { Metric } from './metric.js';
import { nurtureLift } from './nurture-lift.js';
import { pipelinePerDollar } from './pipeline-per-dollar.js';
import { repLoad } from './rep-load.js';
import { responseTimes } from './response-time.js';
import { rottingLeads } from './rotting-leads.js';
import { scoreCalibration } from './score-calibration.js';
import { velocity } from './velocity.js';

/** Every metric there is. A new one: its file, its spec, and its line here. */
export const metrics: readonly Metric[] = [
  pipelinePerDollar,
  velocity,
  hooks,
  contentInfluence,
  contentGaps,
  scoreCalibration,
  funnel,
  nurtureLift,
  rottingLeads,
  responseTimes,
  repLoad,
];
