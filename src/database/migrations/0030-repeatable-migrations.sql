-- What database/migrate.ts last made of the files in folder `repeatable`.
CREATE TABLE touchline.repeatable_migration (
  checksum    text        PRIMARY KEY,
  applied_at  timestamptz NOT NULL DEFAULT now()
);
