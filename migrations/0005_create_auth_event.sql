-- What Directus's activity does not hold: logins that failed. The extension's hook writes
-- them; neither what was typed as an e-mail address nor a password is kept.
--
-- Locks: none on what exists. Cost: none.

CREATE TABLE activity_sql.auth_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "timestamp" timestamptz NOT NULL DEFAULT now(),
    event text NOT NULL CHECK (event = 'login_failed'),
    reason text,
    "user" uuid,
    ip text,
    user_agent text,
    provider text
);

CREATE INDEX auth_event_timestamp_index ON activity_sql.auth_event ("timestamp");

COMMENT ON INDEX activity_sql.auth_event_timestamp_index IS
    'Finds the events of a window, and those no longer kept.';

COMMENT ON TABLE activity_sql.auth_event IS
    'One row per login that failed, as Directus said it; kept as long as hours are. reason: its '
    'error code, where it gives one (INVALID_OTP also where a second factor is only asked for); '
    'user: NULL where nobody is known by what was typed.';
