import type { View } from './read-models.js';
import { rows, sql, type Sql } from './sql.js';
import { validAt } from './valid-at.js';

/**
 * What is known of contents, as in bi.dim_content: content_id, title, type, author, publisher and publisher_kind. What was
 * catalogued by its id goes before the contents of the journey model; an entry of the model for each page of a site names none.
 */
export function cataloguedContents({ workspace, asOf, model }: View): Sql {
  const contents = (model?.data.document.contents ?? []).filter(({ eachPage }) => eachPage !== true);
  return sql`
    SELECT content_id, coalesce(d.title, m.title) AS title, coalesce(d.type, m.type) AS type,
           coalesce(d.author, m.author) AS author, coalesce(d.publisher, m.publisher) AS publisher,
           coalesce(d.publisher_kind, m.publisher) AS publisher_kind
    FROM (SELECT c.content_id, c.title, c.type, c.author, c.publisher, c.publisher_kind
          FROM touchline.content c
          WHERE c.workspace = ${workspace} AND ${validAt('c', asOf)}) d
    FULL JOIN (SELECT DISTINCT ON (id) id AS content_id, title, type, author, publisher
               FROM jsonb_to_recordset(${JSON.stringify(contents)}::jsonb)
                 AS entry (id text, title text, type text, author text, publisher text)
               ORDER BY id) m USING (content_id)`;
}

/** Names of things by their ids. */
export type Names = ReadonlyMap<string, string>;

/** Titles of these contents, or names of these campaigns, where they are catalogued. */
export async function cataloguedNames(
  { tx, workspace, asOf }: View,
  cut: 'content' | 'campaign',
  ids: readonly string[],
): Promise<Names> {
  const query =
    cut === 'content'
      ? sql`SELECT c.content_id AS id, c.title AS name FROM touchline.content c
            WHERE c.workspace = ${workspace} AND ${validAt('c', asOf)} AND c.content_id = ANY(${ids}::text[])`
      : sql`SELECT c.campaign_id AS id, c.name FROM touchline.campaign c
            WHERE c.workspace = ${workspace} AND ${validAt('c', asOf)} AND c.campaign_id = ANY(${ids}::text[])`;
  const found = await rows<{ id: string; name: string | null }>(tx, query);
  return new Map(found.flatMap(({ id, name }) => (name === null ? [] : [[id, name]])));
}
