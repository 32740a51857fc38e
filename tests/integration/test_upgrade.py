"""From scratch, applied again, upgraded from an earlier release: one and the same database."""

import hashlib
import re
import tarfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from activity_sql.catalog import addresses
from activity_sql.cluster import Cluster
from activity_sql.db import connect
from activity_sql.deploy import deploy
from activity_sql.plan import Plan
from activity_sql.release import Release, load_linted_release
from activity_sql.remove import uninstall
from activity_sql.render import render
from activity_sql.settings import Settings
from activity_sql.sources import read_sources, read_templates
from tests.support.catalog import dump
from tests.support.history import (
    add,
    answer,
    answers,
    history,
    open_session,
    refresh,
    remove,
    scan,
    scans,
)

ROOT = Path(__file__).parents[2]
RELEASED = ROOT / "migrations" / "released.txt"
RELEASE = load_linted_release(Settings())


def earlier_release() -> Release:
    # Its state is today's until one is released; today's files may still be edited.
    templates = tuple(read_templates(ROOT / "tests/releases/0.0.1"))
    return Release(RELEASE.migrations, render(templates, Settings()))


def released(folder: Path) -> Release:
    """0.1.0, as it was."""
    with tarfile.open(ROOT / "tests/releases/0.1.0.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    sources = read_sources(folder)
    assert 0 < len(sources.migrations) < len(RELEASE.migrations)
    promised = RELEASED.read_text()
    for path in (folder / "migrations").iterdir():
        assert f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" in promised
    return Release(sources.migrations, render(sources.templates, Settings()))


def run(settings: Settings, release: Release) -> Plan:
    with connect(settings) as connection:
        return deploy(connection, release, settings).plan


@pytest.fixture
def scratch(cluster: Cluster, database: Settings) -> str:
    """What a first deploy of today's sources makes, before the same database is emptied again."""
    run(database, RELEASE)
    made = dump(cluster, database.conninfo)
    with connect(database) as connection:
        uninstall(connection, database, keep_data=False)
    return made


def test_the_sources_applied_again_change_nothing(
    cluster: Cluster, database: Settings, scratch: str
) -> None:
    run(database, RELEASE)
    with connect(database) as connection, connection.transaction():
        for definition in reversed(RELEASE.definitions):
            if definition.kind in ("view", "table"):
                for made in addresses(connection, definition.kind, "public", definition.name):
                    connection.execute(f"DROP {made}".encode())
        for definition in RELEASE.definitions:
            if definition.kind != "index":
                connection.execute(definition.sql.encode())
    assert dump(cluster, database.conninfo) == scratch


def test_an_upgrade_equals_a_first_deploy(
    cluster: Cluster, database: Settings, scratch: str
) -> None:
    run(database, earlier_release())
    plan = run(database, RELEASE)
    assert {step.action for step in plan.steps} == {"replace", "create", "drop"}
    assert dump(cluster, database.conninfo) == scratch


def test_an_upgrade_from_0_1_0_equals_a_first_deploy(
    cluster: Cluster, database: Settings, scratch: str, tmp_path: Path
) -> None:
    run(database, released(tmp_path))
    run(database, RELEASE)
    assert dump(cluster, database.conninfo) == scratch


def test_an_upgrade_from_0_1_0_keeps_what_was_folded(database: Settings, tmp_path: Path) -> None:
    run(database, released(tmp_path))
    recent = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=30)
    # Hours in which a cell has many rows, and hours in which none has.
    rows = [
        replace(row, ip="10.0.0.1", collection="articles")
        for row in history(400, first=recent, minutes=0.9)
    ] + history(200, first=recent + timedelta(days=3), minutes=35, name="sparse ")
    with open_session(database) as session:
        add(session, rows)
        assert refresh(session) == len(rows)
        run(database, RELEASE)

        edges = [row.timestamp + timedelta(days=1) for row in rows[::9]]

        def exact() -> int:
            return sum(answer(session, 1, edge) == scan(rows, 1, edge) for edge in edges)

        assert exact() == len(edges)
        assert answers(session) == scans(rows)
        reported = session.execute("SELECT * FROM maintain_activity_table()").fetchall()
        assert not any(row["detail"].startswith("failed") for row in reported)
        assert ("quarters", "1 months made, 0 old rows dropped") in {
            (row["task"], re.sub("^2", "1", row["detail"])) for row in reported
        }
        assert exact() == len(edges)
        assert session.execute("SELECT * FROM activity_sql.check_rollups()").fetchall() == []

        # What 0.1.0 folded is cut by its rows; a rebuild gives it the moments of them.
        first = rows[0]
        remove(session, rows, lambda row: row is first)
        assert exact() < len(edges)
        add(session, [first])
        refresh(session)
        session.execute("SELECT activity_sql.rebuild_rollups()")
        remove(session, rows, lambda _: True)
        assert exact() == len(edges)


def test_there_and_back(cluster: Cluster, database: Settings) -> None:
    run(database, earlier_release())
    before = dump(cluster, database.conninfo)
    run(database, RELEASE)
    run(database, earlier_release())
    assert dump(cluster, database.conninfo) == before
    with psycopg.connect(database.conninfo) as connection:
        log = connection.execute(
            "SELECT operation FROM activity_sql._yoyo_log WHERE migration_id LIKE %s "
            "ORDER BY created_at_utc",
            ["function.risk_level.%"],
        ).fetchall()
    assert [name for (name,) in log] == ["apply", "unmark", "apply", "unmark", "apply"]


def test_a_users_view_on_what_must_go_stops_the_upgrade(
    cluster: Cluster, database: Settings
) -> None:
    run(database, earlier_release())
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        connection.execute("CREATE VIEW mine AS SELECT ip FROM get_ip_activity_stats()")
    before = dump(cluster, database.conninfo)
    with pytest.raises(Exception, match=r"view public\.mine depends on function") as raised:
        run(database, RELEASE)
    assert "nothing was changed" in raised.value.mend
    assert dump(cluster, database.conninfo) == before


def test_a_users_view_on_what_only_changes_its_body_stays(database: Settings) -> None:
    run(database, RELEASE)
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        connection.execute("CREATE VIEW mine AS SELECT ip FROM get_ip_activity_stats()")
    changed = tuple(
        replace(item, sql=item.sql.replace("SET jit = off", "SET jit = on"))
        if item.name == "get_ip_activity_stats"
        else item
        for item in RELEASE.definitions
    )
    plan = run(database, replace(RELEASE, definitions=changed))
    assert [step.action for step in plan.steps] == ["replace"]


def broken_promises(released: str, folder: Path) -> list[str]:
    """Released migrations that are gone or edited; of `sha256  file name` the last line counts."""
    lines = [line.split() for line in released.splitlines() if line and line[0] != "#"]
    promises = {name: digest for digest, name in lines}
    return [
        name
        for name, digest in promises.items()
        if not (folder / name).is_file()
        or hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest
    ]


def test_released_migrations_are_frozen() -> None:
    assert broken_promises(RELEASED.read_text(), ROOT / "migrations") == []


def test_an_edited_and_a_missing_migration_would_be_noticed(tmp_path: Path) -> None:
    (tmp_path / "0001_a.sql").write_text("as released")
    digest = hashlib.sha256(b"as released").hexdigest()
    released = f"# a comment\n{digest}  0001_a.sql\n{digest}  0002_b.sql\n"
    assert broken_promises(released, tmp_path) == ["0002_b.sql"]
    (tmp_path / "0001_a.sql").write_text("edited")
    assert broken_promises(released, tmp_path) == ["0001_a.sql", "0002_b.sql"]
    amended = f"{hashlib.sha256(b'edited').hexdigest()}  0001_a.sql\n"
    assert broken_promises(released + amended, tmp_path) == ["0002_b.sql"]
