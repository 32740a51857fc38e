"""`activity-sql maintain` does what a function can and what it cannot, beside writers."""

import json
import threading
from pathlib import Path

import psycopg
import pytest

from activity_sql.settings import Settings
from tests.faults.deploys import execute, rows, run
from tests.support.command import activity_sql

ROWS = """
    INSERT INTO directus_activity (action, "timestamp", collection, item)
    SELECT 'update', now() - number * interval '1 minute', 'articles', '1'
    FROM generate_series(1, 50000) AS number
"""
SIZE = "SELECT pg_relation_size('directus_activity_timestamp_index') AS bytes"


@pytest.fixture
def bloated(database: Settings) -> Settings:
    run(database)
    execute(database, ROWS)
    execute(database, "DELETE FROM directus_activity WHERE id % 10 > 0")
    execute(database, "VACUUM ANALYZE directus_activity")
    execute(database, "UPDATE directus_activity SET item = '2'")
    execute(database, "SELECT pg_stat_force_next_flush()")
    return database


def maintain(settings: Settings, folder: Path, *arguments: str) -> tuple[int, str]:
    environment = {"DATABASE_URL": settings.conninfo}
    done = activity_sql("maintain", *arguments, folder=folder, environment=environment)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_it_does_the_tasks_and_rebuilds_and_vacuums(bloated: Settings, tmp_path: Path) -> None:
    before = rows(bloated, SIZE)[0]["bytes"]
    code, said = maintain(bloated, tmp_path)
    assert code == 0
    tasks = [line.split(":")[0] for line in said.splitlines()]
    assert tasks[:2] == ["refresh", "reconcile"]
    assert "reindex: public.directus_activity_timestamp_index" in said
    assert "vacuum: public.directus_activity" in said
    assert rows(bloated, SIZE)[0]["bytes"] < before / 3

    code, again = maintain(bloated, tmp_path)
    assert code == 0
    assert "reindex" not in again


def test_writers_go_on_meanwhile(bloated: Settings, tmp_path: Path) -> None:
    ended = threading.Event()
    written = []

    def write() -> None:
        with psycopg.connect(bloated.conninfo, autocommit=True) as writer:
            writer.execute("SET statement_timeout = '2s'")
            while not ended.is_set():
                writer.execute(
                    "INSERT INTO directus_activity (action, collection, item) "
                    "VALUES ('update', 'articles', '3')"
                )
                written.append(1)

    writing = threading.Thread(target=write)
    writing.start()
    try:
        code, said = maintain(bloated, tmp_path)
    finally:
        ended.set()
        writing.join()
    assert code == 0
    assert "reindex: " in said
    (count,) = rows(bloated, "SELECT count(*)::int AS n FROM directus_activity WHERE item = '3'")
    print(f"{len(written)} inserts beside the maintenance")
    assert count["n"] == len(written) > 10


def test_a_failing_task_is_said_and_the_rest_is_done(bloated: Settings, tmp_path: Path) -> None:
    execute(bloated, "ALTER SEQUENCE directus_activity_id_seq CACHE 10")
    code, said = maintain(bloated, tmp_path, "--json")
    assert code == 2
    done = json.loads(said)
    assert done[0]["task"] == "refresh"
    assert done[0]["detail"].startswith("failed: ")
    assert "reindex" in [one["task"] for one in done]
