"""Views are deployed, replaced, repaired and taken out as functions are; materialized ones too."""

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from activity_sql.bundle import bundle
from activity_sql.cluster import Cluster
from activity_sql.db import connect
from activity_sql.deploy import deploy, verify
from activity_sql.errors import FindingsError
from activity_sql.plan import Step
from activity_sql.release import Release, load_linted_release
from activity_sql.remove import rollback, uninstall
from activity_sql.settings import Settings
from tests.support.catalog import dump, psql

RELEASE = load_linted_release(Settings())
VIEW = "mv_activity_hourly_stats"
ROW = "INSERT INTO directus_activity (action, collection, item) VALUES ('update', 'a', '1')"
SHOWN = f"SELECT collection, action, count FROM {VIEW}"


def run(
    settings: Settings, release: Release = RELEASE, *, repair: bool = False
) -> tuple[Step, ...]:
    with connect(settings) as connection:
        steps = deploy(connection, release, settings, repair=repair).plan.steps
        verify(connection, release, settings)
    return steps


def execute(settings: Settings, sql: str) -> list[dict]:
    with psycopg.connect(settings.conninfo, autocommit=True, row_factory=dict_row) as connection:
        cursor = connection.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []


def edited(name: str, old: str, new: str) -> Release:
    """The release with one definition's text changed."""
    (before,) = (item for item in RELEASE.definitions if item.name == name)
    assert old in before.sql
    after = replace(before, sql=before.sql.replace(old, new))
    return replace(
        RELEASE,
        definitions=tuple(after if item is before else item for item in RELEASE.definitions),
    )


def fill(settings: Settings) -> None:
    execute(settings, ROW)
    execute(settings, "SELECT * FROM refresh_activity_rollups()")
    execute(settings, f"SELECT activity_sql.refresh_view('{VIEW}')")


def test_a_changed_materialized_view_is_dropped_and_made_again_with_its_index(
    cluster: Cluster, database: Settings
) -> None:
    run(database)
    fill(database)
    before = dump(cluster, database.conninfo)
    other = edited(VIEW, "action.name AS action", "upper(action.name) AS action")
    assert run(database, other) == (
        Step("replace", f"view {VIEW}", "its text changed", drop_first=True),
    )
    assert execute(database, SHOWN) == [{"collection": "a", "action": "UPDATE", "count": 1}]
    execute(database, f"REFRESH MATERIALIZED VIEW CONCURRENTLY {VIEW}")
    run(database)
    assert execute(database, SHOWN) == [{"collection": "a", "action": "update", "count": 1}]
    assert dump(cluster, database.conninfo) == before


def test_what_a_view_selects_from_goes_and_comes_with_it(database: Settings) -> None:
    run(database)
    other = edited("v_activity_slow_queries", "slow.calls,", "slow.calls + 0 AS calls,")
    assert run(database, other) == (
        Step("replace", "view v_activity_slow_queries", "its text changed", drop_first=True),
        Step(
            "replace",
            "view v_slow_activity_queries",
            "depends on v_activity_slow_queries",
            drop_first=True,
        ),
    )
    assert execute(database, "SELECT * FROM v_slow_activity_queries") == []


@pytest.mark.parametrize(
    "change",
    [
        f"DROP INDEX {VIEW}_key",
        f"CREATE INDEX mine ON {VIEW} (count)",
        f"DROP MATERIALIZED VIEW {VIEW}",
        f"GRANT SELECT ON {VIEW} TO PUBLIC",
        f"COMMENT ON MATERIALIZED VIEW {VIEW} IS 'mine'",
        "ALTER VIEW v_activity_table_stats SET (security_barrier)",
        "CREATE OR REPLACE VIEW v_slow_activity_queries AS "
        "SELECT * FROM v_activity_slow_queries LIMIT 1",
    ],
)
def test_a_change_by_hand_is_refused_and_repaired(
    cluster: Cluster, database: Settings, change: str
) -> None:
    run(database)
    before = dump(cluster, database.conninfo)
    execute(database, change)
    with pytest.raises(FindingsError, match="by hand"):
        run(database)
    run(database, repair=True)
    assert dump(cluster, database.conninfo) == before


def test_filled_views_are_taken_out_and_brought_back(cluster: Cluster, database: Settings) -> None:
    empty = dump(cluster, database.conninfo)
    run(database)
    fill(database)
    before = dump(cluster, database.conninfo)
    with connect(database) as connection:
        uninstall(connection, database, keep_data=True)
    assert not execute(database, "SELECT FROM pg_class WHERE relname LIKE 'mv_activity%'")
    run(database)
    assert dump(cluster, database.conninfo) == before
    assert execute(database, SHOWN) == [{"collection": "a", "action": "update", "count": 1}]
    with connect(database) as connection:
        uninstall(connection, database, keep_data=False)
    assert dump(cluster, database.conninfo) == empty


def test_a_rollback_of_state_makes_them_again(cluster: Cluster, database: Settings) -> None:
    run(database)
    fill(database)
    before = dump(cluster, database.conninfo)
    (newest,) = RELEASE.migrations[-1:]
    note = replace(
        newest,
        name=f"{newest.number + 1:04}_create_note",
        text="CREATE TABLE activity_sql.note (id integer PRIMARY KEY);",
        rollback="DROP TABLE activity_sql.note;",
    )
    larger = replace(RELEASE, migrations=(*RELEASE.migrations, note))
    run(database, larger)
    with connect(database) as connection:
        rollback(connection, larger, database, None)
    assert dump(cluster, database.conninfo) == before
    assert execute(database, SHOWN) == [{"collection": "a", "action": "update", "count": 1}]


def test_the_bundle_makes_them_as_a_deploy_does(
    cluster: Cluster, database: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.sql"
    file.write_text(bundle(RELEASE, database))
    done = psql(cluster, database.conninfo, str(file))
    assert (done.returncode, done.stderr) == (0, "")
    assert run(database) == ()
    fill(database)
    assert execute(database, SHOWN) == [{"collection": "a", "action": "update", "count": 1}]


def test_the_scripts_own_views_give_way(database: Settings) -> None:
    script = Path(__file__).parents[1] / "support" / "published_script.sql"
    execute(database, script.read_text())
    adopted = {step.object for step in run(database) if step.action == "adopt"}
    assert {f"view {VIEW}", "view v_activity_table_stats"} <= adopted
    execute(database, f"REFRESH MATERIALIZED VIEW CONCURRENTLY {VIEW}")


def test_directus_may_change_and_drop_its_table(database: Settings) -> None:
    run(database)
    fill(database)
    for statement in (
        "ALTER TABLE directus_activity ALTER COLUMN action TYPE text",
        'ALTER TABLE directus_activity ALTER COLUMN "timestamp" TYPE timestamptz(3)',
        "ALTER TABLE directus_activity RENAME COLUMN ip TO address",
        "ALTER TABLE directus_activity DROP COLUMN user_agent",
        "DROP TABLE directus_revisions, directus_activity",
    ):
        execute(database, statement)
    assert execute(database, SHOWN) == [{"collection": "a", "action": "update", "count": 1}]
    assert execute(database, "SELECT * FROM v_activity_index_stats") == []
