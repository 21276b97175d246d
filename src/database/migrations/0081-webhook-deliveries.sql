-- Messages to send to webhooks, one row a message and endpoint, and what of them is next (docs/adr/0048).

CREATE TABLE touchline.webhook_delivery (
  id               bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  endpoint         text        NOT NULL REFERENCES touchline.webhook_endpoint (id) ON DELETE CASCADE,
  message_id       text        NOT NULL,                         -- webhook-id: the same for one event and endpoint, for ever
  lead_id          text        NOT NULL,
  type             text        NOT NULL,                         -- lead.qualified …
  body             text        NOT NULL,                         -- as it is signed and sent
  state            text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
  attempts         integer     NOT NULL DEFAULT 0,               -- since it was queued or replayed
  last_status      integer,                                      -- of the response; NULL: there was none
  last_error       text,
  last_attempt_at  timestamptz,
  created_at       timestamptz NOT NULL DEFAULT now(),
  UNIQUE (endpoint, message_id)
);
CREATE INDEX webhook_delivery_pending ON touchline.webhook_delivery (endpoint, lead_id, id) WHERE state = 'pending';
CREATE INDEX webhook_delivery_state ON touchline.webhook_delivery (endpoint, state, id);
CREATE INDEX webhook_delivery_dead ON touchline.webhook_delivery (id) WHERE state = 'dead';
CREATE INDEX webhook_delivery_created ON touchline.webhook_delivery (created_at);

-- One row for each lead with pending messages to an endpoint. The first of them, by id, is sent once the row is due; the others wait
-- behind it. Who adds a message locks the row, and who removes the row looks for messages once it has the lock: so there is a row
-- whenever a message is pending.
CREATE TABLE touchline.webhook_queue (
  endpoint  text        NOT NULL REFERENCES touchline.webhook_endpoint (id) ON DELETE CASCADE,
  lead_id   text        NOT NULL,
  due_at    timestamptz NOT NULL,                                -- while it is leased: when the lease ends
  lease     uuid,                                                -- of the process that is sending
  PRIMARY KEY (endpoint, lead_id)
);
CREATE INDEX webhook_queue_due ON touchline.webhook_queue (endpoint, due_at);
CREATE INDEX webhook_queue_leased ON touchline.webhook_queue (endpoint) WHERE lease IS NOT NULL;

-- Gives up the lease: the lead's next message is due after `delay`; without another one the row is gone.
CREATE FUNCTION touchline.advance_webhook_queue(of_endpoint text, of_lead text, delay interval) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM FROM touchline.webhook_queue WHERE endpoint = of_endpoint AND lead_id = of_lead FOR UPDATE;
  IF EXISTS (SELECT FROM touchline.webhook_delivery
              WHERE endpoint = of_endpoint AND lead_id = of_lead AND state = 'pending') THEN
    UPDATE touchline.webhook_queue SET lease = NULL, due_at = clock_timestamp() + delay
     WHERE endpoint = of_endpoint AND lead_id = of_lead;
  ELSE
    DELETE FROM touchline.webhook_queue WHERE endpoint = of_endpoint AND lead_id = of_lead;
  END IF;
END
$$;

-- The outcome of an attempt. False: the lease has ended, and another process sends the message again.
CREATE FUNCTION touchline.finish_webhook_attempt(
  of_delivery bigint, of_endpoint text, of_lead text, of_lease uuid,
  new_state text, status integer, error text, delay interval, is_gone boolean
) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
  -- The endpoint is locked before the queue, as by a deletion.
  IF is_gone THEN
    UPDATE touchline.webhook_endpoint SET is_enabled = false, disabled_reason = 'gone', updated_at = now()
     WHERE id = of_endpoint AND is_enabled;
  END IF;
  UPDATE touchline.webhook_endpoint
     SET consecutive_failures = CASE WHEN new_state = 'delivered' THEN 0 ELSE consecutive_failures + 1 END
   WHERE id = of_endpoint AND (new_state <> 'delivered' OR consecutive_failures > 0);
  PERFORM FROM touchline.webhook_queue
    WHERE endpoint = of_endpoint AND lead_id = of_lead AND lease = of_lease FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE touchline.webhook_delivery
     SET state = new_state, attempts = attempts + 1, last_status = status, last_error = error,
         last_attempt_at = clock_timestamp()
   WHERE id = of_delivery;
  PERFORM touchline.advance_webhook_queue(of_endpoint, of_lead,
    CASE WHEN new_state = 'pending' THEN delay ELSE interval '0' END);
  RETURN true;
END
$$;
