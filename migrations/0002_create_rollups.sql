-- squawk-ignore-file ban-char-field
-- "char" is a single byte, which no text is.
--
-- What the answers are made of: settings, the watermark, dictionaries and rollups.
--
-- Every answer is a sum, a minimum, a maximum or a set over cells: how often one
-- address, account, collection and action met within an hour. The hour keeps its
-- cells whole, packed into arrays; days, pentads and months keep the narrow sums that the
-- questions need. docs/rollups.md has the matrix.
--
-- Locks: none on any table of Directus. Cost: none.

CREATE TABLE activity_sql.setting (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    deleted_rows text NOT NULL DEFAULT 'keep' CHECK (deleted_rows IN ('keep', 'mirror')),
    archive boolean NOT NULL DEFAULT false CHECK (NOT archive OR deleted_rows = 'keep'),
    archive_kept_days integer NOT NULL DEFAULT 36500 CHECK (
        archive_kept_days BETWEEN 2 AND 36500
    ),
    hours_kept_days integer NOT NULL DEFAULT 400 CHECK (hours_kept_days BETWEEN 2 AND 36500),
    time_zone text NOT NULL DEFAULT 'UTC',
    excluded_actions text [] NOT NULL DEFAULT '{}' CHECK (
        array_position(excluded_actions, NULL) IS NULL
    ),
    excluded_users uuid [] NOT NULL DEFAULT '{}' CHECK (
        array_position(excluded_users, NULL) IS NULL
    ),
    published_days integer NOT NULL DEFAULT 90 CHECK (published_days BETWEEN 1 AND 36500),
    trusted_addresses cidr [] NOT NULL DEFAULT '{}' CHECK (
        array_position(trusted_addresses, NULL) IS NULL
    ),
    proxy_addresses cidr [] NOT NULL DEFAULT '{}' CHECK (
        array_position(proxy_addresses, NULL) IS NULL
    )
);

COMMENT ON TABLE activity_sql.setting IS
    'One row: what is wanted. Change it with activity_sql.configure. deleted_rows: keep goes on '
    'counting rows that retention deleted, mirror drops them at reconcile; archive: copy rows when '
    'they are folded, and keep whole months of them for archive_kept_days; time_zone: whose days '
    'and months are kept; excluded_actions, excluded_users: rows that no function counts; zone and '
    'exclusions take effect at the next rebuild. '
    'published_days: how many days mv_activity_hourly_stats, mv_activity_collection_stats and '
    'mv_activity_daily_summary go back, hours no further than they are kept. trusted_addresses, '
    'proxy_addresses: networks that activity_sql.score_address does not judge, or judges less.';

INSERT INTO activity_sql.setting DEFAULT VALUES;

CREATE TABLE activity_sql.watermark (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    settled_id bigint,
    candidate_id bigint,
    candidate_holders text [],
    folded_at timestamptz,
    hours_since timestamptz NOT NULL DEFAULT '-infinity',
    time_zone text NOT NULL DEFAULT 'UTC',
    excluded_actions text [] NOT NULL DEFAULT '{}',
    excluded_users uuid [] NOT NULL DEFAULT '{}'
);

COMMENT ON TABLE activity_sql.watermark IS
    'One row: every row of directus_activity with an id up to settled_id has been folded (NULL: '
    'none yet). candidate_id is settled once no transaction of candidate_holders is left. Cells of '
    'hours are kept since hours_since. time_zone, excluded_*: what the rollups were folded with.';

INSERT INTO activity_sql.watermark DEFAULT VALUES;

CREATE TABLE activity_sql.address (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ip text COLLATE "C" NOT NULL UNIQUE
);

COMMENT ON TABLE activity_sql.address IS 'The addresses that were folded, numbered.';

CREATE TABLE activity_sql.account (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id uuid NOT NULL UNIQUE
);

COMMENT ON TABLE activity_sql.account IS 'The users that were folded, numbered.';

CREATE TABLE activity_sql.collection (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE
);

COMMENT ON TABLE activity_sql.collection IS 'The collections that were folded, numbered.';

CREATE TABLE activity_sql.action (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE
);

COMMENT ON TABLE activity_sql.action IS 'The actions that were folded, numbered.';

-- A b-tree holds no key above 2,704 bytes, and strangers write user agents.
CREATE TABLE activity_sql.user_agent (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    EXCLUDE USING hash (name WITH =)
);

COMMENT ON TABLE activity_sql.user_agent IS 'The user agents of the last days, numbered.';

-- The rows of one fold as cells; filled and emptied under the watermark's row lock. Nothing of it needs
-- to survive a crash, but the server has to: one that is killed right after the rollback of a
-- transaction that made or truncated an UNLOGGED table does not start again.
CREATE TABLE activity_sql.batch (
    hour timestamptz NOT NULL,
    day date NOT NULL,
    pentad date NOT NULL,
    month date NOT NULL,
    address integer NOT NULL,
    account integer NOT NULL,
    collection integer NOT NULL,
    action integer NOT NULL,
    is_run boolean NOT NULL,
    actions integer NOT NULL,
    fingerprint bigint NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL
);

COMMENT ON TABLE activity_sql.batch IS
    'Cells on their way into the rollups. Empty, or the last fold''s; nobody reads it.';

CREATE TABLE activity_sql.activity_hour (
    hour timestamptz PRIMARY KEY,
    actions integer NOT NULL,
    run_actions integer NOT NULL,
    fingerprint bigint NOT NULL,
    run_fingerprint bigint NOT NULL,
    cell_address integer [] NOT NULL,
    cell_account integer [] NOT NULL,
    cell_collection integer [] NOT NULL,
    cell_action integer [] NOT NULL,
    cell_actions integer [] NOT NULL,
    cell_first_seen timestamptz [] NOT NULL,
    cell_last_seen timestamptz [] NOT NULL,
    per_address integer [] NOT NULL,
    per_address_word integer [] NOT NULL,
    per_address_actions integer [] NOT NULL,
    per_address_collections bigint [] NOT NULL,
    per_account integer [] NOT NULL,
    per_account_word integer [] NOT NULL,
    per_account_actions integer [] NOT NULL,
    per_account_collections bigint [] NOT NULL,
    per_action integer [] NOT NULL,
    per_action_actions integer [] NOT NULL,
    per_collection integer [] NOT NULL,
    per_collection_actions integer [] NOT NULL,
    per_collection_last_seen timestamptz [] NOT NULL
) PARTITION BY RANGE (hour);

COMMENT ON TABLE activity_sql.activity_hour IS
    'One row per hour with activity: how many rows, their fingerprint (XOR of a hash per row; run_* '
    'of those with action run), and parallel arrays, one element per cell. 0 stands for no address '
    'or no account; cell_last_seen is NULL where it equals cell_first_seen. per_*: the cells by '
    'address and word, by account and word, by action, by collection: what most questions need; none '
    'is no key.';

-- No default partition: attaching a month would lock its readers out, and move rows that an
-- older snapshot still looks for there.
CREATE TABLE activity_sql.activity_hour_before_2000 PARTITION OF activity_sql.activity_hour
FOR VALUES FROM (MINVALUE) TO ('2000-01-01 00:00:00+00');

COMMENT ON TABLE activity_sql.activity_hour_before_2000 IS 'Hours of odd timestamps.';

CREATE TABLE activity_sql.activity_hour_from_2100 PARTITION OF activity_sql.activity_hour
FOR VALUES FROM ('2100-01-01 00:00:00+00') TO (MAXVALUE);

COMMENT ON TABLE activity_sql.activity_hour_from_2100 IS 'Hours of odd timestamps.';

-- Grain d is a day, p a pentad (five days of a month, from the 26th to its end), m a month, in
-- watermark.time_zone; bucket is its first date. A set of collections is bits: collection n is
-- bit n % 64 of word n / 64.
CREATE TABLE activity_sql.address_rollup (
    grain "char" NOT NULL,
    bucket date NOT NULL,
    address integer NOT NULL,
    word integer NOT NULL,
    actions integer NOT NULL,
    collections bigint NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    accounts integer [] NOT NULL,
    per_action integer [] NOT NULL,
    per_action_actions integer [] NOT NULL,
    per_action_collections bigint [] NOT NULL,
    per_action_first_seen timestamptz [] NOT NULL,
    per_action_last_seen timestamptz [] NOT NULL,
    PRIMARY KEY (grain, bucket, address, word)
);

COMMENT ON TABLE activity_sql.address_rollup IS
    'Per day, pentad or month and address: rows, collections, first and last, accounts (0: none), '
    'and per action the rows, collections, first and last as parallel arrays.';

CREATE TABLE activity_sql.account_rollup (
    grain "char" NOT NULL,
    bucket date NOT NULL,
    account integer NOT NULL,
    word integer NOT NULL,
    actions integer NOT NULL,
    collections bigint NOT NULL,
    addresses integer [] NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    per_pair_collection integer [] NOT NULL,
    per_pair_action integer [] NOT NULL,
    per_pair_actions integer [] NOT NULL,
    PRIMARY KEY (grain, bucket, account, word)
);

COMMENT ON TABLE activity_sql.account_rollup IS
    'Per day, pentad or month and account: rows, collections, addresses (0: none), first and last, '
    'and the rows per pair of collection and action as parallel arrays.';

CREATE TABLE activity_sql.login_rollup (
    grain "char" NOT NULL,
    bucket date NOT NULL,
    account integer NOT NULL,
    logins integer NOT NULL,
    addresses integer [] NOT NULL,
    last_login timestamptz NOT NULL,
    PRIMARY KEY (grain, bucket, account)
);

COMMENT ON TABLE activity_sql.login_rollup IS
    'Per day, pentad or month and account: logins, their addresses (0: none), the last.';

CREATE TABLE activity_sql.collection_action_rollup (
    grain "char" NOT NULL,
    bucket date NOT NULL,
    collection integer NOT NULL,
    action integer NOT NULL,
    actions integer NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    accounts integer [] NOT NULL,
    addresses integer [] NOT NULL,
    PRIMARY KEY (grain, bucket, collection, action)
);

COMMENT ON TABLE activity_sql.collection_action_rollup IS
    'Per day, pentad or month, collection and action: rows, first and last, accounts, addresses '
    '(0: none). Every folded row is counted here once per grain.';

CREATE TABLE activity_sql.user_agent_hour (
    hour timestamptz NOT NULL,
    collection integer NOT NULL,
    action integer NOT NULL,
    user_agent integer NOT NULL,
    actions integer NOT NULL,
    PRIMARY KEY (hour, collection, action, user_agent)
);

COMMENT ON TABLE activity_sql.user_agent_hour IS
    'Rows per hour, collection, action and user agent, of the last 8 days.';

CREATE TABLE activity_sql.activity_archive (
    id bigint NOT NULL,
    action text NOT NULL,
    "user" uuid,
    "timestamp" timestamptz NOT NULL,
    ip text,
    collection text NOT NULL,
    item text NOT NULL
) PARTITION BY RANGE ("timestamp");

CREATE INDEX activity_archive_timestamp_index
ON activity_sql.activity_archive USING brin ("timestamp") WITH (autosummarize = on);

COMMENT ON INDEX activity_sql.activity_archive_timestamp_index IS
    'Finds a span of the archive: rows come in nearly in the order of time.';

COMMENT ON TABLE activity_sql.activity_archive IS
    'Rows as they were folded, while setting.archive is on. Grows by the rows'' own size.';

CREATE TABLE activity_sql.activity_archive_before_2000 PARTITION OF activity_sql.activity_archive
FOR VALUES FROM (MINVALUE) TO ('2000-01-01 00:00:00+00');

COMMENT ON TABLE activity_sql.activity_archive_before_2000 IS 'Archived rows of odd timestamps.';

CREATE TABLE activity_sql.activity_archive_from_2100 PARTITION OF activity_sql.activity_archive
FOR VALUES FROM ('2100-01-01 00:00:00+00') TO (MAXVALUE);

COMMENT ON TABLE activity_sql.activity_archive_from_2100 IS 'Archived rows of odd timestamps.';

CREATE TYPE activity_sql.window_edge AS (
    moment timestamptz,
    bucket_from timestamptz,
    bucket_to timestamptz,
    source text
);

COMMENT ON TYPE activity_sql.window_edge IS
    'Where one end of a window falls: see activity_sql.find_edge.';

-- How a window is made up. Whole months, whole pentads before and after them, whole days before
-- and after those, whole hours before and after those (both ends included), and what is cut out
-- of an hour or a day at the edges (half-open). NULL or an empty range where there is none of a
-- kind.
CREATE TYPE activity_sql.window_parts AS (
    settled_id bigint,
    window_from timestamptz,
    window_to timestamptz,
    month_first date,
    month_last date,
    pentads1_first date,
    pentads1_last date,
    pentads2_first date,
    pentads2_last date,
    days1_first date,
    days1_last date,
    days2_first date,
    days2_last date,
    hours1_first timestamptz,
    hours1_last timestamptz,
    hours2_first timestamptz,
    hours2_last timestamptz,
    rows1_from timestamptz,
    rows1_to timestamptz,
    rows2_from timestamptz,
    rows2_to timestamptz,
    archived1_from timestamptz,
    archived1_to timestamptz,
    archived2_from timestamptz,
    archived2_to timestamptz
);

COMMENT ON TYPE activity_sql.window_parts IS
    'How a window is read: see activity_sql.split_window.';

-- What activity_sql.window_cells returns. A key that no fold has seen yet comes as text.
CREATE TYPE activity_sql.cell AS (
    address integer,
    account integer,
    collection integer,
    action integer,
    actions integer,
    first_seen timestamptz,
    last_seen timestamptz,
    new_ip text,
    new_user uuid,
    new_collection text,
    new_action text,
    moment timestamptz
);

COMMENT ON TYPE activity_sql.cell IS
    'Rows of one address, account, collection and action. A key is its number, or, where no fold '
    'has seen it yet, its text in new_*; no address and no account are NULL in both. moment: '
    'where asked for, the start of the hour, or of the quarter of an hour, that they are from.';
