-- Whether the settings know an address: a trusted one, or a proxy of our own.
--
-- An SQL-standard body, so that callers inline it and no search_path changes it.
--
-- Locks: ACCESS SHARE on our settings. Cost: none while both lists are empty.
CREATE OR REPLACE FUNCTION activity_sql.address_standing(p_ip text)
    RETURNS text
    LANGUAGE sql
    STABLE
    PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        CASE
            WHEN setting.trusted_addresses <> '{}'
                AND activity_sql.to_inet(p_ip) <<= ANY (setting.trusted_addresses)
                THEN 'trusted'
            WHEN setting.proxy_addresses <> '{}'
                AND activity_sql.to_inet(p_ip) <<= ANY (setting.proxy_addresses)
                THEN 'proxy'
        END
    FROM activity_sql.setting AS setting;
END;

COMMENT ON FUNCTION activity_sql.address_standing(text) IS
    'trusted or proxy, where a network of activity_sql.setting holds the address; otherwise NULL. '
    'A text that is no address stands in no network.';

REVOKE ALL ON FUNCTION activity_sql.address_standing(text) FROM PUBLIC;
