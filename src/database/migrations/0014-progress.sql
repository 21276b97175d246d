-- How far consumers of something outside have taken it into the log; written by the log's adapters with the append.
CREATE TABLE touchline.progress (
  source      text        PRIMARY KEY,              -- e.g. kafka:<group>:<topic>:<partition>
  next        bigint      NOT NULL,                 -- what is taken next there, e.g. an offset
  mark        text,                                 -- by what the consumer knows the last thing it took
  updated_at  timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 20);                           -- a small table, always updated in place: room for HOT updates
