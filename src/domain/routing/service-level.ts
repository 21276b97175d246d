import { workingTime, type WorkSchedule } from '../business-hours.js';
import type { LeadHandedOff } from '../lead-events.js';
import { DAY_MS, type JourneyModel } from '../model/journey-model.js';
import type { Recipient, SegmentedCondition, ServiceLevel } from '../model/lead-management.js';

const HOUR_MS = 3_600_000;
/** Where no service level of the model matches the lead. */
export const DEFAULT_SERVICE_LEVEL: ServiceLevel = { name: 'default', dueWithinHours: 24 };

type Terms = Required<Pick<LeadHandedOff, 'dueBy' | 'serviceLevel' | 'workSchedule'>> &
  Pick<LeadHandedOff, 'warnAt'>;

/**
 * By when a recipient must have acted on a lead, and in which working time that was counted: the first service level that matches the lead, counted from the hand-off within the business hours that it names, else those
 * of the recipient, else around the clock; never on days that the recipient is out of office.
 *
 * @param at of the hand-off, ms
 */
export function handOffTerms(
  model: Pick<JourneyModel, 'serviceLevels' | 'businessHours' | 'timeZone'>,
  matches: (when: SegmentedCondition) => boolean,
  recipient: Recipient,
  at: number,
): Terms {
  const { serviceLevels = [], businessHours = [], timeZone } = model;
  const level =
    serviceLevels.find(({ when }) => when === undefined || matches(when)) ?? DEFAULT_SERVICE_LEVEL;
  const named = level.businessHours ?? recipient.businessHours;
  const { outOfOffice } = recipient;
  const schedule = {
    ...{ hours: businessHours.find(({ id }) => id === named), timeZone: recipient.timeZone ?? timeZone },
    outOfOffice,
  };
  const time = workingTime(schedule);
  const { dueWithinHours, warnHoursBefore } = level;
  const after = (hours: number): string =>
    new Date(time.after(at, Math.round(hours * HOUR_MS))).toISOString();
  return {
    dueBy: after(dueWithinHours),
    ...(warnHoursBefore !== undefined && { warnAt: after(dueWithinHours - warnHoursBefore) }),
    serviceLevel: level.name,
    workSchedule: scheduleFrom(schedule, at),
  };
}

/** What of a schedule matters from an instant on: events that keep it stay small however many years the model lists. */
function scheduleFrom({ hours, timeZone, outOfOffice = [] }: WorkSchedule, at: number): WorkSchedule {
  const firstDay = new Date(at - DAY_MS).toISOString().slice(0, 10);
  const holidays = (hours?.holidays ?? [])
    .filter(({ date }) => date >= firstDay)
    .map(({ date }) => ({ date }));
  const absences = outOfOffice.filter(({ to }) => to >= firstDay);
  return {
    timeZone,
    ...(hours && { hours: { ...hours, ...(hours.holidays && { holidays }) } }),
    ...(absences.length > 0 && { outOfOffice: absences }),
  };
}
