-- Who may read schema bi: one role a workspace. src/database/bi-role.ts calls these functions at every start, so that
-- a table which a later migration adds to bi_table is opened to the roles that are there already.

-- What stands under the views of schema bi, each table with the column that names the workspace; NULL for a view, which
-- must be security_invoker. A role may select from them but, without USAGE on their schema, cannot name them. Never add
-- a table of keys, of the log or of rejected input.
CREATE TABLE touchline.bi_table (
  name              name PRIMARY KEY,
  workspace_column  name DEFAULT 'workspace'
);
INSERT INTO touchline.bi_table (name) VALUES
  ('account'), ('attribution_path'), ('attribution_share'), ('identity_key'), ('journey'), ('journey_model'), ('lead'),
  ('lead_profile'), ('opportunity'), ('opportunity_contact'), ('opportunity_contact_key'), ('score_change'),
  ('stage_transition');
INSERT INTO touchline.bi_table VALUES ('workspace', 'slug'), ('attribution_credit', NULL), ('workspace_setting', NULL);

-- Touchline itself owns the tables and is not bound by their policies.
DO $$
DECLARE base name;
BEGIN
  FOR base IN SELECT name FROM touchline.bi_table WHERE workspace_column IS NOT NULL LOOP
    EXECUTE format('ALTER TABLE touchline.%I ENABLE ROW LEVEL SECURITY', base);
  END LOOP;
END
$$;

-- touchline_bi_<workspace>. Roles are the server's, not the database's: where another database of this server has
-- taken the name (a second Touchline with a workspace of the same name), this one's role is named after both.
CREATE FUNCTION touchline.bi_role_name(workspace text) RETURNS name
LANGUAGE plpgsql STABLE AS $$
DECLARE
  plain name := 'touchline_bi_' || replace(left(workspace, 40), '-', '_')
                || CASE WHEN length(workspace) > 40 THEN '_' || left(md5(workspace), 8) ELSE '' END;
  taken text := (SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = plain);
BEGIN
  IF taken LIKE 'Touchline BI of database %' AND taken <> touchline.bi_role_comment(workspace) THEN
    RETURN left(plain, 54) || '_' || left(md5(current_database()), 8);
  END IF;
  RETURN plain;
END
$$;

CREATE FUNCTION touchline.bi_role_comment(workspace text) RETURNS text
LANGUAGE sql STABLE
RETURN format('Touchline BI of database %s, workspace %s', current_database(), workspace);

-- Makes the role; needs CREATEROLE. `password` may be a SCRAM-SHA-256 verifier, so that no log sees the password.
CREATE FUNCTION touchline.create_bi_role(workspace text, password text) RETURNS name
LANGUAGE plpgsql AS $$
DECLARE
  role name := touchline.bi_role_name(workspace);
  setting text;
BEGIN
  EXECUTE format('CREATE ROLE %I LOGIN CONNECTION LIMIT 40 PASSWORD %L', role, password);
  FOREACH setting IN ARRAY ARRAY['search_path = bi', 'timezone = ''UTC''', 'default_transaction_read_only = on',
                                 'statement_timeout = ''15min''', 'idle_in_transaction_session_timeout = ''15min'''] LOOP
    EXECUTE format('ALTER ROLE %I SET %s', role, setting);
  END LOOP;
  EXECUTE format('COMMENT ON ROLE %I IS %L', role, touchline.bi_role_comment(workspace));
  RETURN role;
END
$$;

-- Opens one workspace's rows to a role that is there. Idempotent; takes locks only for what is missing.
CREATE FUNCTION touchline.grant_bi(workspace text, role name) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  base record;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('touchline.grant_bi'));
  FOR base IN
    SELECT t.name, t.workspace_column, c.oid
      FROM touchline.bi_table t
      JOIN pg_class c ON c.relname = t.name AND c.relnamespace = 'touchline'::regnamespace
     ORDER BY t.name
  LOOP
    IF base.workspace_column IS NOT NULL
       AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = base.oid AND polname = role) THEN
      EXECUTE format('CREATE POLICY %I ON touchline.%I FOR SELECT TO %I USING (%I = %L)',
                     role, base.name, role, base.workspace_column, workspace);
    END IF;
    IF NOT has_table_privilege(role, base.oid, 'SELECT') THEN
      EXECUTE format('GRANT SELECT ON touchline.%I TO %I', base.name, role);
    END IF;
  END LOOP;
  FOR base IN
    SELECT c.relname AS name FROM pg_class c
     WHERE c.relnamespace = 'bi'::regnamespace AND c.relkind = 'v' AND NOT has_table_privilege(role, c.oid, 'SELECT')
  LOOP
    EXECUTE format('GRANT SELECT ON bi.%I TO %I', base.name, role);
  END LOOP;
  IF NOT has_schema_privilege(role, 'bi', 'USAGE') THEN
    EXECUTE format('GRANT USAGE ON SCHEMA bi TO %I', role);
  END IF;
  IF NOT has_database_privilege(role, current_database(), 'CONNECT') THEN
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role);
  END IF;
END
$$;
