"""Directus 9 to 12 by introspection: how their tables differ, and what is none of theirs."""

from dataclasses import replace

import psycopg
import pytest

from activity_sql.db import connect
from activity_sql.deploy import deploy
from activity_sql.errors import DatabaseError
from activity_sql.release import load_linted_release
from activity_sql.settings import Settings
from tests.support.directus import ODD_SCHEMA, QUOTED_ODD_SCHEMA

INDEX = "directus_activity_timestamp_index"

# From the newest to the oldest, each with what it has that the one before has not.
VERSIONS = {
    "11 and 12": "",
    "10": f"DROP INDEX {INDEX}; ALTER TABLE directus_activity ADD COLUMN comment text;",
    "early 10": f"DROP INDEX {INDEX}; ALTER TABLE directus_activity ADD COLUMN comment text, "
    "ALTER COLUMN user_agent TYPE varchar(255);",
    "9 before August 2022": f"DROP INDEX {INDEX}; ALTER TABLE directus_activity "
    "ADD COLUMN comment text, ALTER COLUMN user_agent TYPE varchar(255), DROP COLUMN origin, "
    "ALTER COLUMN ip SET NOT NULL;",
}


def indexes(settings: Settings) -> list[str]:
    with psycopg.connect(settings.conninfo) as connection:
        return [
            name
            for (name,) in connection.execute(
                "SELECT indexname FROM pg_indexes WHERE tablename = 'directus_activity' "
                "ORDER BY indexname"
            )
        ]


def migrate(settings: Settings) -> list[tuple[str, str]]:
    with connect(settings) as connection:
        plan = deploy(connection, load_linted_release(settings), settings).plan
    return [(step.action, step.object) for step in plan.steps]


@pytest.mark.parametrize("version", VERSIONS)
def test_deploys_and_answers(database: Settings, version: str) -> None:
    with psycopg.connect(database.conninfo) as connection:
        connection.execute(VERSIONS[version].encode())
        connection.execute(
            'INSERT INTO directus_activity (action, ip, collection, item, "timestamp") '
            "SELECT 'update', '10.0.0.1', 'articles', i, now() FROM generate_series(1, 12) AS i"
        )
    steps = migrate(database)
    assert (("build", f"index {INDEX}") in steps) == (version != "11 and 12")
    assert INDEX in indexes(database)
    with psycopg.connect(database.conninfo) as connection:
        answer = connection.execute("SELECT ip, total_actions FROM get_ip_activity_stats()")
        assert answer.fetchall() == [("10.0.0.1", 12)]
    assert migrate(database) == []


def test_an_invalid_leftover_of_the_index_is_built_again(
    database: Settings, superuser: psycopg.Connection
) -> None:
    superuser.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [INDEX]
    )
    assert ("build", f"index {INDEX}") in migrate(database)
    row = superuser.execute(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", [INDEX]
    ).fetchone()
    assert row == (True,)


def test_an_equal_index_of_another_name_is_kept(database: Settings) -> None:
    with psycopg.connect(database.conninfo) as connection:
        connection.execute(f"ALTER INDEX {INDEX} RENAME TO theirs")
    migrate(database)
    assert indexes(database) == ["directus_activity_pkey", "theirs"]


def test_nothing_of_ours_hangs_on_directus_tables(deployed: Settings) -> None:
    """No trigger, no rule, no view, no function body in the catalog: its upgrades alter columns."""
    with psycopg.connect(deployed.conninfo) as connection:
        hanging = connection.execute(
            """
            WITH directus AS (
                SELECT oid FROM pg_class
                WHERE relkind = 'r' AND relname LIKE 'directus%%'
                    AND relnamespace = to_regnamespace(quote_ident(%s))
            )
            SELECT pg_describe_object(classid, objid, objsubid)
            FROM pg_depend
            WHERE refclassid = 'pg_class'::regclass
                AND refobjid IN (SELECT oid FROM directus)
                AND classid IN (
                    'pg_rewrite'::regclass, 'pg_proc'::regclass, 'pg_policy'::regclass
                )
            UNION ALL
            SELECT tgname FROM pg_trigger
            WHERE tgrelid IN (SELECT oid FROM directus) AND NOT tgisinternal
            """,
            [deployed.directus_schema],
        ).fetchall()
    assert hanging == []


def test_an_awkward_schema(deployed: Settings) -> None:
    assert deployed.directus_schema == ODD_SCHEMA
    with psycopg.connect(deployed.conninfo) as connection:
        connection.execute(f"SELECT * FROM {QUOTED_ODD_SCHEMA}.get_ip_activity_stats()".encode())


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ("DROP TABLE directus_activity CASCADE", "There is no table directus_activity in schema"),
        (
            "ALTER TABLE directus_activity DROP COLUMN collection",
            "column collection is missing, not character varying",
        ),
        (
            'ALTER TABLE directus_activity ALTER COLUMN "timestamp" TYPE timestamp',
            "column timestamp is timestamp without time zone",
        ),
        (
            "ALTER TABLE directus_activity RENAME TO rows; "
            "CREATE VIEW directus_activity AS SELECT * FROM rows",
            "public.directus_activity is not a table",
        ),
    ],
)
def test_what_is_no_directus_is_refused(database: Settings, change: str, cause: str) -> None:
    with psycopg.connect(database.conninfo) as connection:
        connection.execute(change.encode())
    with pytest.raises(DatabaseError) as raised:
        migrate(database)
    assert cause in raised.value.cause
    assert raised.value.mend


def test_the_schema_it_is_in_is_named(database: Settings) -> None:
    with pytest.raises(DatabaseError) as raised:
        migrate(replace(database, directus_schema="elsewhere"))
    assert "'public'" in raised.value.mend
