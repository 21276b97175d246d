-- The roles that read schema bi keep what they may read when the views are made again.
SELECT touchline.grant_bi(reader.workspace, reader.role, reader.is_login)
  FROM touchline.bi_reader reader
  JOIN pg_roles role ON role.rolname = reader.role;
