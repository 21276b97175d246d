-- Read models are rebuilt beside the live ones (docs/adr/0033). The tables of a projection stand in a schema of their own, a
-- *build*: touchline_<projection>_<number>. The names that queries, functions and schema bi know, such as touchline.journey, are
-- views of the live build. A rebuild fills another build from the log; then the views are replaced, in one transaction with
-- the checkpoint. Written by src/subscriptions.

CREATE SEQUENCE touchline.build_number START 2;

-- Schemas that hold builds. One that is neither live nor somebody's checkpoint is left over, and is dropped.
CREATE TABLE touchline.build_schema (
  name        name     PRIMARY KEY,
  projection  text     NOT NULL,
  build       bigint   NOT NULL,
  is_live     boolean  NOT NULL,
  UNIQUE (projection, build)
);
CREATE UNIQUE INDEX build_schema_live ON touchline.build_schema (projection) WHERE is_live;

-- A checkpoint belongs to a build; reactors have one for good.
ALTER TABLE touchline.projection RENAME COLUMN emptied TO prepared; -- false: the tables of the build have not been created yet
ALTER TABLE touchline.projection
  ADD COLUMN build          bigint  NOT NULL DEFAULT 1,
  ADD COLUMN is_live        boolean NOT NULL DEFAULT true,  -- false: it is to replace the live one
  ADD COLUMN rebuild        bigint,                         -- builds of one rebuild become live together; NULL: live
  ADD COLUMN paused_until   timestamptz,                    -- nobody moves it until then: another build is about to replace it
  ADD COLUMN rate           double precision,               -- positions a second, lately, while it is rebuilt
  ADD COLUMN rate_position  bigint,                         -- where it was
  ADD COLUMN rate_at        timestamptz,                    -- when the rate was last measured
  ADD COLUMN applied_late   boolean NOT NULL DEFAULT false, -- a dead letter was, behind later events: a rebuild puts it in time
  ADD COLUMN comparison     jsonb;                          -- with the build that it replaces, or has replaced
ALTER TABLE touchline.parked_event
  ADD COLUMN build bigint NOT NULL DEFAULT 1,
  DROP CONSTRAINT parked_event_projection_fkey,
  DROP CONSTRAINT parked_event_pkey,
  ADD PRIMARY KEY (projection, build, position);
ALTER TABLE touchline.projection DROP CONSTRAINT projection_pkey, ADD PRIMARY KEY (name, build);
ALTER TABLE touchline.parked_event
  ADD FOREIGN KEY (projection, build) REFERENCES touchline.projection (name, build) ON DELETE CASCADE;
CREATE UNIQUE INDEX projection_live ON touchline.projection (name) WHERE is_live;
CREATE UNIQUE INDEX projection_next ON touchline.projection (name) WHERE NOT is_live;

-- Opens the tables of a build to the roles that read schema bi, as grant_bi does.
CREATE FUNCTION touchline.open_build_to_readers(build_schema name) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  base record;
BEGIN
  LOCK TABLE touchline.bi_reader IN SHARE ROW EXCLUSIVE MODE;
  FOR base IN
    SELECT t.name, t.workspace_column, c.oid, c.relrowsecurity
      FROM touchline.bi_table t
      JOIN pg_class c ON c.relname = t.name AND c.relkind = 'r' AND c.relnamespace = to_regnamespace(quote_ident(build_schema))
     ORDER BY t.name
  LOOP
    IF base.workspace_column IS NOT NULL AND NOT base.relrowsecurity THEN
      EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', build_schema, base.name);
    END IF;
    IF base.workspace_column IS NOT NULL AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = base.oid) THEN
      EXECUTE format('CREATE POLICY bi_reader ON %I.%I FOR SELECT USING (%I = (SELECT touchline.bi_workspace()))',
                     build_schema, base.name, base.workspace_column);
    END IF;
  END LOOP;
  FOR base IN
    SELECT t.name, r.role
      FROM touchline.bi_reader r
      JOIN pg_roles there ON there.rolname = r.role
     CROSS JOIN touchline.bi_table t
      JOIN pg_class c ON c.relname = t.name AND c.relkind = 'r' AND c.relnamespace = to_regnamespace(quote_ident(build_schema))
     WHERE NOT has_table_privilege(r.role, c.oid, 'SELECT')
     ORDER BY t.name, r.role
  LOOP
    EXECUTE format('GRANT SELECT ON %I.%I TO %I', build_schema, base.name, base.role);
  END LOOP;
END
$$;

-- As in 0032, and of read models both the view and the tables of all builds: a view asks with the rights of who reads it.
CREATE OR REPLACE FUNCTION touchline.grant_bi(of_workspace text, reader name, as_login boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  base record;
BEGIN
  LOCK TABLE touchline.bi_reader IN SHARE ROW EXCLUSIVE MODE;
  INSERT INTO touchline.bi_reader (role, workspace, is_login) VALUES (reader, of_workspace, as_login) ON CONFLICT DO NOTHING;
  PERFORM FROM touchline.bi_reader r WHERE r.role = reader AND r.workspace = of_workspace;
  IF NOT FOUND THEN RAISE 'role % reads another workspace', reader; END IF;
  FOR base IN
    SELECT t.name, t.workspace_column, c.oid, c.relkind
      FROM touchline.bi_table t
      JOIN pg_class c ON c.relname = t.name AND c.relnamespace = 'touchline'::regnamespace
     ORDER BY t.name
  LOOP
    IF base.relkind = 'r' AND base.workspace_column IS NOT NULL
       AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = base.oid) THEN
      EXECUTE format('ALTER TABLE touchline.%I ENABLE ROW LEVEL SECURITY', base.name);
      EXECUTE format('CREATE POLICY bi_reader ON touchline.%I FOR SELECT USING (%I = (SELECT touchline.bi_workspace()))',
                     base.name, base.workspace_column);
    END IF;
    IF NOT has_table_privilege(reader, base.oid, 'SELECT') THEN
      EXECUTE format('GRANT SELECT ON touchline.%I TO %I', base.name, reader);
    END IF;
  END LOOP;
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

-- Has the names of a projection's tables in schema touchline mean those of one build.
CREATE FUNCTION touchline.show_build(of_projection text, of_build bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  build_schema CONSTANT name := (SELECT s.name FROM touchline.build_schema s
                                  WHERE s.projection = of_projection AND s.build = of_build);
  base name;
BEGIN
  FOR base IN
    SELECT c.relname FROM pg_class c
     WHERE c.relnamespace = to_regnamespace(quote_ident(build_schema)) AND c.relkind = 'r' ORDER BY c.relname
  LOOP
    EXECUTE format('CREATE OR REPLACE VIEW touchline.%I WITH (security_invoker = true) AS SELECT * FROM %I.%I',
                   base, build_schema, base);
  END LOOP;
  PERFORM touchline.open_build_to_readers(build_schema);
  UPDATE touchline.build_schema SET is_live = false WHERE projection = of_projection AND is_live AND build <> of_build;
  UPDATE touchline.build_schema SET is_live = true WHERE projection = of_projection AND build = of_build;
END
$$;

-- For migrations: makes tables of schema touchline, just created there, tables of a projection. Functions and views of schema
-- touchline that name them name the views from then on.
CREATE FUNCTION touchline.add_read_model(of_projection text, VARIADIC tables name[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  of_build     bigint;
  build_schema name;
  base         name;
  definition   text;
  definitions  text[];
BEGIN
  INSERT INTO touchline.build_schema (name, projection, build, is_live)
  SELECT format('touchline_%s_1', of_projection), of_projection, 1, true
   WHERE NOT EXISTS (SELECT FROM touchline.build_schema s WHERE s.projection = of_projection AND s.is_live);
  SELECT s.name, s.build INTO build_schema, of_build
    FROM touchline.build_schema s WHERE s.projection = of_projection AND s.is_live;
  EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', build_schema);
  definitions := ARRAY(
    SELECT dependent.definition FROM (
      SELECT p.oid, pg_get_functiondef(p.oid) AS definition
        FROM pg_proc p
       WHERE EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_class'::regclass
                        AND d.refobjid IN (SELECT format('touchline.%I', name)::regclass FROM unnest(tables) name))
      UNION ALL
      SELECT c.oid, format('CREATE OR REPLACE VIEW touchline.%I WITH (%s) AS %s', c.relname,
                           coalesce(array_to_string(c.reloptions, ', '), 'security_invoker = false'), pg_get_viewdef(c.oid))
        FROM pg_class c
       WHERE c.relkind = 'v' AND c.relnamespace = 'touchline'::regnamespace
         AND EXISTS (SELECT FROM pg_rewrite w JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
                      WHERE w.ev_class = c.oid AND d.refclassid = 'pg_class'::regclass
                        AND d.refobjid IN (SELECT format('touchline.%I', name)::regclass FROM unnest(tables) name))
    ) dependent ORDER BY dependent.oid);
  FOREACH base IN ARRAY tables LOOP
    EXECUTE format('ALTER TABLE touchline.%I SET SCHEMA %I', base, build_schema);
  END LOOP;
  PERFORM touchline.show_build(of_projection, of_build);
  FOREACH definition IN ARRAY definitions LOOP
    EXECUTE definition;
  END LOOP;
END
$$;

-- For migrations: runs statements, which name the tables without a schema, in every build of a projection, and has the views
-- show columns that were added. To drop or retype a column, drop the views that show it first, with what stands on them; they
-- are made again here.
CREATE FUNCTION touchline.alter_read_model(of_projection text, statements text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT s.name FROM touchline.build_schema s WHERE s.projection = of_projection ORDER BY s.build LOOP
    PERFORM set_config('search_path', format('%I, touchline', one.name), true);
    EXECUTE statements;
  END LOOP;
  PERFORM set_config('search_path', 'pg_catalog', true);
  PERFORM touchline.show_build(of_projection, s.build)
     FROM touchline.build_schema s WHERE s.projection = of_projection AND s.is_live;
END
$$;

-- Creates empty tables for a build, as those of the live one are: columns, defaults, constraints, indexes by the same names,
-- storage parameters, and what readers of schema bi may see of them.
CREATE FUNCTION touchline.create_build(of_projection text, of_build bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  source CONSTANT name := (SELECT s.name FROM touchline.build_schema s WHERE s.projection = of_projection AND s.is_live);
  target CONSTANT name := format('touchline_%s_%s', of_projection, of_build);
  base   record;
  part   text;
BEGIN
  EXECUTE format('CREATE SCHEMA %I', target);
  INSERT INTO touchline.build_schema (name, projection, build, is_live) VALUES (target, of_projection, of_build, false);
  FOR base IN
    SELECT c.oid, c.relname AS name, c.reloptions || ARRAY(SELECT 'toast.' || unnest(t.reloptions)) AS options
      FROM pg_class c LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
     WHERE c.relnamespace = to_regnamespace(quote_ident(source)) AND c.relkind = 'r' ORDER BY c.relname
  LOOP
    EXECUTE format('CREATE TABLE %I.%I (LIKE %I.%I INCLUDING ALL EXCLUDING INDEXES)', target, base.name, source, base.name);
    FOR part IN
      SELECT format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s', target, base.name, conname, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE conrelid = base.oid AND contype IN ('p', 'u', 'x') ORDER BY conname
    LOOP
      EXECUTE part;
    END LOOP;
    FOR part IN
      SELECT replace(pg_get_indexdef(i.indexrelid), format(' ON %I.%I USING ', source, base.name),
                     format(' ON %I.%I USING ', target, base.name))
        FROM pg_index i
       WHERE i.indrelid = base.oid AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.conrelid = base.oid)
       ORDER BY i.indexrelid
    LOOP
      EXECUTE part;
    END LOOP;
    IF base.options <> '{}' THEN
      EXECUTE format('ALTER TABLE %I.%I SET (%s)', target, base.name, array_to_string(base.options, ', '));
    END IF;
  END LOOP;
  PERFORM touchline.open_build_to_readers(target);
END
$$;

-- Drops the tables of a build that is left over. RESTRICT: what somebody built on them keeps them.
CREATE FUNCTION touchline.drop_build(build_schema name) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  tables text;
BEGIN
  DELETE FROM touchline.build_schema s WHERE s.name = build_schema AND NOT s.is_live;
  IF NOT FOUND THEN RETURN; END IF;
  SELECT string_agg(format('%I.%I', build_schema, c.relname), ', ') INTO tables
    FROM pg_class c WHERE c.relnamespace = to_regnamespace(quote_ident(build_schema)) AND c.relkind = 'r';
  IF tables IS NOT NULL THEN EXECUTE 'DROP TABLE ' || tables; END IF;
  EXECUTE format('DROP SCHEMA %I', build_schema);
END
$$;

SELECT touchline.add_read_model('journey', 'journey_model', 'identity_key', 'identity_link', 'lead_profile', 'account_membership',
  'journey', 'stage_transition', 'score_change', 'account', 'lead', 'identity_state', 'account_state', 'identity_fact');
SELECT touchline.add_read_model('opportunities', 'opportunity', 'opportunity_contact', 'opportunity_contact_key',
  'opportunity_horizon', 'opportunity_event', 'opportunity_stage');
SELECT touchline.add_read_model('attribution', 'attribution_path', 'attribution_share', 'attribution_gap');

-- As in 0048, but the tables are those of the build that the caller works in: a text, and inlined, it is read with the caller's
-- search_path.
SET LOCAL search_path = touchline;
CREATE OR REPLACE FUNCTION touchline.leads_changed(after bigint, up_to bigint)
RETURNS TABLE (workspace text, lead_id uuid, "position" bigint, touched_at timestamptz, membership_changed boolean)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT j.workspace, j.lead_id, j.known_from, j.occurred_at, false
  FROM journey j
 WHERE j.known_from > after AND j.known_from <= up_to
UNION ALL
SELECT j.workspace, j.lead_id, j.superseded_at, j.occurred_at, false
  FROM journey j
 WHERE j.superseded_at > after AND j.superseded_at <= up_to
UNION ALL
SELECT p.workspace, p.lead_id, p.known_from, NULL::timestamptz,
       (p.known_at, p.account_id) IS DISTINCT FROM (before.known_at, before.account_id)
  FROM lead_profile p
  LEFT JOIN LATERAL (
    SELECT b.known_at, b.account_id, b.superseded_at
      FROM lead_profile b
     WHERE b.workspace = p.workspace AND b.lead_id = p.lead_id AND b.known_from < p.known_from
     ORDER BY b.known_from DESC
     LIMIT 1
  ) before ON before.superseded_at = p.known_from
 WHERE p.known_from > after AND p.known_from <= up_to
UNION ALL
SELECT p.workspace, p.lead_id, p.superseded_at, NULL::timestamptz, true
  FROM lead_profile p
 WHERE p.superseded_at > after AND p.superseded_at <= up_to
   AND NOT EXISTS (
     SELECT FROM lead_profile next
      WHERE next.workspace = p.workspace AND next.lead_id = p.lead_id AND next.known_from = p.superseded_at
     OFFSET 0
   )
$$;
SET LOCAL search_path = DEFAULT;
