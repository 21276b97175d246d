import { emailIn, emailOf, idOf, type Ids } from './identities.js';
import type { MappingSubject } from './mapping.js';
import { isRejected, type Rejected } from './outcome.js';
import type { Reading } from './reading.js';
import { nonEmpty } from './values.js';

/**
 * The ids of an item. One that names nobody by its format (`identity-missing`) is of whom the mapping of its collector names.
 *
 * @param found by the format
 * @param subject what rules of the mapping look at
 */
export function resolveIds(
  found: Ids | Rejected,
  subject: () => Omit<MappingSubject, 'item'>,
  reading: Reading,
): Ids | Rejected {
  if (!isRejected(found) || found.rejected.code !== 'identity-missing') return found;
  const mapped = reading.map(subject())?.identity ?? {};
  const ids: Record<string, string> = {};
  for (const [kind, field] of MAPPED_IDS) {
    const id = idOf(mapped[field], `mapping.identity.${field}`, reading);
    if (id === undefined) continue;
    if (typeof id !== 'string') return id;
    ids[kind] = id;
  }
  const email = emailOf(mapped.email, 'mapping.identity.email', reading) ?? emailIn(ids.user);
  return nonEmpty({ ...ids, ...(email !== undefined && { email }) }) ?? found;
}

const MAPPED_IDS = [
  ['user', 'userId'],
  ['crm', 'crmId'],
  ['anonymous', 'anonymousId'],
] as const;
