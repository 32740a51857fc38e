-- activity-sql <<version>>
--
-- Installs everything with psql alone: psql "$DATABASE_URL" -f this-file
-- One transaction, then the indexes. The command activity-sql goes on from here.
\set ON_ERROR_STOP on
\set QUIET on

BEGIN;

DO $check$
BEGIN
    IF to_regclass(<<table>>) IS NULL THEN
        RAISE EXCEPTION 'There is no table %', <<table>>
            USING ERRCODE = 'undefined_table',
                  HINT = 'Connect to Directus''s database, or make the file with --schema.';
    END IF;
    IF to_regnamespace('activity_sql') IS NOT NULL THEN
        RAISE EXCEPTION 'A schema activity_sql is there already; nothing was changed'
            USING ERRCODE = 'duplicate_schema',
                  HINT = 'This file installs. To upgrade, use the command activity-sql migrate.';
    END IF;
END;
$check$;

<<begin>>
CREATE SCHEMA activity_sql;

<<sources>>
-- Default privileges of a hosted database grant behind a REVOKE FROM PUBLIC.
SELECT format('REVOKE ALL ON %s FROM %s', stray.address, stray.grantee)
FROM (
<<stray_grants>>
) AS stray \gexec

<<records>>
UPDATE activity_sql.ledger
SET fingerprint = found.fingerprint
FROM (
<<fingerprints>>
) AS found
WHERE found.object = ledger.object;

COMMIT;

<<indexes>>
