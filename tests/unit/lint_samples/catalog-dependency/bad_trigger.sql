-- path: sql/functions/stats/note.sql
CREATE OR REPLACE FUNCTION public.note()
    RETURNS trigger
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN NULL;
END;
$function$;

COMMENT ON FUNCTION public.note() IS 'A total.';
REVOKE ALL ON FUNCTION public.note() FROM PUBLIC;

-- lint: allow one-object: the sample is about the trigger
CREATE TRIGGER note
    AFTER INSERT ON public.directus_activity  -- finding
    FOR EACH ROW EXECUTE FUNCTION public.note();
