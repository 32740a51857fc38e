-- path: migrations/0001_create_bucket.sql
CREATE FUNCTION public.bucket(p_at timestamptz)  -- finding
    RETURNS timestamptz
    LANGUAGE sql
    IMMUTABLE
    PARALLEL SAFE
    RETURN date_trunc('hour', p_at, 'UTC');

COMMENT ON FUNCTION public.bucket(timestamptz) IS 'Hour.';  -- finding
REVOKE ALL ON FUNCTION public.bucket(timestamptz) FROM PUBLIC;  -- finding
