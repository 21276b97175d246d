import type pg from 'pg';

interface Column {
  readonly name: string;
  readonly type: string;
  readonly meaning: string | null;
}

interface View {
  readonly name: string;
  readonly meaning: string | null;
  readonly columns: readonly Column[];
}

const INTRO = `# Read models for BI

<!-- Made by \`npm run docs\` from the comments in the database; change those (src/database/migrations/repeatable/bi-2-comments.sql). -->

Schema \`bi\` is a star schema of views that BI tools read with SQL, through a role of its own that can do nothing else
([how to connect](how-to/bi.md)). The rules hold in every view:

- **Keys**: a column \`…_key\` joins facts to dimensions; it is one column and unique over all workspaces. \`…_id\` is the
  name the business knows. A fact without content, campaign, source or account has the key \`<workspace>#none\` of the
  dimension's row for none, never NULL: an inner join loses no row and no money. No id makes that key, so a campaign that
  is called "(none)" is a campaign like others.
- **Now and before**: a view holds what is true now, one row a fact, and can be added up without a filter. What was once
  believed, before a late event, a merge or another journey model, is in the view of the same name with \`_history\`,
  whose rows tell by \`is_current\`, \`known_from\` and \`superseded_at\` (log positions) when they were true. Rows as of
  position p, as the query API's \`asOf=p\`: \`known_from <= p AND (superseded_at IS NULL OR superseded_at > p)\`.
- **Time**: \`…_at\` is an instant, in UTC. \`…_date\` is its day in the workspace's time zone, as in the query API, and
  joins \`dim_date.date\`.
- **Money**: \`…_minor\` is in integer minor units, exact; the column beside it is the same amount as
  numeric(23, 4), which holds every amount of every currency.
- **Attribution**: every model shares out the whole amount again. Name one (\`WHERE model = 'linear'\`) or group by it.
`;

const GROUPS: readonly (readonly [title: string, prefixes: readonly string[]])[] = [
  ['Where things stand', ['lead_current', 'freshness']],
  ['Facts', ['fact_', 'bridge_']],
  ['Dimensions', ['dim_']],
];

/** The page docs/read-models.md of a migrated database; the same text for the same schema. */
export async function readModelsPage(database: pg.Pool | pg.ClientBase): Promise<string> {
  const views = await readViews(database);
  const named = new Map(views.map((view) => [view.name, view]));
  const sections = GROUPS.flatMap(([title, prefixes]) => [
    `## ${title}\n`,
    ...views
      .filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)))
      .map((view) => section(view, named.get(view.name.replace(/_history$/, '')) ?? view)),
  ]);
  return `${INTRO}\n${sections.join('\n')}`;
}

async function readViews(database: pg.Pool | pg.ClientBase): Promise<View[]> {
  const { rows } = await database.query<View>(`
    SELECT c.relname AS name, obj_description(c.oid, 'pg_class') AS meaning,
           json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
                                      'meaning', col_description(c.oid, a.attnum)) ORDER BY a.attnum) AS columns
      FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = 'bi'::regnamespace AND c.relkind = 'v'
     GROUP BY c.oid, c.relname
     ORDER BY c.relname COLLATE "C"`);
  return rows;
}

/** A history view is told by how it differs from the view of current rows. */
function section(view: View, current: View): string {
  const title = `### ${view.name}\n\n${view.meaning ?? ''}\n`;
  if (view === current) return `${title}\n${table(view.columns)}`;
  const known = new Set(current.columns.map(({ name }) => name));
  const has = new Set(view.columns.map(({ name }) => name));
  const missing = current.columns.filter(({ name }) => !has.has(name)).map(({ name }) => `\`${name}\``);
  const but = missing.length > 0 ? ` but ${missing.join(', ')}` : '';
  return `${title}\nThe columns of \`${current.name}\`${but}, and:\n\n${table(view.columns.filter(({ name }) => !known.has(name)))}`;
}

function table(columns: readonly Column[]): string {
  const rows = columns.map(({ name, type, meaning }) => {
    const [text = '', example = ''] = (meaning ?? '').split(/ ?Example: /);
    return `| \`${name}\` | ${TYPES[type] ?? type} | ${cell(text)} | ${example && `\`${cell(example)}\``} |`;
  });
  return ['| column | type | meaning | example |', '|---|---|---|---|', ...rows, ''].join('\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

const TYPES: Readonly<Record<string, string>> = {
  'timestamp with time zone': 'timestamptz',
  'double precision': 'double',
  'character varying': 'varchar',
};
