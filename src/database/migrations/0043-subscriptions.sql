-- Reactors beside projections: one that is new to a log may start behind its last event, and starts over from there.

ALTER TABLE touchline.projection ADD COLUMN start_position bigint NOT NULL DEFAULT 0;
