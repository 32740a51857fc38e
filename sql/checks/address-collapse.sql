/*
what = "Many users do not share one address."
why = "Behind a proxy that Directus does not trust, every row carries the proxy's address, and nothing can be said of addresses. IP_TRUST_PROXY is off by default since Directus 12."
*/
SELECT
    'WARN' AS status,
    format(
        '%s of %s users of the last 7 days, and %s%% of the actions, come from %s',
        top.unique_users,
        everybody.users,
        round(100 * top.total_actions / everybody.actions),
        top.ip
    ) AS said,
    format(
        'Set IP_TRUST_PROXY for Directus; or SELECT activity_sql.configure(p_proxy_addresses => %L);',
        ARRAY[top.ip]
    ) AS mend
FROM (
    SELECT
        (summary.summary ->> 'totalActivity')::numeric AS actions,
        (summary.summary ->> 'uniqueUsers')::bigint AS users
    FROM (SELECT {{ directus }}.get_activity_dashboard(7) -> 'summary' AS summary) AS summary
) AS everybody
JOIN {{ directus }}.get_ip_activity_stats(7, 100, 1) AS top
    ON top.unique_users >= 10
        AND top.unique_users >= 0.9 * everybody.users
        AND top.total_actions >= 0.9 * everybody.actions
WHERE activity_sql.address_standing(top.ip) IS NULL;
