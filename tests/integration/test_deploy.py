"""What a deploy leaves behind: everything, once; or, where it fails, nothing."""

from dataclasses import replace

import psycopg
import pytest
from psycopg.rows import dict_row

from activity_sql.cluster import Cluster
from activity_sql.db import connect
from activity_sql.deploy import Deployment, deploy, preview, verify
from activity_sql.errors import DatabaseError, FindingsError
from activity_sql.release import Release, load_linted_release
from activity_sql.settings import Settings
from tests.support.catalog import dump

RELEASE = load_linted_release(Settings())


def run(settings: Settings, release: Release = RELEASE, *, repair: bool = False) -> Deployment:
    with connect(settings) as connection:
        return deploy(connection, release, settings, repair=repair)


def rows(settings: Settings, sql: str) -> list[dict]:
    with psycopg.connect(settings.conninfo, row_factory=dict_row) as connection:
        return connection.execute(sql).fetchall()


def execute(settings: Settings, sql: str) -> None:
    with psycopg.connect(settings.conninfo, autocommit=True) as connection:
        connection.execute(sql)


def edited(name: str, old: str, new: str) -> Release:
    """The release with one definition's text changed."""
    (before,) = (item for item in RELEASE.definitions if item.name == name)
    assert old in before.sql
    after = replace(before, sql=before.sql.replace(old, new))
    return replace(
        RELEASE,
        definitions=tuple(after if item is before else item for item in RELEASE.definitions),
    )


def test_the_first_run_applies_and_the_second_finds_nothing(database: Settings) -> None:
    first = run(database)
    assert {step.action for step in first.plan.steps} == {"apply", "create"}
    second = run(database)
    assert second.plan.is_empty
    assert second.plan.unchanged == len(RELEASE.migrations) + len(RELEASE.definitions)


def test_a_plan_touches_nothing(cluster: Cluster, database: Settings) -> None:
    before = dump(cluster, database.conninfo)
    with connect(database) as connection:
        _, plan = preview(connection, RELEASE, database)
    assert plan.steps
    assert dump(cluster, database.conninfo) == before


def test_yoyo_and_the_ledger_agree_on_what_is_deployed(database: Settings) -> None:
    run(database)
    marked = rows(database, "SELECT migration_id FROM activity_sql._yoyo_migration")
    recorded = rows(database, "SELECT migration_id FROM activity_sql.ledger")
    assert {row["migration_id"] for row in marked} == {row["migration_id"] for row in recorded}


def test_back_to_an_older_text(database: Settings) -> None:
    run(database)
    other = edited("risk_level", "'critical'", "'disaster'")
    assert [step.action for step in run(database, other).plan.steps] == ["replace"]
    assert rows(database, "SELECT activity_sql.risk_level(95)") == [{"risk_level": "disaster"}]
    run(database)
    assert rows(database, "SELECT activity_sql.risk_level(95)") == [{"risk_level": "critical"}]
    log = rows(
        database,
        "SELECT operation FROM activity_sql._yoyo_log WHERE migration_id LIKE '%.risk_level.%' "
        "ORDER BY created_at_utc",
    )
    assert [row["operation"] for row in log] == ["apply", "unmark", "apply", "unmark", "apply"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("p_hint  text\n)", "p_hint  text DEFAULT ''\n)"),
        ("p_hint  text\n)", "p_hint  text,\n    p_more text DEFAULT ''\n)"),
        ("RETURNS void", "RETURNS boolean"),
    ],
)
def test_a_changed_header_leaves_no_overload(database: Settings, old: str, new: str) -> None:
    run(database)
    other = edited("require_between", old, new)
    if "p_more" in new:
        other = replace(
            other,
            definitions=tuple(
                replace(item, sql=item.sql.replace("numeric, text)", "numeric, text, text)"))
                if item.name == "require_between"
                else item
                for item in other.definitions
            ),
        )
    count = "SELECT count(*) FROM pg_proc WHERE proname = 'require_between'"
    run(database, other)
    assert rows(database, count) == [{"count": 1}]
    run(database)
    assert rows(database, count) == [{"count": 1}]


def test_an_orphan_is_dropped(database: Settings) -> None:
    run(database)
    kept = tuple(item for item in RELEASE.definitions if item.name != "get_top_items")
    run(database, replace(RELEASE, definitions=kept))
    assert not rows(database, "SELECT FROM pg_proc WHERE proname = 'get_top_items'")
    run(database)
    assert rows(database, "SELECT FROM pg_proc WHERE proname = 'get_top_items'")


def test_a_failing_definition_leaves_nothing(cluster: Cluster, database: Settings) -> None:
    before = dump(cluster, database.conninfo)
    broken = edited("get_ip_activity_stats", "DECLARE", "DECLARE no such type;")
    with pytest.raises(DatabaseError) as raised:
        run(database, broken)
    assert "sql/functions/stats/get_ip_activity_stats.sql:" in raised.value.cause
    assert dump(cluster, database.conninfo) == before
    assert run(database).plan.steps


@pytest.mark.parametrize(
    "change",
    [
        "CREATE OR REPLACE FUNCTION activity_sql.risk_level(p_score integer) RETURNS text "
        "LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 'low'",
        "GRANT EXECUTE ON FUNCTION activity_sql.risk_level(integer) TO PUBLIC",
        "COMMENT ON FUNCTION activity_sql.risk_level(integer) IS 'mine'",
        "ALTER FUNCTION activity_sql.risk_level(integer) COST 7",
        "CREATE FUNCTION activity_sql.risk_level(text) RETURNS text LANGUAGE sql RETURN 'low'",
        "DROP FUNCTION activity_sql.window_start(integer, timestamptz)",
    ],
)
def test_a_change_by_hand_is_refused_and_repaired(database: Settings, change: str) -> None:
    run(database)
    execute(database, change)
    with pytest.raises(FindingsError) as raised:
        run(database)
    assert "by hand" in raised.value.cause
    run(database, repair=True)
    assert run(database).plan.is_empty


def test_default_privileges_grant_nothing(
    database: Settings, superuser: psycopg.Connection
) -> None:
    """Hosted databases grant to their API roles by default, behind every REVOKE FROM PUBLIC."""
    superuser.execute("CREATE ROLE api_role")
    try:
        for privilege in ("EXECUTE ON FUNCTIONS", "SELECT ON TABLES", "USAGE ON SCHEMAS"):
            superuser.execute(
                f"ALTER DEFAULT PRIVILEGES FOR ROLE directus GRANT {privilege} TO api_role"
            )
        with psycopg.connect(database.conninfo, autocommit=True) as connection:
            connection.execute("CREATE SCHEMA other")
        granted = "SELECT has_schema_privilege('api_role', '{}', 'USAGE') AS granted"
        assert rows(database, granted.format("other")) == [{"granted": True}]

        run(database)
        assert rows(database, granted.format("activity_sql")) == [{"granted": False}]
        assert not rows(
            database,
            "SELECT oid::regprocedure::text FROM pg_proc "
            "WHERE (pronamespace = 'activity_sql'::regnamespace "
            "OR proname = 'get_ip_activity_stats') "
            "AND has_function_privilege('api_role', oid, 'EXECUTE') UNION ALL "
            "SELECT oid::regclass::text FROM pg_class "
            "WHERE relnamespace = 'activity_sql'::regnamespace AND relkind = 'r' "
            "AND has_table_privilege('api_role', oid, 'SELECT')",
        )
    finally:
        superuser.execute("DROP OWNED BY api_role; DROP ROLE api_role")


def test_verify_notices_what_is_pending(database: Settings) -> None:
    with connect(database) as connection, pytest.raises(FindingsError) as raised:
        verify(connection, RELEASE, database)
    assert "behind the sources" in raised.value.cause


def test_a_broken_body_is_not_deployed_where_plpgsql_check_is(
    database: Settings, cluster: Cluster, plpgsql_check: bool
) -> None:
    """A misspelt column passes CREATE FUNCTION; on Debian's PostgreSQL the check catches it."""
    broken = edited("find_edge", "mark.hours_since,", "mark.houres_since,")
    if not plpgsql_check:
        assert run(database, broken).plan.steps
        return
    before = dump(cluster, database.conninfo)
    with pytest.raises(FindingsError) as raised:
        run(database, broken)
    assert "houres_since" in raised.value.cause
    assert dump(cluster, database.conninfo) == before


def test_plpgsql_check_has_not_even_a_warning(database: Settings, plpgsql_check: bool) -> None:
    run(database)
    with connect(database) as connection:
        warnings = verify(connection, RELEASE, database)
    if not plpgsql_check:
        assert warnings is None
        return
    # A column of the contract, as Directus has it.
    reserved = 'name of parameter "user" is reserved keyword'
    assert [one.message for one in warnings] == [reserved]


def test_another_schema_of_that_name_is_refused(cluster: Cluster, database: Settings) -> None:
    execute(database, "CREATE SCHEMA activity_sql; CREATE TABLE activity_sql.mine (id integer)")
    before = dump(cluster, database.conninfo)
    with pytest.raises(DatabaseError) as raised:
        run(database)
    assert "did not make" in raised.value.cause
    assert dump(cluster, database.conninfo) == before


def test_a_second_directus_is_refused(database: Settings) -> None:
    run(database)
    execute(
        database,
        "CREATE SCHEMA other; CREATE TABLE other.directus_activity "
        "(LIKE public.directus_activity INCLUDING ALL)",
    )
    with pytest.raises(DatabaseError) as raised:
        run(replace(database, directus_schema="other"))
    assert "already serves the Directus in schema 'public'" in raised.value.cause


def test_deploying_takes_no_blocking_lock_on_the_activity_table(database: Settings) -> None:
    """A writer's open transaction, with its row lock on the table, does not hold a deploy up."""
    with psycopg.connect(database.conninfo) as writer:
        writer.execute(
            "INSERT INTO directus_activity (action, collection, item) VALUES ('create', 'a', '1')"
        )
        assert run(database).plan.steps
        writer.rollback()
