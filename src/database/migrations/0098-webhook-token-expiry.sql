-- Tokens come in the order of their expiry, more or less, and are looked up by it once an hour: pages are enough to know.
DROP INDEX touchline.webhook_token_expiry;
CREATE INDEX webhook_token_expiry ON touchline.webhook_token USING brin (expires_at) WITH (autosummarize = on);
