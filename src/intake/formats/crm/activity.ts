import { hash } from 'node:crypto';
import type { WithdrawalReason } from '../../../domain/events.js';
import type { IdentityKey } from '../../../domain/identity/keys.js';
import type { Revision, TouchpointKind } from '../../../domain/touchpoint.js';
import type { Fact, Message } from '../../format.js';
import { emailOf, type Ids, keysOf, MESSAGE_ID_LENGTH } from '../../identities.js';
import type { JsonObject } from '../../json.js';
import { resolveIds } from '../../mapped-ids.js';
import { isRejected, reject, type Rejected } from '../../outcome.js';
import type { Reading } from '../../reading.js';
import { buildTouchpoint, subjectOf, touchpointFacts } from '../../touchpoint.js';
import { labelOf } from '../../values.js';
import { crmId, type Field, type Said } from './objects.js';
import type { CrmSettings } from './settings.js';

/** A call, meeting or mail with one person, as it was in the CRM at some time. */
export interface CrmActivity {
  readonly outcome: Outcome;
  /** When it took place, or when it was withdrawn. */
  readonly time: Message['time'];
  readonly contactId: Field;
  readonly email?: Field | undefined;
  readonly name?: unknown;
  readonly rep?: unknown;
  readonly properties?: JsonObject | undefined;
}

/** That it took place, or did not, or not with this contact. Without an id nothing says what it is a version of. */
type Outcome =
  | { readonly kind: TouchpointKind; readonly revises: Revision | undefined }
  | { readonly withdrawn: WithdrawalReason; readonly revises: Revision };

/** A version of an activity. What is reported again in the same words is one fact. */
export function activitySaid(
  activity: CrmActivity,
  settings: CrmSettings,
  reading: Reading,
): ActivitySaid | Rejected {
  const facts = factsOf(activity, settings, reading);
  if (isRejected(facts)) return facts;
  const messageId = versionId(activity);
  return { ...(messageId !== undefined && { messageId }), time: activity.time, facts };
}

type ActivitySaid = Said & Partial<Pick<Message, 'messageId'>> & Pick<Message, 'time'>;

function factsOf(activity: CrmActivity, settings: CrmSettings, reading: Reading): readonly Fact[] | Rejected {
  const { outcome, contactId, name, rep, properties } = activity;
  const { revises } = outcome;
  const isWhole = revises?.scope === undefined;
  if ('withdrawn' in outcome && isWhole) return [withdrawal(outcome.revises, outcome.withdrawn)];
  const ids = idsOf(activity, settings, reading);
  if (isRejected(ids)) {
    const isCleared = contactId.value === null && ids.rejected.code === 'identity-missing';
    return isCleared && revises && isWhole ? [withdrawal(revises, 'contact-removed')] : ids;
  }
  if ('withdrawn' in outcome) return [withdrawal(outcome.revises, outcome.withdrawn, keysOf(ids))];
  const draft = { kind: outcome.kind, ids, name, rep: labelOf(rep), properties };
  const data = { ...buildTouchpoint(draft, reading), ...(revises && { revises }) };
  return touchpointFacts(data);
}

const withdrawal = (
  revises: Revision,
  reason: WithdrawalReason,
  identity?: readonly IdentityKey[],
): Fact => ({
  ...{ type: 'TouchpointWithdrawn', stream: `activity-${revises.id}` },
  data: { revises, reason, ...(identity && { identity }) },
});

function idsOf(
  { outcome, contactId, email: emailField, name }: CrmActivity,
  settings: CrmSettings,
  reading: Reading,
): Ids | Rejected {
  const crm = crmId(contactId, settings, reading);
  if (crm !== undefined && typeof crm !== 'string') return crm;
  const email = emailField && emailOf(emailField.value, emailField.path, reading);
  const found =
    crm === undefined && email === undefined
      ? reject('identity-missing', 'an activity must name its contact', contactId.path)
      : { crm, email };
  const kind = 'kind' in outcome ? outcome.kind : 'custom';
  return resolveIds(found, () => subjectOf({ kind, name }), reading);
}

/** Tells versions apart by all that is read of them: some CRMs name the time of a change by the second, or not at all. */
function versionId({ outcome, contactId, email, time, ...said }: CrmActivity): string | undefined {
  if (!outcome.revises) return undefined;
  const what = [outcome, contactId.value ?? null, email?.value ?? null, time.timestamp ?? null, said];
  const digest = hash('sha256', JSON.stringify(what), 'base64url').slice(0, 22);
  const whole = `activity ${outcome.revises.id} ${digest}`;
  return whole.length <= MESSAGE_ID_LENGTH ? whole : `activity ${digest}`;
}
