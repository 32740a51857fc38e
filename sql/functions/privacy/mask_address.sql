-- An address as its network, for whoever need not know whose it is.
--
-- A text that is no address may be anything that a client sent: nothing of it is shown.
--
-- An SQL-standard body, so that no search_path changes it.
--
-- Locks: none. Cost: some microseconds of regular expressions.
CREATE OR REPLACE FUNCTION activity_sql.mask_address(p_ip text)
    RETURNS text
    LANGUAGE sql
    IMMUTABLE
    STRICT
    PARALLEL SAFE
RETURN CASE
    WHEN activity_sql.to_inet(p_ip) IS NULL THEN 'no address'
    ELSE activity_sql.network_of(p_ip)
END;

COMMENT ON FUNCTION activity_sql.mask_address(text) IS
    'The network of an address: /24 of IPv4, also where it is mapped into IPv6, /48 of IPv6, for '
    'example 198.51.100.0/24; "no address" for any other text, NULL for NULL.';

REVOKE ALL ON FUNCTION activity_sql.mask_address(text) FROM PUBLIC;
