"""The generate command on a database: every row or none, and never into a filled table."""

import json
import os
import pty
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from activity_sql.generate import PROFILES, activity_rows, users
from activity_sql.settings import Settings
from tests.support.command import ACTIVITY_SQL, activity_sql
from tests.support.directus import ACTIVITY_TABLES, ODD_SCHEMA, QUOTED_ODD_SCHEMA

UNTIL = datetime(2026, 1, 1, tzinfo=UTC)
ROWS, DAYS = PROFILES["small"]
COLUMNS = 'action, "user"::text, "timestamp", ip, user_agent, collection, item, origin'

Generate = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def generate(tmp_path: Path, database: Settings) -> Generate:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"DATABASE_URL": database.conninfo}
        return activity_sql("generate", *arguments, folder=tmp_path, environment=environment)

    return run


def counts(settings: Settings) -> tuple[int, int]:
    """The activity rows and the users."""
    with psycopg.connect(settings.conninfo) as connection:
        return connection.execute(
            "SELECT (SELECT count(*) FROM directus_activity), (SELECT count(*) FROM directus_users)"
        ).fetchone()


def wait_for(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_table_holds_the_rows_in_their_order(generate: Generate, database: Settings) -> None:
    done = generate("--seed", "5")
    assert (done.returncode, done.stderr) == (0, "")  # no bar: this is no terminal
    assert done.stdout == "Wrote 100,000 activity rows and 342 users.\n"
    with psycopg.connect(database.conninfo) as connection:
        connection.execute("SET timezone = 'UTC'")
        found = connection.execute(f"SELECT {COLUMNS} FROM directus_activity ORDER BY id")
        assert found.fetchall() == list(activity_rows(rows=ROWS, days=DAYS, until=UNTIL, seed=5))
        people = connection.execute("SELECT id::text, email FROM directus_users").fetchall()
        assert set(people) == {(user.id, user.email) for user in users(5)}
        analyzed = "SELECT reltuples FROM pg_class WHERE oid = 'directus_activity'::regclass"
        assert connection.execute(analyzed).fetchone() == (ROWS,)


def test_a_filled_table_is_refused_unless_told(generate: Generate, database: Settings) -> None:
    with psycopg.connect(database.conninfo) as connection:
        connection.execute(
            "INSERT INTO directus_activity (action, collection, item) VALUES ('create', 'a', '1')"
        )
        connection.execute(
            "INSERT INTO directus_users (id, email) VALUES (gen_random_uuid(), %s)",
            (users(1)[3].email,),
        )
    done = generate()
    assert done.returncode == 1
    assert "directus_activity in schema 'public' holds rows already" in done.stderr
    assert "--append" in done.stderr
    assert counts(database) == (1, 1)
    done = generate("--append", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"rows": ROWS, "users": 341, "labels": None}
    assert counts(database) == (ROWS + 1, 342)


def test_attacks_and_their_labels_in_a_schema_of_an_odd_name(
    generate: Generate, database: Settings, tmp_path: Path
) -> None:
    with psycopg.connect(database.conninfo) as connection:
        connection.execute(f"CREATE SCHEMA {QUOTED_ODD_SCHEMA}")
        connection.execute(f"SET search_path = {QUOTED_ODD_SCHEMA}")
        connection.execute(ACTIVITY_TABLES.read_bytes())
    done = generate("--attacks", "3", "--schema", ODD_SCHEMA)
    assert (done.returncode, done.stderr) == (0, "")
    labels = [json.loads(line) for line in (tmp_path / "labels.jsonl").read_text().splitlines()]
    planted = sum(label["rows"] for label in labels)
    assert done.stdout.splitlines() == [
        f"Wrote {ROWS + planted:,} activity rows and 342 users.",
        f"{planted:,} of them are planted: {len(labels)} labels in labels.jsonl.",
    ]
    assert counts(database) == (0, 0)
    observed_in_hour = f"""
        SELECT count(*) FROM {QUOTED_ODD_SCHEMA.replace("%", "%%")}.directus_activity
        WHERE to_jsonb(directus_activity) ->> %(subject_type)s = %(subject)s
            AND "timestamp" >= date_trunc('hour', %(start)s::timestamptz)
            AND "timestamp" < date_trunc('hour', %(start)s::timestamptz) + interval '1 hour'
    """
    with psycopg.connect(database.conninfo) as connection:
        for label in labels:
            if label["counts"] == "rows":
                found = connection.execute(observed_in_hour, label).fetchone()
                assert found == (label["observed"],), label


def test_the_same_labels_twice(generate: Generate, database: Settings, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert generate("--attacks", "1.5", "--labels", name, "--append").returncode == 0
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    with psycopg.connect(database.conninfo) as connection:
        halves = connection.execute(
            f"""
            WITH numbered AS (
                SELECT id, ntile(2) OVER (ORDER BY id) AS half, ({COLUMNS})::text AS line
                FROM directus_activity
            )
            SELECT md5(string_agg(line, chr(10) ORDER BY id)) FROM numbered GROUP BY half
            """
        ).fetchall()
    assert len(halves) == 2
    assert len(set(halves)) == 1


def test_nothing_stays_of_a_client_that_was_killed(tmp_path: Path, database: Settings) -> None:
    process = subprocess.Popen(
        [ACTIVITY_SQL, "generate", "--profile", "medium"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "DATABASE_URL": database.conninfo},
    )
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        try:
            wait_for(
                lambda: (
                    connection.execute(
                        "SELECT 1 FROM pg_stat_progress_copy WHERE tuples_processed > 20000"
                    ).fetchone()
                    is not None
                )
            )
        finally:
            process.kill()
        assert process.wait() < 0
        wait_for(
            lambda: (
                connection.execute(
                    "SELECT 1 FROM pg_stat_activity WHERE application_name = 'activity-sql'"
                ).fetchone()
                is None
            )
        )
    assert counts(database) == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--attacks", "1"], "Incidents of 1.0 times"),
        (["--attacks", "3", "--labels", "/dev/null/x"], "/dev/null/x cannot be written"),
        (["--attacks", "3", "--until", "2026-01-01T00:30:00Z"], "begin at 00:30:00"),
        (["--labels", "x"], "Nothing to label in x"),
        (["--profile", "huge"], "huge"),
        (["--until", "2026-01-01T00:00:00"], "--until"),
        (["--until", "0001-01-01T00:00:00Z"], "no date"),
    ],
)
def test_what_is_refused_leaves_nothing(
    generate: Generate, database: Settings, tmp_path: Path, arguments: list[str], said: str
) -> None:
    done = generate(*arguments)
    assert done.returncode == 1
    cause, *mend = done.stderr.splitlines()
    assert said in cause
    assert mend
    assert counts(database) == (0, 0)
    assert list(tmp_path.iterdir()) == []


def test_too_few_ids_are_refused(generate: Generate, database: Settings) -> None:
    with psycopg.connect(database.conninfo) as connection:
        connection.execute("SELECT setval('directus_activity_id_seq', 2147483647 - 99999)")
    done = generate()
    assert done.returncode == 1
    assert "has 99,999 ids left, too few for 100,000 rows" in done.stderr
    assert counts(database) == (0, 0)
    with psycopg.connect(database.conninfo) as connection:
        connection.execute("SELECT setval('directus_activity_id_seq', 2147483647 - 100000)")
    assert generate().returncode == 0
    assert counts(database) == (ROWS, 342)


def test_a_bar_is_shown_on_a_terminal(tmp_path: Path, database: Settings) -> None:
    ours, theirs = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": database.conninfo, "TERM": "xterm"}
    process = subprocess.Popen(
        [ACTIVITY_SQL, "generate"], cwd=tmp_path, env=environment, stderr=theirs, stdout=theirs
    )
    os.close(theirs)
    shown = b""
    try:
        while block := os.read(ours, 4096):
            shown += block
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert process.wait() == 0
    assert b"Writing activity" in shown
    assert b"100000/100000" in shown
