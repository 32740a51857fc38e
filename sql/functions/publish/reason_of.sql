-- The reasons of a score in a sentence, for people.
--
-- Locks: none. Cost: microseconds.
CREATE OR REPLACE FUNCTION activity_sql.reason_of(p_reasons jsonb)
    RETURNS text
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN coalesce(
        (
            SELECT string_agg(said.words, ', ' ORDER BY said.contribution DESC, said.place)
            FROM (
                SELECT
                    reason.place,
                    coalesce((reason.item ->> 'contribution')::numeric, 0) AS contribution,
                    CASE reason.item ->> 'signal'
                        WHEN 'trusted_address' THEN 'a trusted address'
                        WHEN 'proxy_address' THEN 'a proxy with many people behind it'
                        WHEN 'delete_share' THEN format(
                            '%s %% of the actions are deletes (usual ≤ %s %%)',
                            round(100 * (reason.item ->> 'observed')::numeric),
                            round(100 * (reason.item ->> 'expected')::numeric)
                        )
                        ELSE format(
                            '%s %s (usual ≤ %s)',
                            to_char((reason.item ->> 'observed')::numeric, 'FM999,999,999,990'),
                            CASE reason.item ->> 'signal'
                                WHEN 'actions_per_user_day' THEN 'actions per user and day'
                                WHEN 'action_kinds' THEN 'kinds of action'
                                ELSE replace(reason.item ->> 'signal', '_', ' ')
                            END,
                            to_char((reason.item ->> 'expected')::numeric, 'FM999,999,999,990')
                        )
                    END AS words
                FROM jsonb_array_elements(p_reasons) WITH ORDINALITY AS reason (item, place)
                WHERE (reason.item ->> 'contribution')::numeric > 0
                    OR reason.item ->> 'signal' IN ('trusted_address', 'proxy_address')
            ) AS said
        ),
        'nothing unusual'
    );
END;
$function$;

COMMENT ON FUNCTION activity_sql.reason_of(jsonb) IS
    'risk_reasons in words, what contributes most first: "1,200 actions per user and day (usual ≤ '
    '200)"; "nothing unusual" where nothing contributes.';

REVOKE ALL ON FUNCTION activity_sql.reason_of(jsonb) FROM PUBLIC;
