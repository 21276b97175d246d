-- The day of a touchpoint in the time zone of the journey model, so that SQL finds a span of days without reading all of the
-- table: computed for each row from the zone, it would be no expression that an index can have. Written by projections/journey,
-- which writes it again when a model with another zone is published.
ALTER TABLE touchline.journey ADD COLUMN occurred_date date;
-- Touchpoints arrive mostly in the order of their days. Several ranges a block, because late ones lie among them.
CREATE INDEX journey_occurred_date ON touchline.journey
  USING brin (occurred_date date_minmax_multi_ops) WITH (pages_per_range = 32, autosummarize = on);
