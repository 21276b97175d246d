-- The key of a dimension's row in schema bi, unique over all workspaces: main/wp-1. A fact without one has main#none. A
-- workspace's name has neither "/" nor "#", so no id, whatever it is, makes a key that another id or its absence makes too.
CREATE FUNCTION touchline.bi_key(workspace text, id text) RETURNS varchar
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN workspace || coalesce('/' || id, '#none');
