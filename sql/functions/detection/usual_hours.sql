-- What judged subjects did in the hours before: as many hours as it takes to judge them.
--
-- Most are settled by the hours near the same time of day, an eighth of all: whoever has 20
-- of these and does not stand out among them by its requests. All hours are read for the others
-- only. Where more than one hour is judged, every time of day is near one, and all are read.
--
-- Locks: ACCESS SHARE. Cost: see activity_sql.hourly_history and activity_sql.hourly_spread.
CREATE OR REPLACE FUNCTION activity_sql.usual_hours(
    p_what        text,
    p_subjects    text[],
    p_observed    integer[],
    p_threshold   double precision,
    p_hours       integer,
    p_start       timestamptz,
    p_as_of       timestamptz,
    p_actions     text[] DEFAULT NULL,
    p_collections text[] DEFAULT NULL
)
    RETURNS TABLE (subject text, hours timestamptz[], counts integer[], settled_by double precision)
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    v_by       text := CASE p_what
        WHEN 'networks' THEN 'user' WHEN 'users' THEN 'ip' ELSE p_what
    END;
    v_until    timestamptz := coalesce(p_as_of, now());
    v_from     timestamptz := p_start - interval '673 hours';
    v_subjects text[] := p_subjects;
    v_near     timestamptz := CASE WHEN p_hours = 1 THEN p_start END;
    v_settled  text[];
    v_sample   integer;
BEGIN
    FOR v_pass IN CASE WHEN p_hours = 1 THEN 1 ELSE 2 END..2 LOOP
        IF v_pass = 2 THEN
            v_near := NULL;
            settled_by := NULL;
        END IF;
        v_settled := '{}';
        FOR subject, hours, counts IN
            SELECT history.subject, history.hours, history.counts
            FROM activity_sql.hourly_history(
                v_by,
                CASE WHEN v_by = p_what THEN v_subjects ELSE '{}' END,
                v_from,
                v_until,
                v_near,
                p_actions,
                p_collections
            ) AS history
            UNION ALL
            SELECT history.subject, history.hours, history.counts
            FROM activity_sql.hourly_spread(
                v_by,
                CASE WHEN v_by <> p_what THEN v_subjects ELSE '{}' END,
                v_from,
                v_until,
                v_near
            ) AS history
        LOOP
            IF v_pass = 1 THEN
                SELECT count(*), percentile_disc(0.95) WITHIN GROUP (ORDER BY known.count)
                INTO v_sample, settled_by
                FROM unnest(hours, counts) AS known (hour, count)
                WHERE known.hour >= p_start - interval '672 hours'
                    AND known.hour <= p_start - interval '1 hour';
                CONTINUE WHEN v_sample < 20 OR activity_sql.peak_deviation(
                    p_observed[array_position(p_subjects, subject)], settled_by
                ) >= p_threshold;
            END IF;
            v_settled := v_settled || subject;
            RETURN NEXT;
        END LOOP;
        v_subjects := ARRAY(
            SELECT one.subject
            FROM unnest(v_subjects) AS one (subject)
            WHERE one.subject <> ALL (v_settled)
        );
    END LOOP;
END;
$function$;

COMMENT ON FUNCTION activity_sql.usual_hours(
    text, text [], integer [], double precision, integer, timestamptz, timestamptz, text [],
    text []
) IS
    'activity_sql.hourly_history (p_what "user", "ip", "collection" or "action") or '
    'activity_sql.hourly_spread (networks, users) of the 28 days before p_start and up to p_as_of, '
    'or now. Where one hour is judged (p_hours), whoever has 20 hours near the time of day of '
    'p_start, beside whose 95th percentile p_observed does not score p_threshold, has only these, '
    'and that percentile in settled_by: what is expected at least.';

REVOKE ALL ON FUNCTION activity_sql.usual_hours(
    text, text [], integer [], double precision, integer, timestamptz, timestamptz, text [],
    text []
) FROM PUBLIC;
