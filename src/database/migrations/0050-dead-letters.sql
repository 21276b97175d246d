-- What an event is called that could not be applied, and what waits behind it.
ALTER TABLE touchline.parked_event RENAME TO dead_letter;
ALTER TABLE touchline.dead_letter RENAME COLUMN parked_at TO added_at;
ALTER INDEX touchline.parked_event_workspace RENAME TO dead_letter_workspace;
ALTER INDEX touchline.parked_event_pkey RENAME TO dead_letter_pkey;
ALTER TABLE touchline.dead_letter RENAME CONSTRAINT parked_event_projection_build_fkey TO dead_letter_projection_build_fkey;
