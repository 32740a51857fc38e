"""People who ran the published script: its objects are known by their shape, and give way."""

from pathlib import Path

import psycopg
import pytest

from activity_sql.cluster import Cluster
from activity_sql.db import connect
from activity_sql.deploy import deploy
from activity_sql.errors import DatabaseError, FindingsError
from activity_sql.plan import Step
from activity_sql.release import Release, load_linted_release
from activity_sql.remove import uninstall
from activity_sql.settings import Settings
from tests.support.catalog import dump

SCRIPT = (Path(__file__).parents[1] / "support/published_script.sql").read_bytes()
RELEASE = load_linted_release(Settings())
REASON = "made by the published script"


@pytest.fixture
def published(database: Settings) -> Settings:
    execute(database, SCRIPT.decode())
    return database


def execute(settings: Settings, sql: str) -> list[tuple]:
    with psycopg.connect(settings.conninfo, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def run(settings: Settings, release: Release = RELEASE) -> tuple[Step, ...]:
    with connect(settings) as connection:
        return deploy(connection, release, settings).plan.steps


def test_its_objects_are_replaced_and_the_plan_says_so(published: Settings) -> None:
    steps = run(published)
    assert {step.object for step in steps if (step.action, step.reason) == ("adopt", REASON)} == {
        "function get_ip_activity_stats",
        "function maintain_activity_table",
        "function rebuild_activity_indexes",
        "view mv_activity_hourly_stats",
        "view v_activity_table_stats",
    }
    signatures = execute(
        published,
        "SELECT oidvectortypes(proargtypes) FROM pg_proc WHERE proname = 'get_ip_activity_stats'",
    )
    assert signatures == [("integer, integer, integer, timestamp with time zone",)]
    assert execute(published, "SELECT live_rows FROM v_activity_table_stats") == [(0,)]
    assert not run(published)


def test_its_indexes_are_left(published: Settings) -> None:
    run(published)
    indexes = execute(
        published, "SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'idx_activity_%'"
    )
    assert indexes == [(2,)]


def test_nothing_of_ours_depends_on_directus_in_the_catalog(published: Settings) -> None:
    """Its materialized view would have made Directus's own upgrade of the column fail."""
    change = "ALTER TABLE directus_activity ALTER COLUMN collection TYPE varchar(255)"
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        execute(published, change)
    run(published)
    execute(published, change)


def test_adopted_objects_do_not_come_back(published: Settings) -> None:
    run(published)
    with connect(published) as connection:
        uninstall(connection, published, keep_data=False)
    left = execute(
        published,
        "SELECT proname FROM pg_proc WHERE proowner = 'directus'::regrole UNION ALL "
        "SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') "
        "AND relowner = 'directus'::regrole",
    )
    assert left == []


@pytest.mark.parametrize(
    ("mine", "named"),
    [
        (
            "CREATE FUNCTION get_ip_activity_stats(text) RETURNS text LANGUAGE sql "
            "AS $$ SELECT $1 $$",
            "function get_ip_activity_stats is there already",
        ),
        (
            "DROP FUNCTION get_ip_activity_stats(integer, integer); "
            "DROP FUNCTION get_ip_activity_stats(integer, integer, integer); "
            "CREATE FUNCTION get_ip_activity_stats(integer, integer) RETURNS integer "
            "LANGUAGE sql AS $$ SELECT 1 $$",
            "function get_ip_activity_stats is there already",
        ),
        (
            "DROP VIEW v_activity_table_stats; CREATE TABLE v_activity_table_stats (id integer)",
            "view v_activity_table_stats is there already",
        ),
        (
            "DROP VIEW v_activity_table_stats; CREATE VIEW v_activity_table_stats AS SELECT 1",
            "view v_activity_table_stats is there already",
        ),
    ],
    ids=["an overload beside its own", "another body", "a table", "another view"],
)
def test_anything_unknown_under_our_names_is_refused(
    cluster: Cluster, published: Settings, mine: str, named: str
) -> None:
    execute(published, mine)
    before = dump(cluster, published.conninfo)
    with pytest.raises(FindingsError) as raised:
        run(published)
    assert named in raised.value.cause
    assert "Rename or drop it" in raised.value.cause
    assert dump(cluster, published.conninfo) == before


def test_a_users_view_on_its_function_stops_the_deploy(
    cluster: Cluster, published: Settings
) -> None:
    execute(published, "CREATE VIEW mine AS SELECT ip FROM get_ip_activity_stats(7, 10)")
    before = dump(cluster, published.conninfo)
    with pytest.raises(DatabaseError) as raised:
        run(published)
    assert "view public.mine depends on" in raised.value.cause
    assert dump(cluster, published.conninfo) == before
