-- The rows of one workspace are rebuilt alone (docs/adr/0036): a build is filled with the events of that workspace, and then its
-- rows take the place of those that the live build has of the workspace.
ALTER TABLE touchline.projection
  ADD COLUMN workspace text; -- the build is to replace the rows of this workspace; NULL: of all, as the whole build

-- As create_build. Its rows are to stand in the tables of another build, so its identity columns count in a range of their own:
-- 2^36 (69 billion) numbers for each build; those of a build of all workspaces begin at 1.
CREATE FUNCTION touchline.create_workspace_build(of_projection text, of_build bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  target CONSTANT name := format('touchline_%s_%s', of_projection, of_build);
  base   record;
BEGIN
  PERFORM touchline.create_build(of_projection, of_build);
  FOR base IN
    SELECT c.relname, a.attname
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace = to_regnamespace(quote_ident(target)) AND c.relkind = 'r' AND a.attidentity <> ''
  LOOP
    EXECUTE format('ALTER TABLE %I.%I ALTER COLUMN %I RESTART WITH %s', target, base.relname, base.attname, of_build << 36);
  END LOOP;
END
$$;

-- Makes the rows that the live build has of a workspace those of another build: deletes what is not the same there, and inserts
-- what is missing. A row that is the same in both stays untouched, as all rows of other workspaces do.
CREATE FUNCTION touchline.replace_workspace(of_projection text, of_build bigint, of_workspace text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  source CONSTANT name := (SELECT s.name FROM touchline.build_schema s WHERE s.projection = of_projection AND s.build = of_build);
  target CONSTANT name := (SELECT s.name FROM touchline.build_schema s WHERE s.projection = of_projection AND s.is_live);
  base   record;
  gone   tid[];
  added  tid[];
BEGIN
  FOR base IN
    SELECT c.relname AS name,
           (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
              FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
           (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
              FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
             WHERE i.indrelid = c.oid AND i.indisprimary) AS key
      FROM pg_class c
     WHERE c.relnamespace = to_regnamespace(quote_ident(target)) AND c.relkind = 'r' ORDER BY c.relname
  LOOP
    IF base.key IS NULL THEN -- nothing says which rows to compare: all are replaced
      EXECUTE format('DELETE FROM %I.%I WHERE workspace = $1', target, base.name) USING of_workspace;
      EXECUTE format('INSERT INTO %1$I.%3$I (%4$s) OVERRIDING SYSTEM VALUE SELECT %4$s FROM %2$I.%3$I WHERE workspace = $1',
                     target, source, base.name, base.columns) USING of_workspace;
    ELSE
      EXECUTE format('SELECT array_agg(live.place) FILTER (WHERE live.place IS NOT NULL),
                             array_agg(next.place) FILTER (WHERE next.place IS NOT NULL)
                        FROM (SELECT %4$s, t.ctid AS place, t AS content FROM %1$I.%3$I t WHERE t.workspace = $1) live
                        FULL JOIN (SELECT %4$s, t.ctid AS place, t AS content FROM %2$I.%3$I t WHERE t.workspace = $1) next
                       USING (%4$s)
                       WHERE live.place IS NULL OR next.place IS NULL OR NOT next.content *= live.content',
                     target, source, base.name, base.key) INTO gone, added USING of_workspace;
      EXECUTE format('DELETE FROM %I.%I WHERE ctid = ANY ($1)', target, base.name) USING gone;
      EXECUTE format('INSERT INTO %1$I.%3$I (%4$s) OVERRIDING SYSTEM VALUE SELECT %4$s FROM %2$I.%3$I WHERE ctid = ANY ($1)',
                     target, source, base.name, base.columns) USING added;
    END IF;
  END LOOP;
END
$$;
