-- What a write key may claim. A public one stands in web pages, where anybody reads it; a server-side one is a secret.
-- Keys from before are server-side: what they sent is read as before, and so is what their clients go on to send.
ALTER TABLE touchline.write_key
  ADD COLUMN scope text NOT NULL DEFAULT 'server' CHECK (scope IN ('public', 'server'));
ALTER TABLE touchline.write_key ALTER COLUMN scope SET DEFAULT 'public';

-- Rejected input keeps the scope it came with, so that a replay claims no more than its sender could.
ALTER TABLE touchline.rejected
  ADD COLUMN key_scope text CHECK (key_scope = 'public');   -- null: a server-side key
