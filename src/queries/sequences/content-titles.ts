import { cataloguedContents } from '../catalogue-rows.js';
import type { View } from '../read-models.js';
import { rows, sql } from '../sql.js';

/** Titles of these contents by the catalogue, else by the journey model. */
export async function contentTitles(
  view: View,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = await rows<{ content_id: string; title: string }>(
    view.tx,
    sql`
    SELECT d.content_id, d.title FROM (${cataloguedContents(view)}) d
    WHERE d.title IS NOT NULL AND d.content_id = ANY(${[...new Set(ids)]}::text[])`,
  );
  return new Map(found.map(({ content_id, title }) => [content_id, title]));
}
