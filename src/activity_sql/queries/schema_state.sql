-- Whether the schema activity_sql is there, and whether it is ours.
SELECT
    to_regnamespace('activity_sql') IS NOT NULL AS schema_exists,
    to_regclass('activity_sql.ledger') IS NOT NULL
        AND to_regclass('activity_sql.installation') IS NOT NULL AS is_ours;
