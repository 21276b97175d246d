-- Which touchpoints of an activity count that a CRM reports again whenever it changes (docs/adr/0045): the latest version of each
-- activity, and each contact that is in it. State is replaced as a whole. Written by the journey projection.
CREATE TABLE touchline.activity_version (
  workspace  text  NOT NULL,
  id         text  NOT NULL,  -- digest of collector and activity
  state      json  NOT NULL,
  PRIMARY KEY (workspace, id)
) WITH (fillfactor = 70);

CREATE TABLE touchline.activity_contact (
  workspace  text  NOT NULL,
  id         text  NOT NULL,  -- that of the activity and a digest of the contact
  activity   text  NOT NULL,
  state      json  NOT NULL,
  PRIMARY KEY (workspace, id)
) WITH (fillfactor = 70);
CREATE INDEX activity_contact_activity ON touchline.activity_contact (workspace, activity);

SELECT touchline.add_read_model('journey', 'activity_version', 'activity_contact');
