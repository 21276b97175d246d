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

-- Appends a batch in one round trip. s_* describe its distinct streams, a_* its appends, e_* its events, in order;
-- a_stream and e_stream are ordinals of streams. a_expected: the version the stream must be at, -1 for any. e_same: the
-- ordinal of the event before this one in the batch that has the same workspace and id, else 0.
--
-- Answers the new head; of each event its position, negative when it was in the log already, and its version; of each
-- append -1, or, when it conflicts, the version its stream is at.
CREATE FUNCTION touchline.append(
  s_key uuid[], s_workspace text[], s_name text[],
  a_stream integer[], a_expected integer[], a_count integer[],
  e_stream integer[], e_same integer[], e_id uuid[], e_type text[], e_schema smallint[], e_occurred timestamptz[],
  e_collector text[], e_correlation text[], e_causation text[], e_data json[],
  OUT head bigint, OUT positions bigint[], OUT versions integer[], OUT actual integer[]
)
LANGUAGE plpgsql
SET search_path = touchline, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off -- plans outlive the day the tables were empty
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
  n        CONSTANT integer := cardinality(e_id);
  streams  CONSTANT integer := cardinality(s_key);
  base     bigint;
  stamp    timestamptz;
  s_fresh  integer[] := array_fill(0, ARRAY[streams]);
  s_before integer[] := array_fill(0, ARRAY[streams]);
  reached  integer[];
  first    integer := 1;
  last     integer;
  s        integer;
  same     integer;
  at       integer;
  fresh    boolean;
BEGIN
  UPDATE log SET head = log.head + n,
                 recorded_at = greatest(log.recorded_at, date_trunc('milliseconds', clock_timestamp()))
    RETURNING log.head - n, log.recorded_at INTO base, stamp;
  head := base;

  actual := array_fill(-1, ARRAY[cardinality(a_stream)]);
  versions := array_fill(0, ARRAY[n]);
  positions := array_fill(0::bigint, ARRAY[n]);
  IF EXISTS (SELECT FROM event_id known WHERE known.id = ANY (e_id)) THEN
    positions := ARRAY(SELECT coalesce((SELECT -known.position FROM event_id known
                                        WHERE known.id = e_id[e] AND known.workspace = s_workspace[e_stream[e]]), 0)
                       FROM generate_series(1, n) e);
  END IF;
  FOR a IN 1 .. cardinality(a_stream) LOOP
    s := a_stream[a];
    last := first + a_count[a] - 1;
    fresh := false;
    FOR e IN first .. last LOOP
      IF positions[e] = 0 THEN
        same := e_same[e];
        WHILE same > 0 AND positions[same] = 0 LOOP same := e_same[same]; END LOOP; -- 0: it was in a conflict
        IF same > 0 THEN positions[e] := -abs(positions[same]); ELSE fresh := true; END IF;
      END IF;
    END LOOP;
    IF fresh AND a_expected[a] >= 0 THEN
      at := coalesce((SELECT known.version FROM stream known WHERE known.key = s_key[s]), 0) + s_fresh[s];
      IF at <> a_expected[a] THEN actual[a] := at; fresh := false; END IF;
    END IF;
    IF fresh THEN
      FOR e IN first .. last LOOP
        IF positions[e] = 0 THEN
          same := e_same[e];
          IF same >= first AND positions[same] <> 0 THEN -- twice in this append
            positions[e] := -abs(positions[same]);
          ELSE
            head := head + 1;
            positions[e] := head;
            s_fresh[s] := s_fresh[s] + 1;
            versions[e] := s_fresh[s];
          END IF;
        END IF;
      END LOOP;
    END IF;
    first := last + 1;
  END LOOP;

  IF head > base THEN
    WITH counted AS (
      INSERT INTO stream AS known (key, version)
        SELECT s_key[u], s_fresh[u] FROM generate_series(1, streams) u WHERE s_fresh[u] > 0
      ON CONFLICT (key) DO UPDATE SET version = known.version + excluded.version
      RETURNING known.version
    )
    SELECT array_agg(counted.version) INTO reached FROM counted; -- rows return in the order they went in
    first := 0;
    FOR u IN 1 .. streams LOOP
      IF s_fresh[u] > 0 THEN
        first := first + 1;
        s_before[u] := reached[first] - s_fresh[u];
      END IF;
    END LOOP;
    FOR e IN 1 .. n LOOP
      IF positions[e] > 0 THEN versions[e] := s_before[e_stream[e]] + versions[e]; END IF;
    END LOOP;
    INSERT INTO event_id (position, id, workspace)
      SELECT positions[e], e_id[e], s_workspace[e_stream[e]] FROM generate_series(1, n) e WHERE positions[e] > 0;
    INSERT INTO event (position, occurred_at, recorded_at, id, stream_key, version, schema_version, workspace, stream,
                       type, collector, correlation_id, causation_id, data)
      SELECT positions[e], least(e_occurred[e], stamp), stamp, e_id[e], s_key[e_stream[e]], versions[e], e_schema[e],
             s_workspace[e_stream[e]], s_name[e_stream[e]], e_type[e], e_collector[e], e_correlation[e], e_causation[e],
             e_data[e]
      FROM generate_series(1, n) e WHERE positions[e] > 0;
  END IF;

  IF head < base + n THEN -- duplicates and conflicts take no position
    UPDATE log SET head = append.head;
    versions := ARRAY(SELECT CASE WHEN positions[e] >= 0 THEN versions[e]
                             ELSE (SELECT known.version FROM event known WHERE known.position = -positions[e]) END
                      FROM generate_series(1, n) e);
  END IF;
END $$;
