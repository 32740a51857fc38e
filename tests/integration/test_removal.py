"""The way back: rollback, uninstall, and the proofs that nothing is left or lost."""

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from activity_sql.bundle import bundle
from activity_sql.cluster import Cluster
from activity_sql.db import connect
from activity_sql.deploy import deploy
from activity_sql.errors import DatabaseError, UsageError
from activity_sql.release import Release, load_linted_release
from activity_sql.remove import rollback, uninstall
from activity_sql.render import Definition
from activity_sql.settings import Settings
from activity_sql.sources import Migration
from tests.support.catalog import dump, psql
from tests.support.directus import ODD_SCHEMA, QUOTED_ODD_SCHEMA

RELEASE = load_linted_release(Settings())
LAST = RELEASE.migrations[-1].name
LEDGER = replace(RELEASE, migrations=RELEASE.migrations[:1], definitions=(), jobs=())
SECOND = Migration(
    "9002_create_note",
    "migrations/9002_create_note.sql",
    "CREATE TABLE activity_sql.note (id integer PRIMARY KEY, body text);",
    "DROP TABLE activity_sql.note;",
)
THIRD = Migration(
    "9003_add_note_author",
    "migrations/9003_add_note_author.sql",
    "ALTER TABLE activity_sql.note ADD COLUMN author text NOT NULL DEFAULT 'nobody';",
    "ALTER TABLE activity_sql.note DROP COLUMN author;",
)
LARGER = replace(RELEASE, migrations=(*RELEASE.migrations, SECOND, THIRD))
# It cannot be made without the table of the second migration.
NEEDY = Definition(
    "view",
    "v_note",
    "sql/views/v_note.sql",
    "CREATE VIEW activity_sql.v_note AS SELECT id FROM activity_sql.note;",
)


def run(settings: Settings, release: Release) -> None:
    with connect(settings) as connection:
        deploy(connection, release, settings)


def roll_back(settings: Settings, release: Release, target: str | None = None) -> tuple[str, ...]:
    with connect(settings) as connection:
        removal, _ = rollback(connection, release, settings, target)
    return removal.migrations


def take_out(settings: Settings, *, keep_data: bool = False) -> None:
    with connect(settings) as connection:
        uninstall(connection, settings, keep_data=keep_data)


def execute(settings: Settings, sql: str) -> list[tuple]:
    with psycopg.connect(settings.conninfo, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def rows_of_directus(settings: Settings) -> list[tuple]:
    tables = execute(settings, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return sorted(
        (name, *execute(settings, f"SELECT count(*) FROM {name}")[0]) for (name,) in tables
    )


def test_up_down_up_gives_the_same(cluster: Cluster, database: Settings) -> None:
    run(database, LARGER)
    up = dump(cluster, database.conninfo)
    assert roll_back(database, LARGER) == ("9003_add_note_author",)
    assert "author" not in dump(cluster, database.conninfo)
    run(database, LARGER)
    assert dump(cluster, database.conninfo) == up


def test_down_to_a_target_equals_never_having_gone_further(
    cluster: Cluster, database: Settings
) -> None:
    run(database, RELEASE)
    before = dump(cluster, database.conninfo)
    run(database, LARGER)
    assert roll_back(database, LARGER, LAST) == ("9003_add_note_author", "9002_create_note")
    assert dump(cluster, database.conninfo) == before
    log = execute(
        database,
        "SELECT operation FROM activity_sql._yoyo_log WHERE migration_id = '9003_add_note_author' "
        "ORDER BY created_at_utc",
    )
    assert log == [("apply",), ("rollback",)]


def test_a_rollback_under_a_definition_that_needs_it_changes_nothing(
    cluster: Cluster, database: Settings
) -> None:
    needy = replace(LARGER, definitions=(*LARGER.definitions, NEEDY))
    run(database, needy)
    before = dump(cluster, database.conninfo)
    with pytest.raises(DatabaseError, match="note"):
        roll_back(database, needy, LAST)
    assert dump(cluster, database.conninfo) == before
    assert roll_back(database, LARGER, LAST)


@pytest.mark.parametrize(
    ("target", "cause"),
    [
        ("9009", "No migration '9009' is applied here"),
        ("9003", "The newest migration, 9003_add_note_author, stays"),
    ],
)
def test_a_target_that_cannot_be(database: Settings, target: str, cause: str) -> None:
    run(database, LARGER)
    with pytest.raises(UsageError) as raised:
        roll_back(database, LARGER, target)
    assert cause in raised.value.cause


def test_the_ledger_itself_is_not_rolled_back(database: Settings) -> None:
    run(database, LEDGER)
    with pytest.raises(UsageError, match="holds the ledger itself"):
        roll_back(database, LEDGER)


@pytest.mark.parametrize("schema", ["public", ODD_SCHEMA])
def test_an_uninstall_leaves_nothing(
    cluster: Cluster, database: Settings, schema: str, superuser: psycopg.Connection
) -> None:
    if schema != "public":
        execute(database, f"CREATE SCHEMA {QUOTED_ODD_SCHEMA}")
        execute(
            database,
            f"CREATE TABLE {QUOTED_ODD_SCHEMA}.directus_activity "
            "(LIKE public.directus_activity INCLUDING ALL)",
        )
        execute(
            database,
            f"CREATE TABLE {QUOTED_ODD_SCHEMA}.directus_users "
            "(LIKE public.directus_users INCLUDING ALL)",
        )
        database = replace(database, directus_schema=schema)
    release = load_linted_release(database)
    roles = "SELECT array_agg(rolname::text ORDER BY rolname) FROM pg_roles"
    before = (
        dump(cluster, database.conninfo),
        rows_of_directus(database),
        superuser.execute(roles).fetchone(),
    )
    run(database, release)
    assert dump(cluster, database.conninfo) != before[0]
    take_out(database)
    after = (
        dump(cluster, database.conninfo),
        rows_of_directus(database),
        superuser.execute(roles).fetchone(),
    )
    assert after == before


def test_the_timestamp_index_stays(database: Settings) -> None:
    execute(database, "DROP INDEX directus_activity_timestamp_index")
    run(database, RELEASE)
    take_out(database)
    assert execute(
        database,
        "SELECT indexname FROM pg_indexes WHERE indexname = 'directus_activity_timestamp_index'",
    )


def test_an_uninstall_needs_no_sources_of_its_version(cluster: Cluster, database: Settings) -> None:
    before = dump(cluster, database.conninfo)
    run(database, replace(LARGER, definitions=(*LARGER.definitions, NEEDY)))
    take_out(database)
    assert dump(cluster, database.conninfo) == before


def test_kept_data_are_found_again(cluster: Cluster, database: Settings) -> None:
    run(database, LARGER)
    before = dump(cluster, database.conninfo)
    execute(database, "INSERT INTO activity_sql.note VALUES (1, 'kept', 'me')")
    take_out(database, keep_data=True)
    assert not execute(database, "SELECT 1 FROM pg_proc WHERE proname = 'get_ip_activity_stats'")
    run(database, LARGER)
    assert dump(cluster, database.conninfo) == before
    assert execute(database, "SELECT body FROM activity_sql.note") == [("kept",)]


def test_nothing_installed(database: Settings) -> None:
    with pytest.raises(DatabaseError, match="Nothing of activity-sql is installed here"):
        take_out(database)


@pytest.mark.parametrize(
    ("mine", "named"),
    [
        (
            "CREATE VIEW mine AS SELECT * FROM get_ip_activity_stats()",
            "view public.mine depends on",
        ),
        ("CREATE TABLE activity_sql.mine (id integer)", "table mine depends on"),
    ],
)
def test_what_is_built_on_ours_stops_an_uninstall(
    cluster: Cluster, database: Settings, mine: str, named: str
) -> None:
    run(database, RELEASE)
    execute(database, mine)
    before = dump(cluster, database.conninfo)
    with pytest.raises(DatabaseError) as raised:
        take_out(database)
    assert named in raised.value.cause
    assert raised.value.mend
    assert dump(cluster, database.conninfo) == before


def test_the_bundle_installs_with_psql_alone(
    cluster: Cluster, database: Settings, tmp_path: Path
) -> None:
    """The same database as a deploy makes, but for yoyo's tables, which the next deploy adds."""
    execute(database, "DROP INDEX directus_activity_timestamp_index")
    empty = dump(cluster, database.conninfo)
    run(database, RELEASE)
    deployed = dump(cluster, database.conninfo)
    take_out(database)
    execute(database, "DROP INDEX directus_activity_timestamp_index")
    assert dump(cluster, database.conninfo) == empty

    file = tmp_path / "bundle.sql"
    file.write_text(bundle(RELEASE, database))
    first = psql(cluster, database.conninfo, str(file))
    assert (first.returncode, first.stderr) == (0, "")
    again = psql(cluster, database.conninfo, str(file))
    assert again.returncode == 3
    assert "already; nothing was changed" in again.stderr

    with connect(database) as connection:
        assert deploy(connection, RELEASE, database).plan.is_empty
    assert dump(cluster, database.conninfo) == deployed
    marked = execute(database, "SELECT count(*) FROM activity_sql._yoyo_migration")
    assert marked == execute(database, "SELECT count(*) FROM activity_sql.ledger")


def test_what_the_bundle_installed_is_uninstalled(
    cluster: Cluster, database: Settings, tmp_path: Path
) -> None:
    """Straight away: no deploy has made yoyo's tables yet."""
    empty = dump(cluster, database.conninfo)
    file = tmp_path / "bundle.sql"
    file.write_text(bundle(RELEASE, database))
    assert psql(cluster, database.conninfo, str(file)).returncode == 0
    take_out(database)
    assert dump(cluster, database.conninfo) == empty


def test_the_bundle_of_an_awkward_schema(
    cluster: Cluster, database: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.sql"
    odd = replace(database, directus_schema=ODD_SCHEMA)
    file.write_text(bundle(load_linted_release(odd), odd))
    refused = psql(cluster, database.conninfo, str(file))
    assert refused.returncode == 3
    assert "There is no table" in refused.stderr

    execute(database, f"CREATE SCHEMA {QUOTED_ODD_SCHEMA}")
    execute(
        database,
        f"CREATE TABLE {QUOTED_ODD_SCHEMA}.directus_activity "
        "(LIKE public.directus_activity INCLUDING ALL);"
        f"CREATE TABLE {QUOTED_ODD_SCHEMA}.directus_users "
        "(LIKE public.directus_users INCLUDING ALL)",
    )
    done = psql(cluster, database.conninfo, str(file))
    assert (done.returncode, done.stderr) == (0, "")
    with connect(odd) as connection:
        assert deploy(connection, load_linted_release(odd), odd).plan.is_empty
