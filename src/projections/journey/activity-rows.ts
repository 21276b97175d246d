import type { ContactVersion, LatestVersion } from '../../domain/activity-version.js';
import { json, text } from '../../read-models/column-types.js';
import { Table } from '../../read-models/table.js';

/** The latest version of an activity that a CRM reports again whenever it changes. */
export const ACTIVITY_VERSION = new Table(
  'activity_version',
  { workspace: text, id: text, state: json<LatestVersion>() },
  ['workspace', 'id'],
);

/** One contact in it. */
export const ACTIVITY_CONTACT = new Table(
  'activity_contact',
  { workspace: text, id: text, activity: text, state: json<ContactVersion>() },
  ['workspace', 'id'],
);
