/*
what = "The rollups were folded with the settings that are wanted, and were compared with the rows lately."
why = "Another time zone or exclusion is in effect only after a rebuild. Edited rows, and ids set by hand, are taken over by the nightly comparison."
*/
SELECT
    'WARN' AS status,
    'another time zone or exclusion is wanted than the rollups were folded with' AS said,
    'SELECT activity_sql.rebuild_rollups();' AS mend
FROM activity_sql.rollup_status() AS status
WHERE status.rebuild_needed
UNION ALL
SELECT
    'WARN',
    format('rows were last compared with what was folded %s', coalesce(job.last_ok::text, 'never')),
    'SELECT * FROM {{ directus }}.maintain_activity_table();'
FROM activity_sql.job AS job
CROSS JOIN activity_sql.installation AS installation
WHERE job.name = 'maintain-activity'
    AND coalesce(job.last_ok, installation.installed_at) < now() - interval '3 days';
