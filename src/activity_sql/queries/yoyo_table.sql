SELECT to_regclass('activity_sql._yoyo_migration') IS NOT NULL AS is_there;
