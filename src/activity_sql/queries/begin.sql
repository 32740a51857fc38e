-- What the tool's own transactions run under, so that neither a role's settings nor a
-- hostile search_path changes what is created or how the catalog prints it.
SET LOCAL search_path = activity_sql, pg_temp;
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = '10s';
SET LOCAL check_function_bodies = on;
SET LOCAL standard_conforming_strings = on;
SET LOCAL quote_all_identifiers = off;
SET LOCAL datestyle = 'ISO, YMD';
SET LOCAL intervalstyle = 'postgres';
SET LOCAL timezone = 'UTC';
SET LOCAL extra_float_digits = 1;
SET LOCAL default_transaction_isolation = 'read committed';
