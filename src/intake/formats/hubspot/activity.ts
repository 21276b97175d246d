import type { Revision } from '../../../domain/touchpoint.js';
import type { Message } from '../../format.js';
import { reject, type Rejected } from '../../outcome.js';
import type { Reading } from '../../reading.js';
import { activitySaid } from '../crm/activity.js';
import { type Field, type Said, timeText } from '../crm/objects.js';
import type { CrmSettings } from '../crm/settings.js';
import { type HubSpotItem, type HubSpotObject, objectId, timeOf } from './item.js';

const KINDS = { call: 'sales_call', meeting: 'meeting', email: 'sales_email' } as const;
type ActivityObject = keyof typeof KINDS;
const OBJECTS = Object.keys(KINDS) as readonly ActivityObject[];

type Meant = (Said & Partial<Message>) | Rejected;

interface Activity {
  readonly object: ActivityObject;
  readonly id: Field;
}

/** The call, meeting or mail that is one of the ends of an association. */
export function activityIn(ends: ReadonlyMap<HubSpotObject | undefined, Field>): Activity | undefined {
  for (const object of OBJECTS) {
    const id = ends.get(object);
    if (id) return { object, id };
  }
  return undefined;
}

/** Each contact of an activity is reported apart. Both ends are notified, and may be again: that is the same version. */
export function contactOfActivity(
  item: HubSpotItem,
  activity: Activity,
  contactId: Field,
  settings: CrmSettings,
  reading: Reading,
): Meant {
  const revises = { ...revisionOf(activity, item, reading), scope: 'contact' as const };
  const outcome =
    item.associationRemoved === true
      ? ({ withdrawn: 'contact-removed', revises } as const)
      : { kind: KINDS[activity.object], revises };
  const properties = { activityId: String(activity.id.value) };
  return activitySaid({ outcome, time: timeOf(item), contactId, properties }, settings, reading);
}

/** With all its contacts. */
export const deletedActivity =
  (object: ActivityObject) =>
  (item: HubSpotItem, settings: CrmSettings, reading: Reading): Meant => {
    const id = objectId(item);
    if (id.value === undefined) return reject('missing-field', 'is required', id.path);
    const outcome = {
      withdrawn: 'deleted',
      revises: revisionOf({ object, id }, item, reading),
    } as const;
    const contactId = { value: undefined, path: id.path };
    return activitySaid({ outcome, time: timeOf(item), contactId }, settings, reading);
  };

function revisionOf({ object, id }: Activity, item: HubSpotItem, reading: Reading): Revision {
  const { timestamp: value, path } = timeOf(item);
  const at = timeText({ value, path }, reading) ?? undefined;
  return { id: `${object} ${String(id.value)}`, ...(at !== undefined && { at }) };
}
