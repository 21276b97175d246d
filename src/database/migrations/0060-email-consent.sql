-- Whether a lead may be sent mail: the last ConsentChanged of all its keys says so, with the event; NULL: none ever did.
SELECT touchline.alter_read_model('journey', $$
  ALTER TABLE lead_profile ADD COLUMN email_consent text,            -- subscribed | unsubscribed
                           ADD COLUMN email_consent_reason text,     -- subscribe | unsubscribe | spam_complaint | crm
                           ADD COLUMN email_consent_at timestamptz,
                           ADD COLUMN email_consent_event_id uuid;
  ALTER TABLE identity_fact ADD COLUMN consent json;
$$);
