"""Indexes on directus_activity come and go with the profile, and only ours."""

from dataclasses import replace
from pathlib import Path

import pytest

from activity_sql.db import connect
from activity_sql.deploy import deploy
from activity_sql.errors import UsageError
from activity_sql.plan import Plan
from activity_sql.release import load_linted_release
from activity_sql.remove import uninstall
from activity_sql.settings import Settings, load_settings
from tests.faults.deploys import execute, rows
from tests.support.command import activity_sql

DIRECTUS = {"directus_activity_pkey", "directus_activity_timestamp_index"}
PUBLISHED = {
    "idx_activity_action_collection",
    "idx_activity_ip_timestamp",
    "idx_activity_timestamp_collection",
    "idx_activity_user_timestamp",
}
BRIN = "idx_activity_timestamp_brin"


def run(settings: Settings, profile: str) -> Plan:
    settings = replace(settings, indexes=profile)
    with connect(settings) as connection:
        return deploy(connection, load_linted_release(settings), settings).plan


def indexes(settings: Settings) -> set[str]:
    found = rows(
        settings,
        "SELECT indexrelid::regclass::text AS name, indisvalid FROM pg_index "
        "WHERE indrelid = 'directus_activity'::regclass",
    )
    assert all(row["indisvalid"] for row in found)
    return {row["name"] for row in found}


def test_published_ones_come_and_go(database: Settings) -> None:
    assert indexes(database) == DIRECTUS
    run(database, "published")
    assert indexes(database) == DIRECTUS | PUBLISHED
    assert run(database, "published").is_empty
    steps = run(database, "minimal").steps
    assert {(step.action, step.object) for step in steps} == {
        ("drop", f"index {name}") for name in PUBLISHED
    }
    assert indexes(database) == DIRECTUS
    assert run(database, "minimal").is_empty


def test_the_user_index_is_on_the_user_column(database: Settings) -> None:
    run(database, "published")
    (found,) = rows(
        database, "SELECT pg_get_indexdef('idx_activity_user_timestamp'::regclass) AS d"
    )
    assert found["d"].endswith(
        """USING btree ("user", "timestamp" DESC) WHERE ("user" IS NOT NULL)"""
    )


def test_what_a_user_made_is_taken_as_it_is_and_stays(database: Settings) -> None:
    execute(
        database,
        "CREATE INDEX idx_activity_ip_timestamp ON directus_activity (ip);"
        "CREATE INDEX mine ON directus_activity (action, collection)",
    )
    steps = run(database, "published").steps
    built = {step.object for step in steps if step.action == "build"}
    assert built == {"index idx_activity_timestamp_collection", "index idx_activity_user_timestamp"}
    run(database, "minimal")
    assert indexes(database) == DIRECTUS | {"idx_activity_ip_timestamp", "mine"}


def test_an_uninstall_takes_them_along(database: Settings) -> None:
    run(database, "published")
    with connect(database) as connection:
        uninstall(connection, database, keep_data=False)
    assert indexes(database) == DIRECTUS


ROWS = """
    INSERT INTO directus_activity (action, "timestamp", collection, item)
    SELECT 'update', {moment}, 'articles', '1' FROM generate_series(1, 5000) AS number
"""


def test_brin_where_the_rows_lie_in_order(database: Settings) -> None:
    execute(database, ROWS.format(moment="now() + number * interval '1 minute'"))
    execute(database, "ANALYZE directus_activity")
    run(database, "large")
    assert indexes(database) == DIRECTUS | {BRIN}
    (found,) = rows(database, f"SELECT reloptions FROM pg_class WHERE relname = '{BRIN}'")
    assert "autosummarize=on" in found["reloptions"]


def test_no_brin_where_they_do_not(database: Settings) -> None:
    execute(database, ROWS.format(moment="now() + number * 7919 % 5000 * interval '1 minute'"))
    execute(database, "ANALYZE directus_activity")
    run(database, "large")
    assert indexes(database) == DIRECTUS
    assert run(database, "large").is_empty


def test_gain_and_cost_are_said_before(database: Settings, tmp_path: Path) -> None:
    (tmp_path / "activity-sql.toml").write_text('[directus]\nindexes = "published"\n')
    environment = {"DATABASE_URL": database.conninfo}
    said = activity_sql("plan", folder=tmp_path, environment=environment).stdout
    lines = said.splitlines()
    at = lines.index("  build    index idx_activity_ip_timestamp  (Directus has none)")
    assert [line.split(":")[0].strip() for line in lines[at + 1 : at + 4]] == [
        "Gain",
        "Cost",
        "Note",
    ]
    assert "directus/directus#24453" in lines[at + 3]


def test_an_unknown_profile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no index profile 'all'") as raised:
        load_settings(environment={"ACTIVITY_SQL_INDEXES": "all"}, directory=tmp_path)
    assert "minimal, published, large" in str(raised.value.mend)
