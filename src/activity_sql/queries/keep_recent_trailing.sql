-- As though the newest row were of today.
SELECT activity_sql.keep_trailing(max(activity."timestamp")::date - 1)
FROM public.directus_activity AS activity;
