-- As though the newest row were of today.
SELECT activity_sql.configure(
    p_quarters_kept_days => setting.quarters_kept_days + greatest(0, now()::date - newest.day)
)
FROM activity_sql.setting AS setting
CROSS JOIN (
    SELECT max(activity."timestamp")::date AS day FROM public.directus_activity AS activity
) AS newest;
