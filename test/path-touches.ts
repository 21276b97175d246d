import type { ModelTouch } from '../src/domain/attribution/weigh-paths.js';

export const day = (number: number): Date => new Date(Date.UTC(2026, 0, number));

/** A touch of a path on that day of January 2026. */
export const touch = (at: number, over: Partial<ModelTouch> = {}): ModelTouch => ({
  leadId: 'ada',
  occurredAt: day(at),
  kind: 'page_view',
  channel: 'email',
  campaign: null,
  contentId: null,
  contentType: null,
  contentStage: null,
  milestones: [],
  roleWeight: 1,
  ...over,
});

/** Of an opportunity that was opened within and closed at the end of the month. */
export const dates = { reference: day(31), openedAt: day(20), closedAt: day(31) };
