-- Who may read schema bi, and how little else they can do. A reader is a database role that belongs to one workspace. Its
-- name, its comment and the policies of row security name no workspace: every role can read PostgreSQL's catalogues.

CREATE TABLE touchline.bi_reader (
  role       name    PRIMARY KEY,
  workspace  text    NOT NULL REFERENCES touchline.workspace (slug),
  is_login   boolean NOT NULL                       -- the one that Touchline makes; false: a role that an operator added
);
CREATE UNIQUE INDEX bi_reader_login ON touchline.bi_reader (workspace) WHERE is_login;

-- The workspace of the role that logged in, for the policies. It reads bi_reader with the owner's rights.
CREATE FUNCTION touchline.bi_workspace() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
BEGIN ATOMIC
  SELECT reader.workspace FROM touchline.bi_reader reader WHERE reader.role = session_user;
END;

-- Roles of before keep reading until the start that follows gives them their new name.
INSERT INTO touchline.bi_reader (role, workspace, is_login)
SELECT role.rolname, workspace.slug, true
  FROM touchline.workspace
  JOIN pg_roles role ON role.rolname = touchline.bi_role_name(workspace.slug);

DO $$
DECLARE
  former record;
BEGIN
  FOR former IN
    SELECT policy.polname, policy.polrelid::regclass AS relation FROM pg_policy policy
      JOIN pg_class c ON c.oid = policy.polrelid AND c.relnamespace = 'touchline'::regnamespace
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', former.polname, former.relation);
  END LOOP;
END
$$;

DROP FUNCTION touchline.grant_bi, touchline.create_bi_role, touchline.bi_role_comment, touchline.bi_role_name;

-- The name of the workspace's login: drawn at random, once.
CREATE FUNCTION touchline.bi_login(of_workspace text) RETURNS name
LANGUAGE sql
BEGIN ATOMIC
  INSERT INTO touchline.bi_reader (role, workspace, is_login)
  VALUES ('touchline_bi_' || right(gen_random_uuid()::text, 12), of_workspace, true)
  ON CONFLICT DO NOTHING;
  SELECT reader.role FROM touchline.bi_reader reader WHERE reader.workspace = of_workspace AND reader.is_login;
END;

-- Gives a login of before, which names its workspace, a name as they have now. Its password stays (SCRAM).
CREATE FUNCTION touchline.rename_bi_login(of_workspace text) RETURNS name
LANGUAGE plpgsql AS $$
DECLARE
  former  CONSTANT name := touchline.bi_login(of_workspace);
  renamed CONSTANT name := 'touchline_bi_' || right(gen_random_uuid()::text, 12);
BEGIN
  EXECUTE format('ALTER ROLE %I RENAME TO %I', former, renamed);
  EXECUTE format('COMMENT ON ROLE %I IS NULL', renamed); -- it named the workspace, too
  UPDATE touchline.bi_reader SET role = renamed WHERE role = former;
  RETURN renamed;
END
$$;

-- Makes a login; needs CREATEROLE. `password` may be a SCRAM-SHA-256 verifier, so that no log sees the password.
CREATE FUNCTION touchline.create_bi_role(role name, password text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE ROLE %I LOGIN CONNECTION LIMIT 10 PASSWORD %L', role, password);
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('GRANT %I TO CURRENT_USER', role); -- so that its sessions can be ended
  END IF;
END
$$;

-- Settings of a reader. Those of the second kind only a superuser can give, and the reader cannot change; those of the first
-- it can change, for good even, so guard_bi gives them again. An error of a reader's statement is not logged: whoever makes
-- errors on purpose would fill the disk with them.
CREATE FUNCTION touchline.bi_settings(is_login boolean, superuser boolean) RETURNS text[]
LANGUAGE sql IMMUTABLE
RETURN ARRAY['TimeZone=UTC', 'statement_timeout=15min', 'idle_in_transaction_session_timeout=15min']
    || CASE WHEN is_login THEN ARRAY['search_path=bi', 'default_transaction_read_only=on'] ELSE '{}' END
    || CASE WHEN superuser
            THEN ARRAY['temp_file_limit=512MB', 'log_min_messages=fatal', 'log_min_error_statement=panic']
            ELSE '{}' END;

-- Gives a reader its settings where it has others. Answers whether it had.
CREATE FUNCTION touchline.limit_bi_reader(reader name, is_login boolean) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  superuser CONSTANT boolean := (SELECT rolsuper FROM pg_roles WHERE rolname = current_user);
  wanted    CONSTANT text[] := touchline.bi_settings(is_login, superuser);
  -- Without those that an administrator gave and we may not change.
  has       CONSTANT text[] := ARRAY(
    SELECT given FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) AS given
     WHERE r.rolname = reader AND s.setdatabase = 0
       AND (superuser OR NOT EXISTS (SELECT FROM pg_settings g WHERE lower(g.name) = lower(split_part(given, '=', 1))
                                        AND g.context LIKE 'superuser%')));
  database  name;
  setting   text;
BEGIN
  IF (SELECT rolconnlimit NOT BETWEEN 0 AND 10 FROM pg_roles WHERE rolname = reader) THEN
    EXECUTE format('ALTER ROLE %I CONNECTION LIMIT 10', reader);
  END IF;
  -- A setting for one database goes before that of the role.
  FOR database IN
    SELECT d.datname FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole JOIN pg_database d ON d.oid = s.setdatabase
     WHERE r.rolname = reader
  LOOP
    EXECUTE format('ALTER ROLE %I IN DATABASE %I RESET ALL', reader, database);
  END LOOP;
  IF database IS NULL AND has @> wanted AND wanted @> has THEN RETURN false; END IF;
  EXECUTE format('ALTER ROLE %I RESET ALL', reader);
  FOREACH setting IN ARRAY wanted LOOP
    EXECUTE format('ALTER ROLE %I SET %I = %L', reader, split_part(setting, '=', 1), split_part(setting, '=', 2));
  END LOOP;
  RETURN true;
END
$$;

-- Opens one workspace's rows to a role that is there, and limits it. Idempotent; takes locks only for what is missing.
CREATE FUNCTION touchline.grant_bi(of_workspace text, reader name, as_login boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  base record;
BEGIN
  LOCK TABLE touchline.bi_reader IN SHARE ROW EXCLUSIVE MODE;
  INSERT INTO touchline.bi_reader (role, workspace, is_login) VALUES (reader, of_workspace, as_login) ON CONFLICT DO NOTHING;
  PERFORM FROM touchline.bi_reader r WHERE r.role = reader AND r.workspace = of_workspace;
  IF NOT FOUND THEN RAISE 'role % reads another workspace', reader; END IF;
  FOR base IN
    SELECT t.name, t.workspace_column, c.oid
      FROM touchline.bi_table t
      JOIN pg_class c ON c.relname = t.name AND c.relnamespace = 'touchline'::regnamespace
     ORDER BY t.name
  LOOP
    IF base.workspace_column IS NOT NULL AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = base.oid) THEN
      EXECUTE format('ALTER TABLE touchline.%I ENABLE ROW LEVEL SECURITY', base.name);
      EXECUTE format('CREATE POLICY bi_reader ON touchline.%I FOR SELECT USING (%I = (SELECT touchline.bi_workspace()))',
                     base.name, base.workspace_column);
    END IF;
    IF NOT has_table_privilege(reader, base.oid, 'SELECT') THEN
      EXECUTE format('GRANT SELECT ON touchline.%I TO %I', base.name, reader);
    END IF;
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

-- A role for tools that build on schema bi, such as dbt: it reads one workspace there and creates in a schema of its own
-- name, nowhere else. For an operator; see docs/how-to/bi.md.
CREATE FUNCTION touchline.create_bi_builder(of_workspace text, role name, password text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM touchline.create_bi_role(role, password);
  PERFORM touchline.grant_bi(of_workspace, role);
  PERFORM touchline.limit_bi_reader(role, false);
  EXECUTE format('CREATE SCHEMA %I AUTHORIZATION %I', role, role);
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), role);
END
$$;

-- What PostgreSQL lets everybody do, and a reader could do harm with: temporary tables and large objects fill the disk, so do
-- WAL messages; advisory locks fill the table of locks; a program in PL/pgSQL can refuse to be cancelled.
CREATE VIEW touchline.open_to_everybody AS
SELECT 'temporary tables' AS what, format('TEMPORARY ON DATABASE %I', datname) AS privilege,
       coalesce(datacl, acldefault('d', datdba)) AS acl, 'TEMPORARY' AS kind
  FROM pg_database WHERE datname = current_database()
UNION ALL
SELECT 'objects in schema public', 'CREATE ON SCHEMA public', coalesce(nspacl, acldefault('n', nspowner)), 'CREATE'
  FROM pg_namespace WHERE nspname = 'public'
UNION ALL
SELECT 'programs in PL/pgSQL', 'USAGE ON LANGUAGE plpgsql', coalesce(lanacl, acldefault('l', lanowner)), 'USAGE'
  FROM pg_language WHERE lanname = 'plpgsql'
UNION ALL
SELECT CASE WHEN proname ~ 'advisory' THEN 'advisory locks' WHEN proname ~ '^lo' THEN 'large objects' ELSE 'WAL messages' END,
       format('EXECUTE ON FUNCTION %s', oid::regprocedure), coalesce(proacl, acldefault('f', proowner)), 'EXECUTE'
  FROM pg_proc
 WHERE pronamespace = 'pg_catalog'::regnamespace
   AND (proname ~ '^pg_(try_)?advisory_' OR proname ~ '^(lo_|loread$|lowrite$)' OR proname = 'pg_logical_emit_message');

-- Takes it from everybody; the owner of the database and superusers keep it. Answers what is still open, because closing it
-- needs a superuser.
CREATE FUNCTION touchline.close_database() RETURNS text[]
LANGUAGE plpgsql SET client_min_messages = error AS $$
DECLARE
  part record;
BEGIN
  LOCK TABLE touchline.bi_reader IN SHARE ROW EXCLUSIVE MODE;
  FOR part IN
    SELECT o.privilege FROM touchline.open_to_everybody o
     WHERE EXISTS (SELECT FROM aclexplode(o.acl) a WHERE a.grantee = 0 AND a.privilege_type = o.kind)
  LOOP
    BEGIN
      EXECUTE format('REVOKE %s FROM PUBLIC', part.privilege);
    EXCEPTION WHEN insufficient_privilege THEN NULL;
    END;
  END LOOP;
  RETURN ARRAY(SELECT DISTINCT o.what FROM touchline.open_to_everybody o
                WHERE EXISTS (SELECT FROM aclexplode(o.acl) a WHERE a.grantee = 0 AND a.privilege_type = o.kind) ORDER BY 1);
END
$$;

-- Enforces from outside what a reader could change for itself: ends its sessions that are at one statement or in one
-- transaction for too long and, where `spilling`, those that have temporary files (that needs a superuser); and gives its
-- settings again. Answers a row for each.
CREATE FUNCTION touchline.guard_bi(longest interval DEFAULT '16 minutes', spilling boolean DEFAULT false) RETURNS TABLE (role name, what text)
LANGUAGE plpgsql AS $$
DECLARE
  session record;
  reader  record;
  spills  integer[] := CASE WHEN spilling THEN
                       ARRAY(SELECT substring(file FROM '^pgsql_tmp(\d+)')::integer
                               FROM pg_ls_dir('base/pgsql_tmp', true, false) AS file) END;
BEGIN
  -- Sessions are chosen first: as one of several conditions, PostgreSQL may end sessions before it asks whose they are.
  FOR session IN
    SELECT DISTINCT coalesce(s.leader_pid, s.pid) AS pid, s.usename
      FROM pg_stat_activity s
      JOIN touchline.bi_reader r ON r.role = s.usename
     WHERE s.datname = current_database()
       AND (s.xact_start < clock_timestamp() - longest OR s.pid = ANY (spills))
  LOOP
    BEGIN
      IF pg_terminate_backend(session.pid) THEN
        RETURN QUERY SELECT session.usename, 'session ended'::text;
      END IF;
    EXCEPTION WHEN insufficient_privilege THEN NULL; -- an administrator made the role, and guards it
    END;
  END LOOP;
  FOR reader IN SELECT r.* FROM touchline.bi_reader r JOIN pg_roles p ON p.rolname = r.role LOOP
    BEGIN
      IF touchline.limit_bi_reader(reader.role, reader.is_login) THEN
        RETURN QUERY SELECT reader.role, 'limits set again'::text;
      END IF;
    EXCEPTION WHEN insufficient_privilege THEN NULL;
    END;
  END LOOP;
END
$$;

-- A lock that no reader can take: see the change of migrate.ts from an advisory lock to one on this table.
CREATE OR REPLACE FUNCTION touchline.add_event_partitions(ahead bigint DEFAULT 20000000) RETURNS integer
LANGUAGE plpgsql SET client_min_messages = warning AS $$
DECLARE
  size  CONSTANT bigint := 10000000;
  made  integer := 0;
  name  text;
  upper bigint;
BEGIN
  LOCK TABLE touchline.migration IN SHARE UPDATE EXCLUSIVE MODE;
  FOR number IN (SELECT head / size FROM touchline.log) .. (SELECT (head + ahead) / size FROM touchline.log) LOOP
    name := 'event_' || to_char(number, 'FM00000');
    upper := (number + 1) * size;
    CONTINUE WHEN to_regclass('touchline.' || name) IS NOT NULL;
    EXECUTE format('CREATE TABLE touchline.%I (LIKE touchline.event INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
      CONSTRAINT bounds CHECK (position >= %s AND position < %s))', name, number * size, upper);
    EXECUTE format('ALTER TABLE touchline.event ATTACH PARTITION touchline.%I FOR VALUES FROM (%s) TO (%s)',
      name, number * size, upper);
    EXECUTE format('ALTER TABLE touchline.%I DROP CONSTRAINT bounds', name);
    EXECUTE format('CREATE TRIGGER event_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON touchline.%I
      FOR EACH STATEMENT EXECUTE FUNCTION touchline.refuse_change()', name);
    made := made + 1;
  END LOOP;
  RETURN made;
END $$;
