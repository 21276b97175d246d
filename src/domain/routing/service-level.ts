import { workingTime } from '../business-hours.js';
import type { JourneyModel } from '../model/journey-model.js';
import type { Recipient, SegmentedCondition, ServiceLevel } from '../model/lead-management.js';

const HOUR_MS = 3_600_000;
/** Where no service level of the model matches the lead. */
export const DEFAULT_SERVICE_LEVEL: ServiceLevel = { name: 'default', dueWithinHours: 24 };

/** When a recipient must have acted on a lead, in ms. */
export interface Deadline {
  readonly dueBy: number;
  readonly warnAt: number | null;
}

/**
 * The first service level that matches the lead, counted from the hand-off within the business hours that it names, else those
 * of the recipient, else around the clock; never on days that the recipient is out of office.
 *
 * @param at of the hand-off, ms
 */
export function deadlineOf(
  model: Pick<JourneyModel, 'serviceLevels' | 'businessHours' | 'timeZone'>,
  matches: (when: SegmentedCondition) => boolean,
  recipient: Recipient,
  at: number,
): Deadline {
  const { serviceLevels = [], businessHours = [], timeZone } = model;
  const level =
    serviceLevels.find(({ when }) => when === undefined || matches(when)) ?? DEFAULT_SERVICE_LEVEL;
  const named = level.businessHours ?? recipient.businessHours;
  const time = workingTime({
    hours: businessHours.find(({ id }) => id === named),
    timeZone: recipient.timeZone ?? timeZone,
    outOfOffice: recipient.outOfOffice,
  });
  const { dueWithinHours, warnHoursBefore } = level;
  const after = (hours: number): number => time.after(at, Math.round(hours * HOUR_MS));
  return {
    dueBy: after(dueWithinHours),
    warnAt: warnHoursBefore === undefined ? null : after(dueWithinHours - warnHoursBefore),
  };
}
