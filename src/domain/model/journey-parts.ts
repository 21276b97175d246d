import type { JourneyModel } from './journey-model.js';

/** The parts from which the journeys of leads are computed, and the e-mail domains that are no companies. */
const JOURNEY_PARTS = [
  'timeZone',
  'personas',
  'stages',
  'triggers',
  'contents',
  'scoring',
  'grading',
  'sessionIdleMinutes',
  'relays',
  'mailProviders',
  'nurture',
] as const satisfies readonly (keyof JourneyModel)[];

/** Whether every journey is the same under both models: only other parts differ, such as routing. */
export const haveSameJourneys = (before: JourneyModel, after: JourneyModel): boolean =>
  JOURNEY_PARTS.every((part) => JSON.stringify(before[part]) === JSON.stringify(after[part]));
