-- Logins of BI tools get a quarter of the server's connections, all of them together, so that what is left is enough for
-- collectors, questions and projections; each gets the same, at least one and at most ten (limit_bi_reader in 0032). Readers are the logins that were granted
-- schema bi, whatever their names. Idempotent; src/database/bi-role.ts calls it for each login that it makes.
CREATE FUNCTION touchline.share_bi_connections() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  all_readers CONSTANT integer := current_setting('max_connections')::integer / 4;
  readers     CONSTANT name[] := ARRAY(
    SELECT role.rolname FROM pg_namespace schema
     CROSS JOIN aclexplode(schema.nspacl) granted
      JOIN pg_roles role ON role.oid = granted.grantee
     WHERE schema.nspname = 'bi' AND granted.privilege_type = 'USAGE' AND granted.grantee <> schema.nspowner
       AND role.rolcanlogin AND NOT role.rolsuper
     ORDER BY role.rolname);
  each        CONSTANT integer := least(10, greatest(1, all_readers / greatest(1, cardinality(readers))));
  reader      name;
BEGIN
  FOREACH reader IN ARRAY readers LOOP
    CONTINUE WHEN (SELECT rolconnlimit FROM pg_roles WHERE rolname = reader) = each;
    BEGIN
      EXECUTE format('ALTER ROLE %I CONNECTION LIMIT %s', reader, each);
    EXCEPTION WHEN insufficient_privilege THEN NULL; -- made by an administrator, who limits it
    END;
  END LOOP;
END
$$;
