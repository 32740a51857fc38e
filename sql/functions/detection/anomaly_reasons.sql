-- Why something is an anomaly, in one form for all detectors.
--
-- Locks: none. Cost: microseconds.
CREATE OR REPLACE FUNCTION activity_sql.anomaly_reasons(
    p_unit        text,
    p_baseline    text,
    p_sample_size integer,
    p_from        timestamptz,
    p_until       timestamptz,
    p_filters     text,
    p_where       text  DEFAULT '',
    p_notes       jsonb DEFAULT '{}'
)
    RETURNS jsonb
    LANGUAGE sql
    IMMUTABLE
    PARALLEL SAFE
RETURN jsonb_build_object(
    'unit', p_unit,
    'baseline', p_baseline,
    'sample_size', p_sample_size,
    'rows', rtrim(format(
        'SELECT * FROM get_activity_rows(p_days => 1, %s, p_limit => NULL, p_as_of => %L) '
        'WHERE "timestamp" >= %L %s',
        p_filters,
        to_char(p_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        to_char(p_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        p_where
    ))
) || jsonb_strip_nulls(p_notes);

COMMENT ON FUNCTION activity_sql.anomaly_reasons(
    text, text, integer, timestamptz, timestamptz, text, text, jsonb
) IS
    'The reasons of an anomaly: unit of observed and expected; baseline, which hours of the 28 days '
    'before expected is from, and sample_size, how many; rows, the statement that shows what was '
    'counted; and p_notes without what is null in it. p_filters are arguments of get_activity_rows, '
    'p_where narrows its answer.';

REVOKE ALL ON FUNCTION activity_sql.anomaly_reasons(
    text, text, integer, timestamptz, timestamptz, text, text, jsonb
) FROM PUBLIC;
