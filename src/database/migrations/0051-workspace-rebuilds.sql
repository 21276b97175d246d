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
BEGIN
  FOR base IN
    SELECT c.relname AS name,
           (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
              FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
           coalesce((SELECT string_agg(format(' AND next.%1$I = live.%1$I', a.attname), '' ORDER BY a.attnum)
              FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
             WHERE i.indrelid = c.oid AND i.indisprimary), ' AND false') AS is_same -- without a key all are replaced
      FROM pg_class c
     WHERE c.relnamespace = to_regnamespace(quote_ident(target)) AND c.relkind = 'r' ORDER BY c.relname
  LOOP
    EXECUTE format('DELETE FROM %1$I.%3$I live WHERE live.workspace = $1 AND NOT EXISTS (
                      SELECT FROM %2$I.%3$I next WHERE next.workspace = live.workspace%4$s AND next *= live)',
                   target, source, base.name, base.is_same) USING of_workspace;
    EXECUTE format('INSERT INTO %1$I.%3$I (%5$s) OVERRIDING SYSTEM VALUE
                    SELECT %5$s FROM %2$I.%3$I next WHERE next.workspace = $1 AND NOT EXISTS (
                      SELECT FROM %1$I.%3$I live WHERE live.workspace = next.workspace%4$s)',
                   target, source, base.name, base.is_same, base.columns) USING of_workspace;
  END LOOP;
END
$$;
