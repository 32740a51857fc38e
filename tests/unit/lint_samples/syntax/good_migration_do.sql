-- path: migrations/0001_fill_hours.sql
DO LANGUAGE 'plpgsql' $do$ BEGIN NULL; END; $do$;
