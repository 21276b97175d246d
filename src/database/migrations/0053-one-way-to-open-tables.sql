-- Opens the tables of a schema, and its views of tables, to the roles that read schema bi: of a build, and of schema touchline.
-- Row security is a matter of tables; a view asks with the rights of who reads it.
CREATE OR REPLACE FUNCTION touchline.open_build_to_readers(build_schema name) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  base record;
BEGIN
  LOCK TABLE touchline.bi_reader IN SHARE ROW EXCLUSIVE MODE;
  FOR base IN
    SELECT t.name, t.workspace_column, c.relrowsecurity,
           EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid) AS has_policy
      FROM touchline.bi_table t
      JOIN pg_class c ON c.relname = t.name AND c.relkind = 'r' AND c.relnamespace = to_regnamespace(quote_ident(build_schema))
     WHERE t.workspace_column IS NOT NULL
     ORDER BY t.name
  LOOP
    IF NOT base.relrowsecurity THEN
      EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', build_schema, base.name);
    END IF;
    IF NOT base.has_policy THEN
      EXECUTE format('CREATE POLICY bi_reader ON %I.%I FOR SELECT USING (%I = (SELECT touchline.bi_workspace()))',
                     build_schema, base.name, base.workspace_column);
    END IF;
  END LOOP;
  FOR base IN
    SELECT t.name, r.role
      FROM touchline.bi_reader r
      JOIN pg_roles there ON there.rolname = r.role
     CROSS JOIN touchline.bi_table t
      JOIN pg_class c ON c.relname = t.name AND c.relkind IN ('r', 'v')
                     AND c.relnamespace = to_regnamespace(quote_ident(build_schema))
     WHERE NOT has_table_privilege(r.role, c.oid, 'SELECT')
     ORDER BY t.name, r.role
  LOOP
    EXECUTE format('GRANT SELECT ON %I.%I TO %I', build_schema, base.name, base.role);
  END LOOP;
END
$$;

-- As in 0049.
CREATE OR REPLACE FUNCTION touchline.grant_bi(of_workspace text, reader name, as_login boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  base record;
BEGIN
  LOCK TABLE touchline.bi_reader IN SHARE ROW EXCLUSIVE MODE;
  INSERT INTO touchline.bi_reader (role, workspace, is_login) VALUES (reader, of_workspace, as_login) ON CONFLICT DO NOTHING;
  PERFORM FROM touchline.bi_reader r WHERE r.role = reader AND r.workspace = of_workspace;
  IF NOT FOUND THEN RAISE 'role % reads another workspace', reader; END IF;
  PERFORM touchline.open_build_to_readers('touchline');
  FOR base IN SELECT s.name FROM touchline.build_schema s ORDER BY s.name LOOP
    PERFORM touchline.open_build_to_readers(base.name);
  END LOOP;
  FOR base IN
    SELECT c.relname AS name FROM pg_class c
     WHERE c.relnamespace = 'bi'::regnamespace AND c.relkind = 'v' AND NOT has_table_privilege(reader, c.oid, 'SELECT')
  LOOP
    EXECUTE format('GRANT SELECT ON bi.%I TO %I', base.name, reader);
  END LOOP;
  IF NOT has_schema_privilege(reader, 'bi', 'USAGE') THEN
    EXECUTE format('GRANT USAGE ON SCHEMA bi TO %I', reader);
  END IF;
  IF NOT has_database_privilege(reader, current_database(), 'CONNECT') THEN
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), reader);
  END IF;
END
$$;
