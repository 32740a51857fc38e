"""Nothing of ours stands on Directus's tables or depends on them: it upgrades and writes as ever.

A view, a trigger or a BEGIN ATOMIC function over a table makes its columns unalterable; a trigger
or a constraint makes each write pay. One index is all there is.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from activity_sql.settings import Settings
from tests.faults.deploys import execute, run
from tests.support.history import Session, add, answer, history, open_session

OUR_INDEX = "index directus_activity_timestamp_index"

# Whatever the catalog says depends on a table, on one of its columns or on its row type: views by
# their rules, triggers, constraints and foreign keys, indexes, functions, policies, statistics,
# publications. The same of a sequence.
DEPENDENTS = """
    WITH directus AS (
        SELECT oid AS relation, reltype AS row_type FROM pg_class
        WHERE relname ~ '^directus_' AND relnamespace = 'public'::regnamespace
            AND relkind IN ('r', 'S')
    )
    SELECT pg_describe_object(classid, objid, 0) AS name
    FROM pg_depend
    WHERE (refclassid = 'pg_class'::regclass AND refobjid IN (SELECT relation FROM directus))
        OR (refclassid = 'pg_type'::regclass AND refobjid IN (SELECT row_type FROM directus))
        OR (
            refclassid = 'pg_type'::regclass
            AND refobjid IN (
                SELECT typarray FROM pg_type JOIN directus ON pg_type.oid = row_type
            )
        )
"""
TRIGGERS = """
    SELECT format('trigger %s on %s', tgname, tgrelid::regclass) AS name
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE relname ~ '^directus_'
"""
RULES = """
    SELECT format('rule %s on %s', rulename, ev_class::regclass) AS name
    FROM pg_rewrite JOIN pg_class ON pg_class.oid = ev_class WHERE relname ~ '^directus_'
"""
# What depends on no table, and acts on all.
EVERYWHERE = """
    SELECT 'publication ' || pubname AS name FROM pg_publication
    UNION ALL
    SELECT 'event trigger ' || evtname FROM pg_event_trigger
    UNION ALL
    SELECT 'extension ' || extname FROM pg_extension
"""
# Owner, rights, storage, row security, and each column.
SHAPE = """
    SELECT format(
        '%s of %s: %s %s %s %s %s %s', attname, relname, relowner, relacl, reloptions,
        relrowsecurity, relreplident, (
            atttypid, atttypmod, attnotnull, attacl, attoptions, attstattarget, attstorage,
            attcompression
        )
    ) AS name
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relname ~ '^directus_' AND relnamespace = 'public'::regnamespace AND relkind = 'r'
"""


@pytest.fixture
def session(database: Settings) -> Iterator[Session]:
    """A Directus without the index that 11 and 12 bring."""
    execute(database, f"DROP {OUR_INDEX}")
    with open_session(database) as opened:
        yield opened


def footprint(session: Session) -> set[str]:
    queries = (DEPENDENTS, TRIGGERS, RULES, EVERYWHERE, SHAPE)
    return {row["name"] for query in queries for row in session.execute(query).fetchall()}


def use(session: Session) -> None:
    """Everything that writes, folds, heals and reads."""
    rows = history(60, first=datetime.now(UTC) - timedelta(days=1), minutes=20)
    add(session, rows[:50])
    session.execute("SELECT activity_sql.configure(p_archive => true)")
    session.execute("CALL activity_sql.backfill()")
    add(session, rows[50:])
    session.execute("SELECT * FROM refresh_activity_rollups()")
    session.execute("UPDATE directus_activity SET ip = '10.0.0.9' WHERE item = '7'")
    for statement in (
        "SELECT * FROM activity_sql.reconcile_rollups()",
        "SELECT * FROM activity_sql.check_rollups()",
        "SELECT activity_sql.configure(p_time_zone => 'Europe/Berlin')",
        "SELECT activity_sql.rebuild_rollups()",
        "SELECT * FROM maintain_activity_table()",
        "SELECT * FROM activity_rollup_coverage()",
        "SELECT * FROM activity_sql.rollup_status()",
    ):
        session.execute(statement)
    assert answer(session, 7, None)


def test_one_index_is_all_that_stands_on_directus(session: Session, database: Settings) -> None:
    before = footprint(session)
    run(database)
    assert footprint(session) - before == {OUR_INDEX}
    use(session)
    after = footprint(session)
    assert (after - before, before - after) == ({OUR_INDEX}, set())


PLANTED = {
    "trigger": (
        "CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; "
        "CREATE TRIGGER planted AFTER INSERT ON directus_activity "
        "FOR EACH ROW EXECUTE FUNCTION act()",
        "trigger planted on directus_activity",
    ),
    "view": (
        "CREATE VIEW activity_sql.planted AS SELECT id FROM directus_activity",
        "rule _RETURN on view activity_sql.planted",
    ),
    "materialized view": (
        'CREATE MATERIALIZED VIEW planted AS SELECT max("timestamp") FROM directus_activity',
        "rule _RETURN on materialized view planted",
    ),
    "rule": (
        "CREATE RULE planted AS ON DELETE TO directus_activity DO ALSO SELECT 1",
        "rule planted on directus_activity",
    ),
    "function with a parsed body": (
        "CREATE FUNCTION planted() RETURNS bigint LANGUAGE sql "
        "BEGIN ATOMIC SELECT count(id) FROM directus_activity; END",
        "function planted()",
    ),
    "function of the row type": (
        "CREATE FUNCTION planted() RETURNS SETOF directus_activity LANGUAGE sql "
        "AS 'SELECT * FROM directus_activity'",
        "function planted()",
    ),
    "foreign key": (
        "CREATE TABLE planted (activity integer REFERENCES directus_activity)",
        "constraint planted_activity_fkey on table planted",
    ),
    "check": (
        "ALTER TABLE directus_users ADD CONSTRAINT planted CHECK (status <> '')",
        "constraint planted on table directus_users",
    ),
    "index": (
        "CREATE INDEX planted ON directus_activity (ip)",
        "index planted",
    ),
    "publication": (
        "CREATE PUBLICATION planted FOR TABLE directus_activity",
        "publication planted",
    ),
    "statistics": (
        "CREATE STATISTICS planted ON ip, action FROM directus_activity",
        "statistics object planted",
    ),
    "right": (
        "GRANT SELECT ON directus_activity TO PUBLIC",
        "id of directus_activity",
    ),
}


def test_what_is_planted_is_found(session: Session, database: Settings) -> None:
    run(database)
    before = footprint(session)
    for name, (plants, expected) in PLANTED.items():
        session.execute("BEGIN")
        session.execute(plants)
        found = footprint(session) - before
        assert any(each.startswith(expected) for each in found), (name, found)
        session.execute("ROLLBACK")
    assert footprint(session) == before
