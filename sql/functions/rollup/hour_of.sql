-- The UTC hour of a moment. date_trunc would follow the session's time zone, and
-- zones of half hours exist.
--
-- An SQL-standard body, so that callers inline it.
--
-- Locks: none. Cost: none of its own.
CREATE OR REPLACE FUNCTION activity_sql.hour_of(p_moment timestamptz)
    RETURNS timestamptz
    LANGUAGE sql
    IMMUTABLE
    PARALLEL SAFE
RETURN date_bin('1 hour', p_moment, '2000-01-01 00:00:00+00');

COMMENT ON FUNCTION activity_sql.hour_of(timestamptz) IS
    'The start of the UTC hour that p_moment is in; infinity stays infinity.';

REVOKE ALL ON FUNCTION activity_sql.hour_of(timestamptz) FROM PUBLIC;
