import { findLead, parseLeadReference } from '../read-models/lead-lookup.js';
import { Problem } from '../http/problem.js';
import type { View } from './read-models.js';

/** How a path names a lead: by an id it has or had, or by one of its keys. */
export const LEAD_ID_FORMS = 'a lead id, email:…, user:…, crm:… or anonymous:…';

/**
 * The lead that a path names, at the position of the view.
 *
 * @throws Problem 400 `lead-id-invalid`, 404 `lead-not-found`
 */
export async function resolveLead(view: View, named: string): Promise<string> {
  const reference = parseLeadReference(named);
  if (!reference) {
    const message = `"${named}" names no lead: give ${LEAD_ID_FORMS}`;
    throw new Problem(400, 'lead-id-invalid', message, [{ path: 'id', message }]);
  }
  const found = await findLead(view.tx, view.workspace, reference, view.asOf);
  if (!found) throw leadNotFound(view, named);
  return found.leadId;
}

export const leadNotFound = ({ asOf }: View, named: string): Problem =>
  new Problem(404, 'lead-not-found', `The lead ${named} does not exist at position ${asOf}`);
