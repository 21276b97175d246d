-- Why a lead belongs to its account, apart from lead_profile because a repeated `group` call changes nothing but this.
CREATE TABLE touchline.account_membership (
  workspace      text        NOT NULL,
  lead_id        uuid        NOT NULL,
  account_id     text        NOT NULL,
  reason         text        NOT NULL,              -- group | crm | email_domain
  event_id       uuid        NOT NULL,              -- named the account last; of an e-mail domain: named the address first
  known_from     bigint      NOT NULL,
  superseded_at  bigint,
  PRIMARY KEY (workspace, lead_id, known_from)
);
