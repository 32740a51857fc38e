-- An address as the published tables show it.
--
-- An SQL-standard body, so that no search_path changes it.
--
-- Locks: ACCESS SHARE on our settings. Cost: that of mask_address.
CREATE OR REPLACE FUNCTION activity_sql.shown_address(p_ip text)
    RETURNS text
    LANGUAGE sql
    STABLE
    PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN setting.mask_addresses THEN activity_sql.mask_address(p_ip) ELSE p_ip END
    FROM activity_sql.setting AS setting;
END;

COMMENT ON FUNCTION activity_sql.shown_address(text) IS
    'The network of an address, or the address itself where setting.mask_addresses is off.';

REVOKE ALL ON FUNCTION activity_sql.shown_address(text) FROM PUBLIC;
