-- path: sql/indexes/directus_activity_timestamp.sql
CREATE INDEX CONCURRENTLY directus_activity_timestamp ON public.directus_activity ("timestamp");

COMMENT ON INDEX public.directus_activity_timestamp IS 'For windows of time.';
