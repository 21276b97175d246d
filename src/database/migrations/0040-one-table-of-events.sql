-- One table of events (docs/adr/0032): its position is the key, one unique index decides what is a duplicate, and only decisions
-- have a version. Existing events are copied with their positions and ids, so that whatever is sent again gets its first receipt;
-- the copy takes the disk of the log once more until it commits.

-- No append between the copy and its commit.
LOCK TABLE touchline.log IN ACCESS EXCLUSIVE MODE;

ALTER TABLE touchline.event RENAME TO partitioned_event;

CREATE TABLE touchline.event (
  position        bigint      NOT NULL,
  occurred_at     timestamptz NOT NULL,                       -- milliseconds; never after recorded_at
  recorded_at     timestamptz NOT NULL,                       -- milliseconds
  id              uuid        NOT NULL,
  version         integer,                                    -- of a decision, in its stream: 1, 2, 3 …; NULL for a fact
  schema_version  smallint    NOT NULL,                       -- of the shape of data
  workspace       text        NOT NULL,
  stream          text        NOT NULL,
  type            text        NOT NULL,
  collector       text,
  correlation_id  text,
  causation_id    text,
  data            json        NOT NULL                        -- json, not jsonb: see 0001-event-log.sql
);

-- What collectors send was numbered in its stream too; nothing read it by that number.
INSERT INTO touchline.event
SELECT position, occurred_at, recorded_at, id,
       CASE WHEN type NOT IN ('TouchpointRecorded', 'IdentityClaimed', 'AccountObserved') THEN version END,
       schema_version, workspace, stream, type, collector, correlation_id, causation_id, data
FROM touchline.partitioned_event ORDER BY position;

DROP FUNCTION touchline.append(uuid[], text[], text[], integer[], integer[], integer[], integer[], integer[], uuid[], text[],
                               smallint[], timestamptz[], text[], text[], text[], json[]);
DROP FUNCTION touchline.add_event_partitions(bigint);
DROP FUNCTION touchline.stream_key(text, text);
DROP TABLE touchline.partitioned_event, touchline.event_id, touchline.stream;

ALTER TABLE touchline.event ADD CONSTRAINT event_pkey PRIMARY KEY (position);
ALTER TABLE touchline.event ADD CONSTRAINT event_id_key UNIQUE (id, workspace);
ALTER TABLE touchline.event ADD CONSTRAINT event_occurred_at_check CHECK (occurred_at <= recorded_at);
CREATE UNIQUE INDEX event_decision_key ON touchline.event (workspace, stream, version) WHERE version IS NOT NULL;
CREATE TRIGGER event_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON touchline.event
  FOR EACH STATEMENT EXECUTE FUNCTION touchline.refuse_change();

-- The position of each event of a batch: base + 1, base + 2 … for those that are new, the negative of the first one's for those
-- that are in the log or earlier in the batch. The caller holds the lock of the head.
CREATE FUNCTION touchline.assign_positions(base bigint, ids uuid[], workspaces text[]) RETURNS bigint[]
LANGUAGE sql
AS $$
  WITH sent AS MATERIALIZED (
    SELECT event.nr, min(event.nr) OVER (PARTITION BY event.id, event.workspace) AS first,
           (SELECT known.position FROM touchline.event known
            WHERE known.id = event.id AND known.workspace = event.workspace) AS known
    FROM unnest(ids, workspaces) WITH ORDINALITY event (id, workspace, nr)
  ), counted AS MATERIALIZED (
    SELECT nr, first, known, known IS NULL AND nr = first AS is_new,
           base + count(*) FILTER (WHERE known IS NULL AND nr = first) OVER (ORDER BY nr) AS next
    FROM sent
  ), assigned AS (
    SELECT nr, is_new, next, coalesce(known, first_value(next) OVER (PARTITION BY first ORDER BY nr)) AS earlier FROM counted
  )
  SELECT coalesce(array_agg(CASE WHEN is_new THEN next ELSE -earlier END ORDER BY nr), '{}') FROM assigned
$$;

-- Records a batch of facts in one round trip. `repeated`: the same id may be in the batch twice.
--
-- Answers the new head, and the position of each fact, negative where it was in the log already; NULL: all are new and have the
-- last positions, in order. `unnest` in the select list makes no tuplestore, in FROM it does.
CREATE FUNCTION touchline.record(
  ids uuid[], workspaces text[], streams text[], types text[], schema_versions smallint[], times timestamptz[],
  collectors text[], correlations text[], causations text[], bodies json[], repeated boolean,
  OUT head bigint, OUT positions bigint[]
)
LANGUAGE plpgsql
SET search_path = touchline, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off -- plans outlive the day the table was empty
AS $$
DECLARE
  n      CONSTANT integer := cardinality(ids);
  base   bigint;
  stamp  timestamptz;
BEGIN
  UPDATE log SET head = log.head + n,
                 recorded_at = greatest(log.recorded_at, date_trunc('milliseconds', clock_timestamp()))
    RETURNING log.head - n, log.recorded_at INTO base, stamp;

  IF NOT repeated AND NOT EXISTS (SELECT FROM event known WHERE known.id = ANY (ids)) THEN
    INSERT INTO event (position, occurred_at, recorded_at, id, schema_version, workspace, stream, type, collector,
                       correlation_id, causation_id, data)
      SELECT base + generate_series(1, n), least(unnest(times), stamp), stamp, unnest(ids), unnest(schema_versions),
             unnest(workspaces), unnest(streams), unnest(types), unnest(collectors), unnest(correlations),
             unnest(causations), unnest(bodies);
    head := base + n;
    RETURN;
  END IF;

  positions := assign_positions(base, ids, workspaces);
  INSERT INTO event (position, occurred_at, recorded_at, id, schema_version, workspace, stream, type, collector,
                     correlation_id, causation_id, data)
    SELECT positions[nr], least(times[nr], stamp), stamp, ids[nr], schema_versions[nr], workspaces[nr], streams[nr],
           types[nr], collectors[nr], correlations[nr], causations[nr], bodies[nr]
    FROM generate_series(1, n) nr WHERE positions[nr] > 0;
  head := greatest(base, (SELECT max(at) FROM unnest(positions) at));
  UPDATE log SET head = record.head; -- duplicates take no position
END $$;

-- Appends decisions in one round trip: a_* describe the appends, e_* their events, in order. a_expected: the version the stream
-- must be at. An append sees those before it.
--
-- Answers the new head; of each event its position, negative when it was in the log already, and its version; of each append -1,
-- or, when it conflicts, the version its stream is at.
CREATE FUNCTION touchline.append(
  a_workspace text[], a_stream text[], a_expected integer[], a_count integer[],
  e_id uuid[], e_type text[], e_schema smallint[], e_occurred timestamptz[], e_collector text[], e_correlation text[],
  e_causation text[], e_data json[],
  OUT head bigint, OUT positions bigint[], OUT versions integer[], OUT actual integer[]
)
LANGUAGE plpgsql
SET search_path = touchline, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
DECLARE
  first     integer;
  last      integer := 0;
  at        integer;
  assigned  bigint[];
  stamp     timestamptz;
BEGIN
  UPDATE log SET recorded_at = greatest(log.recorded_at, date_trunc('milliseconds', clock_timestamp()))
    RETURNING log.head, log.recorded_at INTO head, stamp;
  positions := '{}';
  actual := array_fill(-1, ARRAY[cardinality(a_count)]);
  FOR a IN 1 .. cardinality(a_count) LOOP
    first := last + 1;
    last := last + a_count[a];
    assigned := assign_positions(head, e_id[first:last], array_fill(a_workspace[a], ARRAY[a_count[a]]));
    IF 0 < ANY (assigned) THEN
      at := coalesce((SELECT max(known.version) FROM event known
                      WHERE known.workspace = a_workspace[a] AND known.stream = a_stream[a] AND known.version IS NOT NULL), 0);
      IF at <> a_expected[a] THEN
        actual[a] := at;
        assigned := array_fill(0::bigint, ARRAY[a_count[a]]);
      ELSE
        INSERT INTO event (position, occurred_at, recorded_at, id, version, schema_version, workspace, stream, type, collector,
                           correlation_id, causation_id, data)
          SELECT assigned[nr - first + 1], least(e_occurred[nr], stamp), stamp, e_id[nr], at + assigned[nr - first + 1] - head,
                 e_schema[nr], a_workspace[a], a_stream[a], e_type[nr], e_collector[nr], e_correlation[nr], e_causation[nr],
                 e_data[nr]
          FROM generate_series(first, last) nr WHERE assigned[nr - first + 1] > 0;
        head := (SELECT max(position) FROM unnest(assigned) position);
      END IF;
    END IF;
    positions := positions || assigned;
  END LOOP;
  UPDATE log SET head = append.head;
  versions := ARRAY(SELECT coalesce((SELECT known.version FROM event known WHERE known.position = abs(placed.position)), 0)
                    FROM unnest(positions) WITH ORDINALITY placed (position, nr) ORDER BY nr);
END $$;

-- What processes of the version before call. They are told to wait: collectors answer 503 with Retry-After, so that clients send
-- again, until they are replaced.
CREATE FUNCTION touchline.append(uuid[], text[], text[], integer[], integer[], integer[], integer[], integer[], uuid[], text[],
                                 smallint[], timestamptz[], text[], text[], text[], json[],
                                 OUT head bigint, OUT positions bigint[], OUT versions integer[], OUT actual integer[])
LANGUAGE plpgsql
AS $$
BEGIN
  RAISE EXCEPTION 'this process is older than the event log: replace it' USING ERRCODE = 'cannot_connect_now';
END $$;
