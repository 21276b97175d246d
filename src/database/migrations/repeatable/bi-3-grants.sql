-- The roles that read schema bi keep what they may read when the views are made again.
SELECT touchline.grant_bi(workspace.slug, role.rolname)
  FROM touchline.workspace
  JOIN pg_roles role ON role.rolname = touchline.bi_role_name(workspace.slug);
