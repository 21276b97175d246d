import { identityKey, KEY_KINDS } from '../domain/identity.js';
import { Problem } from '../http/problem.js';
import { UUID } from './cursor.js';
import { trueAt, type View } from './read-models.js';
import { firstRow, sql } from './sql.js';

/** How a path names a lead: by an id it has or had, or by one of its keys. */
export const LEAD_ID_FORMS = 'a lead id, email:…, user:…, crm:… or anonymous:…';

/**
 * The lead that a path means, at the position of the view.
 *
 * @throws Problem 400 `lead-id-invalid`, 404 `lead-not-found`
 */
export async function whichLead(view: View, named: string): Promise<string> {
  const id = named.toLowerCase();
  const found = UUID.test(id) ? await byId(view, id) : await byKey(view, named);
  if (found === undefined) throw leadNotFound(view, named);
  return found;
}

export const leadNotFound = ({ asOf }: View, named: string): Problem =>
  new Problem(404, 'lead-not-found', `There is no lead ${named} at position ${asOf}`);

/** Each key's own lead id stays an alias of the lead it belongs to. */
async function byId({ tx, workspace, asOf }: View, id: string): Promise<string | undefined> {
  const query = sql`
    SELECT k.lead_id FROM touchline.identity_key k
    WHERE k.workspace = ${workspace} AND k.own_lead_id = ${id}::uuid AND ${trueAt('k', asOf)}`;
  return (await firstRow<{ lead_id: string }>(tx, query))?.lead_id;
}

async function byKey({ tx, workspace, asOf }: View, named: string): Promise<string | undefined> {
  const kind = KEY_KINDS.find((known) => named.startsWith(`${known}:`) && named.length > known.length + 1);
  if (kind === undefined || named.includes('\0')) {
    const message = `"${named}" names no lead: give ${LEAD_ID_FORMS}`;
    throw new Problem(400, 'lead-id-invalid', message, [{ path: 'id', message }]);
  }
  const key = identityKey(kind, named.slice(kind.length + 1));
  const query = sql`
    SELECT k.lead_id FROM touchline.identity_key k
    WHERE k.workspace = ${workspace} AND k.key = ${key} AND ${trueAt('k', asOf)}`;
  return (await firstRow<{ lead_id: string }>(tx, query))?.lead_id;
}
