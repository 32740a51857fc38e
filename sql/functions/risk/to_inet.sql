-- The address that a text stands for, where it is one.
--
-- Directus writes what the proxy or the socket told it, up to 50 characters. A cast
-- would raise for one bad text and end the whole question, and an EXCEPTION block
-- cannot run in a parallel worker: so the form is checked first.
--
-- An SQL-standard body, so that callers inline it and no search_path changes it.
--
-- Locks: none. Cost: some microseconds of regular expressions.
CREATE OR REPLACE FUNCTION activity_sql.to_inet(p_ip text)
    RETURNS inet
    LANGUAGE sql
    IMMUTABLE
    STRICT
    PARALLEL SAFE
RETURN CASE
    WHEN p_ip ~* '^(::ffff:)?((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(?!$)|$)){4}$'
        THEN regexp_replace(p_ip, '^::ffff:', '', 'i')::inet
    WHEN p_ip ~* '^[0-9a-f:]+$'
        AND p_ip !~ '[^:]{5}|:::|::.*::|^:[^:]|[^:]:$'
        AND CASE
            WHEN p_ip ~ '::' THEN regexp_count(p_ip, '[^:]+') <= 7
            ELSE regexp_count(p_ip, '[^:]+') = 8
        END
        THEN p_ip::inet
END;

COMMENT ON FUNCTION activity_sql.to_inet(text) IS
    'The IPv4 or IPv6 address that a text stands for, an IPv4-mapped one as IPv4; NULL for any '
    'other text, networks and scoped addresses (fe80::1%eth0) among them.';

REVOKE ALL ON FUNCTION activity_sql.to_inet(text) FROM PUBLIC;
