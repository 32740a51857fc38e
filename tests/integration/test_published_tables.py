"""The published tables are deployed as views are, filled again when made anew, and documented."""

import re
from pathlib import Path

from activity_sql.db import connect
from activity_sql.deploy import deploy
from activity_sql.remove import uninstall
from activity_sql.settings import Settings
from tests.integration.test_views import RELEASE, ROW, edited, execute, run
from tests.sql.install_dashboards.test_contract import POLICIES, TABLES
from tests.support.command import activity_sql

DOCUMENT = Path(__file__).parents[2] / "docs" / "published-tables.md"
COLUMNS = """
    SELECT relname::text AS table, array_agg(attname::text ORDER BY attnum) AS columns
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relname ~ '^activity_sql_' AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
    GROUP BY relname ORDER BY relname
"""
FILLED = "SELECT sum(actions) AS actions FROM {}"


def fill(settings: Settings, folder: Path) -> None:
    environment = {"DATABASE_URL": settings.conninfo}
    done = activity_sql("refresh", folder=folder, environment=environment)
    assert done.returncode == 0, done.stderr


def actions(settings: Settings, table: str) -> int | None:
    (row,) = execute(settings, FILLED.format(table))
    return row["actions"]


def test_a_changed_table_is_made_again_and_filled_by_the_next_refresh(
    database: Settings, tmp_path: Path
) -> None:
    run(database)
    execute(database, ROW)
    fill(database, tmp_path)
    for table in ("activity_sql_hours", "activity_sql_days", "activity_sql_users"):
        other = edited(table, "actions ", "actions  ")
        (step,) = run(database, other)
        assert (step.action, step.object, step.drop_first) == ("replace", f"table {table}", True)
        fill(database, tmp_path)
        assert actions(database, "activity_sql_hours") == 1
        assert actions(database, "activity_sql_days") == 1
        run(database)
        fill(database, tmp_path)


def test_a_change_by_hand_is_noticed_and_restored(database: Settings, tmp_path: Path) -> None:
    run(database)
    execute(database, ROW)
    fill(database, tmp_path)
    execute(database, "ALTER TABLE activity_sql_hours ADD note text")
    with connect(database) as connection:
        plan = deploy(connection, RELEASE, database, repair=True).plan
    assert [(step.action, step.object) for step in plan.steps] == [
        ("restore", "table activity_sql_hours")
    ]
    fill(database, tmp_path)
    assert actions(database, "activity_sql_hours") == 1


def test_a_refresh_that_cannot_publish_says_so_and_keeps_the_fold(
    database: Settings, tmp_path: Path
) -> None:
    run(database)
    execute(database, ROW)
    execute(database, "DROP TABLE activity_sql_users")
    environment = {"DATABASE_URL": database.conninfo}
    done = activity_sql("refresh", folder=tmp_path, environment=environment)
    assert done.returncode == 3
    assert "publishing failed" in done.stderr
    (row,) = execute(database, "SELECT tail_rows FROM activity_sql.rollup_status()")
    assert row["tail_rows"] == 0


def test_the_contract_names_every_table_and_column(database: Settings) -> None:
    run(database)
    sections = re.split(r"^## ", DOCUMENT.read_text(), flags=re.MULTILINE)
    documented = {
        section.split()[0]: section for section in sections if section.startswith("activity_sql_")
    }
    found = {row["table"]: row["columns"] for row in execute(database, COLUMNS)}
    assert set(documented) == set(found)
    for table, columns in found.items():
        # "a, b", and "actions_24h_before, …_7d_before" for short.
        cells = re.findall(r"^\| ([^|]+) \|", documented[table], flags=re.MULTILINE)
        names = [name.strip() for cell in cells for name in cell.split(",")]
        for column in columns:
            assert any(
                column == name or (name.startswith("…") and column.endswith(name[1:]))
                for name in names
            ), (table, column)


def test_dashboards_by_the_command_line_and_out_with_the_uninstall(
    database: Settings, tmp_path: Path
) -> None:
    run(database)
    execute(database, (TABLES + POLICIES).format(schema="public", holder="policy"))
    environment = {"DATABASE_URL": database.conninfo}

    def dashboards(*arguments: str) -> str:
        done = activity_sql("dashboards", *arguments, folder=tmp_path, environment=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def rows() -> list[int]:
        names = ("dashboards", "panels", "policies", "permissions")
        counted = [f"(SELECT count(*) FROM directus_{name}) AS {name}" for name in names]
        return list(execute(database, f"SELECT {', '.join(counted)}")[0].values())

    assert "directus_dashboards: 3 written, 0 unchanged" in dashboards("install")
    execute(database, "UPDATE directus_dashboards SET name = 'Mine' WHERE name = 'Health'")
    said = dashboards("install")
    assert "directus_dashboards: 0 written, 2 unchanged, 1 kept as you have them" in said
    assert "--reset puts these back" in said
    assert "1 written, 2 unchanged" in dashboards("install", "--reset")
    assert "Removed" in dashboards("remove")
    assert rows() == [0, 0, 0, 0]

    dashboards("install")
    assert all(rows())
    with connect(database) as connection:
        uninstall(connection, database, keep_data=True)
    assert rows() == [0, 0, 0, 0]
