-- The event log (docs/adr/0001, 0002). Written by touchline.append alone, read by anybody.

-- The head of the log: its row lock, held to commit, puts appends in one line. So positions are dense and commit order
-- is position order.
CREATE TABLE touchline.log (
  only_row     boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
  head         bigint      NOT NULL,                          -- position of the last event; 0: none yet
  recorded_at  timestamptz NOT NULL                           -- of that event; never goes back, whatever the clock does
) WITH (fillfactor = 10);                                     -- room for the row's next versions on its own page
INSERT INTO touchline.log (head, recorded_at) VALUES (0, 'epoch');

-- `data` is json, not jsonb: nothing is asked of it before a projection reads it. COPY of 1,000 rows a commit, data of
-- 610 B, 2 cores: text 61,000 rows/s, json 49,000, jsonb 35,000; json is also sent to readers as it lies on disk.
CREATE TABLE touchline.event (
  position        bigint      NOT NULL,
  occurred_at     timestamptz NOT NULL,                       -- milliseconds; never after recorded_at
  recorded_at     timestamptz NOT NULL,                       -- milliseconds
  id              uuid        NOT NULL,
  stream_key      uuid        NOT NULL,                       -- touchline.stream_key(workspace, stream)
  version         integer     NOT NULL,                       -- in the stream: 1, 2, 3 …
  schema_version  smallint    NOT NULL,                       -- of the shape of data
  workspace       text        NOT NULL,
  stream          text        NOT NULL,
  type            text        NOT NULL,
  collector       text,
  correlation_id  text,
  causation_id    text,
  data            json        NOT NULL,
  PRIMARY KEY (position),
  CHECK (occurred_at <= recorded_at)
) PARTITION BY RANGE (position);
CREATE INDEX event_stream ON touchline.event (stream_key, version);

-- Version counters. A key of 16 bytes instead of the names: 7 µs an upsert against 14.
CREATE TABLE touchline.stream (
  key      uuid    PRIMARY KEY,
  version  integer NOT NULL                                   -- of the stream's last event
) WITH (fillfactor = 80);

-- Which events are in the log. A unique index of the partitioned table would have to hold the position.
CREATE TABLE touchline.event_id (
  position   bigint NOT NULL,
  id         uuid   NOT NULL,
  workspace  text   NOT NULL,
  PRIMARY KEY (id, workspace)
);

CREATE FUNCTION touchline.stream_key(workspace text, stream text) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN substr(encode(sha256(convert_to(workspace || '/' || stream, 'UTF8')), 'hex'), 1, 32)::uuid;

CREATE FUNCTION touchline.refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'events are facts: % on %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER event_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON touchline.event
  FOR EACH STATEMENT EXECUTE FUNCTION touchline.refuse_change();
CREATE TRIGGER event_id_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON touchline.event_id
  FOR EACH STATEMENT EXECUTE FUNCTION touchline.refuse_change();

-- Makes the partitions that `ahead` more events will need and answers how many were made. ATTACH, unlike CREATE …
-- PARTITION OF, locks neither readers nor appends out. A check that says the same as the bounds spares it the scan.
CREATE FUNCTION touchline.add_event_partitions(ahead bigint DEFAULT 20000000) RETURNS integer
LANGUAGE plpgsql SET client_min_messages = warning AS $$
DECLARE
  size  CONSTANT bigint := 10000000;
  made  integer := 0;
  name  text;
  upper bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('touchline.add_event_partitions'));
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
SELECT touchline.add_event_partitions();

-- Appends a batch in one round trip. s_* describe its distinct streams, a_* its appends, e_* its events, in order.
-- s_expected and a_expected: the version the stream must be at, -1 for any; s_expected is -1 when several appends go to
-- the stream, and `stepwise` must then be true. e_nth is the event's number among those of its stream.
--
-- The usual batch (no duplicate, no conflict) is written by three statements and answered with `base` (its first
-- position - 1) and `before` (versions of the streams after it). Any other is walked through append by append and
-- answered event by event: first receipts in positions and versions, `duplicate`, and in `actual` -1 or, of an append
-- that conflicts, the version its stream is at.
CREATE FUNCTION touchline.append(
  s_key uuid[], s_workspace text[], s_name text[], s_count integer[], s_expected integer[],
  a_stream integer[], a_expected integer[], a_count integer[], stepwise boolean,
  e_stream integer[], e_nth integer[], e_id uuid[], e_type text[], e_schema smallint[], e_occurred timestamptz[],
  e_collector text[], e_correlation text[], e_causation text[], e_data json[],
  OUT head bigint, OUT reached integer[],
  OUT positions bigint[], OUT versions integer[], OUT duplicate boolean[], OUT actual integer[]
)
LANGUAGE plpgsql
SET search_path = touchline, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off -- plans outlive the day the tables were empty
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
  stamp     timestamptz;
  base      bigint;
  written   bigint;
  s_version integer[];
  before    integer[];
  first     integer := 1;
  fresh     boolean;
  s         integer;
BEGIN
  UPDATE log SET head = log.head + cardinality(e_id),
                 recorded_at = greatest(log.recorded_at, date_trunc('milliseconds', clock_timestamp()))
    RETURNING log.head - cardinality(e_id), log.recorded_at INTO base, stamp;

  IF NOT stepwise
     AND NOT EXISTS (SELECT FROM event_id known WHERE known.id = ANY (e_id))
     AND NOT EXISTS (SELECT FROM unnest(s_key, s_expected) AS u (key, expected) WHERE u.expected >= 0
                     AND u.expected <> coalesce((SELECT known.version FROM stream known WHERE known.key = u.key), 0))
  THEN
    WITH counted AS (
      INSERT INTO stream AS known (key, version) SELECT u.key, u.count FROM unnest(s_key, s_count) AS u (key, count)
      ON CONFLICT (key) DO UPDATE SET version = known.version + excluded.version
      RETURNING known.version
    )
    SELECT array_agg(counted.version) INTO s_version FROM counted; -- in the order of s_key: rows return as they went in
    INSERT INTO event_id (position, id, workspace)
      SELECT base + u.nr, u.id, s_workspace[u.s] FROM unnest(e_id, e_stream) WITH ORDINALITY AS u (id, s, nr);
    INSERT INTO event (position, occurred_at, recorded_at, id, stream_key, version, schema_version, workspace, stream,
                       type, collector, correlation_id, causation_id, data)
      SELECT base + u.nr, least(u.occurred, stamp), stamp, u.id, s_key[u.s], s_version[u.s] - s_count[u.s] + u.nth,
             u.schema, s_workspace[u.s], s_name[u.s], u.type, u.collector, u.correlation, u.causation, u.data
      FROM unnest(e_stream, e_nth, e_id, e_type, e_schema, e_occurred, e_collector, e_correlation, e_causation, e_data)
           WITH ORDINALITY AS u (s, nth, id, type, schema, occurred, collector, correlation, causation, data, nr);
    head := base + cardinality(e_id);
    reached := s_version;
    RETURN;
  END IF;

  written := base;
  versions := array_fill(0, ARRAY[cardinality(e_id)]);
  duplicate := array_fill(true, ARRAY[cardinality(e_id)]);
  actual := array_fill(-1, ARRAY[cardinality(a_stream)]);
  before := ARRAY(SELECT coalesce((SELECT known.version FROM stream known WHERE known.key = u.key), 0)
                  FROM unnest(s_key) WITH ORDINALITY AS u (key, nr) ORDER BY u.nr);
  s_version := before;
  positions := ARRAY(SELECT coalesce((SELECT known.position FROM event_id known
                                      WHERE known.id = u.id AND known.workspace = s_workspace[u.s]), 0)
                     FROM unnest(e_id, e_stream) WITH ORDINALITY AS u (id, s, nr) ORDER BY u.nr);
  FOR a IN 1 .. cardinality(a_stream) LOOP
    s := a_stream[a];
    fresh := false;
    FOR e IN first .. first + a_count[a] - 1 LOOP
      IF positions[e] = 0 THEN -- perhaps an append before this one brought it
        positions[e] := coalesce((SELECT known.position FROM event_id known
                                  WHERE known.id = e_id[e] AND known.workspace = s_workspace[s]), 0);
        fresh := fresh OR positions[e] = 0;
      END IF;
    END LOOP;
    IF fresh AND a_expected[a] >= 0 AND a_expected[a] <> s_version[s] THEN
      actual[a] := s_version[s];
    ELSE
      FOR e IN first .. first + a_count[a] - 1 LOOP
        CONTINUE WHEN positions[e] <> 0;
        INSERT INTO event_id (position, id, workspace) VALUES (written + 1, e_id[e], s_workspace[s])
          ON CONFLICT DO NOTHING;
        IF FOUND THEN
          written := written + 1;
          positions[e] := written;
          duplicate[e] := false;
          s_version[s] := s_version[s] + 1;
          versions[e] := s_version[s];
        ELSE -- twice in one append
          positions[e] := (SELECT known.position FROM event_id known
                           WHERE known.id = e_id[e] AND known.workspace = s_workspace[s]);
        END IF;
      END LOOP;
    END IF;
    first := first + a_count[a];
  END LOOP;

  INSERT INTO stream (key, version)
    SELECT u.key, u.version FROM unnest(s_key, s_version, before) AS u (key, version, before) WHERE u.version > u.before
    ON CONFLICT (key) DO UPDATE SET version = excluded.version;
  INSERT INTO event (position, occurred_at, recorded_at, id, stream_key, version, schema_version, workspace, stream,
                     type, collector, correlation_id, causation_id, data)
    SELECT positions[u.nr], least(u.occurred, stamp), stamp, u.id, s_key[u.s], versions[u.nr],
           u.schema, s_workspace[u.s], s_name[u.s], u.type, u.collector, u.correlation, u.causation, u.data
    FROM unnest(e_stream, e_id, e_type, e_schema, e_occurred, e_collector, e_correlation, e_causation, e_data)
         WITH ORDINALITY AS u (s, id, type, schema, occurred, collector, correlation, causation, data, nr)
    WHERE NOT duplicate[u.nr];
  versions := ARRAY(SELECT CASE WHEN u.version > 0 THEN u.version
                           ELSE coalesce((SELECT known.version FROM event known WHERE known.position = u.position), 0) END
                    FROM unnest(positions, versions) WITH ORDINALITY AS u (position, version, nr) ORDER BY u.nr);
  UPDATE log SET head = written;
  head := written;
END $$;
