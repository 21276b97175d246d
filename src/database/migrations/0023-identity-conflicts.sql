-- A claim by a public write key never joins two known leads: it is kept as a link of the kind `refused`, and listed as
-- a conflict. A late event may turn a link that was `claimed` into one that is refused, so a pair of keys can have
-- several versions of the link that one event made.
ALTER TABLE touchline.identity_link DROP CONSTRAINT identity_link_pkey;
ALTER TABLE touchline.identity_link ADD PRIMARY KEY (workspace, key, other_key, event_id, known_from);
CREATE INDEX identity_link_refused ON touchline.identity_link (workspace, occurred_at, event_id)
  WHERE kind = 'refused';

-- What a fact's addresses and user ids count for when a lead is named after the latest: 3 the CRM's word, 2 a
-- server's, 1 a browser's. NULL: the fact came with a touchpoint, whose key_scope says it.
ALTER TABLE touchline.identity_fact ADD COLUMN claim_rank smallint;
ALTER TABLE touchline.journey ADD COLUMN key_scope text;  -- 'public': it arrived with a public write key
