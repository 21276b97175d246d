-- Whose transactions the exchange of a rebuild waits for, while it does.
ALTER TABLE touchline.projection ADD COLUMN waits_for text;
