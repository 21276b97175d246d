-- What one write key may send, where it differs from the settings.
ALTER TABLE touchline.write_key
  ADD COLUMN events_per_second    integer CHECK (events_per_second > 0),     -- null: as the settings say
  ADD COLUMN requests_per_second  integer CHECK (requests_per_second > 0);   -- null: as the settings say

-- Rejected input is removed by when it was kept: received_at may be that of a Kafka record of long ago.
ALTER TABLE touchline.rejected ADD COLUMN kept_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX rejected_kept_at ON touchline.rejected USING brin (kept_at);
