-- Each function of the given names in Directus's schema or ours, as the catalog shows it:
-- body, options, owner, comment and access list in one hash. Overloads share the hash of
-- their name, so that one added by hand shows too.
SELECT
    'function ' || function.proname AS object,
    encode(
        sha256(
            convert_to(
                string_agg(
                    concat_ws(
                        E'\n',
                        pg_get_functiondef(function.oid),
                        pg_get_userbyid(function.proowner),
                        obj_description(function.oid, 'pg_proc'),
                        (
                            SELECT string_agg(grants.item, ',' ORDER BY grants.item COLLATE "C")
                            FROM (
                                SELECT
                                    CASE
                                        WHEN privilege.grantee = 0 THEN 'PUBLIC'
                                        ELSE pg_get_userbyid(privilege.grantee)
                                    END || ':' || privilege.privilege_type AS item
                                FROM aclexplode(
                                    coalesce(
                                        function.proacl,
                                        acldefault('f', function.proowner)
                                    )
                                ) AS privilege
                            ) AS grants
                        )
                    ),
                    E'\n'
                    ORDER BY function.oid
                ),
                'UTF8'
            )
        ),
        'hex'
    ) AS fingerprint
FROM pg_proc AS function
JOIN pg_namespace AS namespace ON namespace.oid = function.pronamespace
WHERE namespace.nspname = ANY (ARRAY['activity_sql', %(directus_schema)s])
    AND function.proname = ANY (%(names)s)
    AND function.prokind IN ('f', 'p')
GROUP BY function.proname;
