import type { ExplainedPerson, ExplainedTouch } from './explain-items.js';
import { linksOf } from './identity-links.js';
import type { View } from './read-models.js';
import { validAt } from './valid-at.js';
import { rows, sql } from './sql.js';

interface PersonRow {
  lead_id: string;
  name: string | null;
  email: string | null;
  keys: string[];
}

/** The people whose touchpoints these are, with the links that make each of them one person. */
export async function explainedPeople(
  view: View,
  touches: readonly ExplainedTouch[],
): Promise<ExplainedPerson[]> {
  const leadIds = [...new Set(touches.map(({ leadId }) => leadId))];
  const people = await peopleOf(view, leadIds);
  const explained: ExplainedPerson[] = [];
  for (const { lead_id: leadId, name, email, keys: own } of people) {
    const carried = touches.flatMap((touch) => (touch.leadId === leadId ? touch.identity : []));
    const keys = [...new Set([...own, ...carried])].sort();
    const known = new Set(keys);
    const links = (await linksOf(view, keys)).filter(
      ({ key, otherKey }) => known.has(key) && known.has(otherKey),
    );
    explained.push({ leadId, name, email, keys, links });
  }
  return explained;
}

const peopleOf = ({ tx, workspace, asOf }: View, leadIds: readonly string[]): Promise<PersonRow[]> =>
  rows<PersonRow>(
    tx,
    sql`
    SELECT p.lead_id, p.name, p.email,
           ARRAY(SELECT k.key FROM touchline.identity_key k
                 WHERE k.workspace = p.workspace AND k.lead_id = p.lead_id AND ${validAt('k', asOf)}) AS keys
    FROM touchline.lead_profile p
    WHERE p.workspace = ${workspace} AND p.lead_id = ANY(${leadIds}::uuid[]) AND ${validAt('p', asOf)}
    ORDER BY p.lead_id`,
  );
