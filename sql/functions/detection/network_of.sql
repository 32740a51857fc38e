-- The network that an address is in, as wide as one customer usually has.
--
-- An SQL-standard body, so that no search_path changes it.
--
-- Locks: none. Cost: microseconds.
CREATE OR REPLACE FUNCTION activity_sql.network_of(p_ip text)
    RETURNS text
    LANGUAGE sql
    IMMUTABLE
    PARALLEL SAFE
RETURN coalesce(
    (
        SELECT
            network(
                set_masklen(address.inet, CASE family(address.inet) WHEN 4 THEN 24 ELSE 48 END)
            )::text
        FROM (SELECT activity_sql.to_inet(p_ip) AS inet OFFSET 0) AS address
    ),
    p_ip
);

COMMENT ON FUNCTION activity_sql.network_of(text) IS
    'The /24 of an IPv4 address, the /48 of an IPv6 one; a text that is no address stays as it is.';

REVOKE ALL ON FUNCTION activity_sql.network_of(text) FROM PUBLIC;
