-- path: migrations/0001_create_hours.sql
CREATE TABLE hours (bucket timestamptz NOT NULL);  -- finding
INSERT INTO activity_sql.hours (bucket) SELECT bucket FROM public.old_hours;  -- finding
ALTER TABLE
    public.directus_activity  -- finding
    ADD COLUMN note text;
DELETE FROM hours;  -- finding
CREATE INDEX hours_bucket ON activity_sql.hours (bucket);
GRANT USAGE ON SCHEMA public TO reader;  -- finding
DROP VIEW public.user_totals;  -- finding
DROP FUNCTION get_total(integer);  -- finding
DROP SCHEMA public;  -- finding
ALTER TABLE activity_sql.hours ADD COLUMN level public.severity;  -- finding
ALTER TABLE activity_sql.hours ADD CHECK (public.is_good(bucket));  -- finding
GRANT SELECT ON public.directus_users TO reader;  -- finding

COMMENT ON TABLE hours IS 'Hours.';  -- finding
COMMENT ON INDEX activity_sql.hours_bucket IS 'For windows of time.';
