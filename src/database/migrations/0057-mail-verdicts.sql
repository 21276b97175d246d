-- What is kept of mails, so that verdicts on their opens and clicks can be derived again when others of the same mail arrive
-- (docs/adr/0038): one mail to one recipient, and clicks of one mail by the recipients of one company in some seconds. Ids begin
-- with the day, so that the pages of an index that a batch writes lie together. State is replaced as a whole.
CREATE TABLE touchline.mail_group (
  workspace  text  NOT NULL,
  id         text  NOT NULL,
  state      json  NOT NULL,
  PRIMARY KEY (workspace, id)
) WITH (fillfactor = 70);

CREATE TABLE touchline.mail_slot (
  workspace  text  NOT NULL,
  id         text  NOT NULL,
  state      json  NOT NULL,
  PRIMARY KEY (workspace, id)
) WITH (fillfactor = 70);

SELECT touchline.add_read_model('journey', 'mail_group', 'mail_slot');
