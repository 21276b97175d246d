-- What was sent stays as it came, beside what is replayed of it; and where in a file it stood.
ALTER TABLE touchline.rejected
  ADD COLUMN sent          bytea,        -- byte for byte what came; null: the payload is that
  ADD COLUMN source        text,         -- of a row of a file: its name and line, e.g. leads.csv:17
  ADD COLUMN corrected     bytea,        -- what a replay reads instead of the payload
  ADD COLUMN corrected_at  timestamptz;
