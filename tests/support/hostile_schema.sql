-- Functions, an operator and a table that answer wrongly, for the front of a search_path.
CREATE SCHEMA hostile;
CREATE FUNCTION hostile.now() RETURNS timestamptz LANGUAGE sql
    AS $$ SELECT '1999-01-01 00:00+00'::timestamptz $$;
CREATE FUNCTION hostile.round(numeric, integer) RETURNS numeric LANGUAGE sql
    AS $$ SELECT 0::numeric $$;
CREATE FUNCTION hostile.isfinite(timestamptz) RETURNS boolean LANGUAGE sql
    AS $$ SELECT false $$;
CREATE FUNCTION hostile.bad_compare(bigint, bigint) RETURNS boolean LANGUAGE sql
    AS $$ SELECT false $$;
CREATE OPERATOR hostile.> (
    FUNCTION = hostile.bad_compare, LEFTARG = bigint, RIGHTARG = bigint
);
CREATE TABLE hostile.directus_activity (id integer);
