-- path: migrations/0001_fill_hours.sql
DO $do$ BEGIN
    RAISE EXCEPTION E'no';  -- finding
END $do$;
