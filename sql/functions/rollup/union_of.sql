-- The union of two sets kept as sorted arrays. Most often the first has it all.
--
-- An SQL-standard body, so that callers inline it.
--
-- Locks: none. Cost: a sort of the elements where the second adds some.
CREATE OR REPLACE FUNCTION activity_sql.union_of(p_first integer[], p_second integer[])
    RETURNS integer[]
    LANGUAGE sql
    IMMUTABLE
    PARALLEL SAFE
RETURN CASE
    WHEN p_second <@ p_first THEN p_first
    ELSE ARRAY(
        SELECT DISTINCT element
        FROM unnest(p_first || p_second) AS element
        ORDER BY element
    )
END;

COMMENT ON FUNCTION activity_sql.union_of(integer[], integer[]) IS
    'The elements of both, each once, ascending.';

REVOKE ALL ON FUNCTION activity_sql.union_of(integer[], integer[]) FROM PUBLIC;
