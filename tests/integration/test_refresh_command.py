"""refresh, verify --rollups and what status says, from outside, on a database of the test's own."""

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from activity_sql.db import connect
from activity_sql.populate import populate
from activity_sql.settings import Settings
from tests.faults.deploys import command, execute, rows, run, until
from tests.support.command import activity_sql

UNTIL = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = """
    INSERT INTO directus_activity (action, "timestamp", ip, collection, item)
    SELECT
        'update', '2026-01-15 10:30+00'::timestamptz + number * interval '1 minute', '10.0.0.1',
        'articles', '1'
    FROM generate_series(1, 100) AS number
"""
# The function against the rows: its counts are of all time here.
ANSWER = """
    SELECT ip, total_actions, unique_collections, unique_users, first_seen, last_seen
    FROM get_ip_activity_stats(36500, 1, NULL) ORDER BY ip
"""
BRUTE_FORCE = """
    SELECT
        ip, count(*) AS total_actions, count(DISTINCT collection) AS unique_collections,
        count(DISTINCT "user") AS unique_users, min("timestamp") AS first_seen,
        max("timestamp") AS last_seen
    FROM directus_activity WHERE ip IS NOT NULL GROUP BY ip ORDER BY ip
"""
STATUS = "SELECT settled_id, tail_rows FROM activity_sql.rollup_status()"

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def settings(database: Settings) -> Settings:
    run(database)
    return database


@pytest.fixture
def call(settings: Settings, tmp_path: Path) -> Command:
    def called(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        environment = {"DATABASE_URL": settings.conninfo}
        done = activity_sql(*arguments, folder=tmp_path, environment=environment)
        assert done.returncode == code, (done.stdout, done.stderr)
        return done

    return called


def as_counted(settings: Settings) -> bool:
    return rows(settings, ANSWER) == rows(settings, BRUTE_FORCE)


def test_it_folds_everything_once(settings: Settings, call: Command) -> None:
    execute(settings, ROWS)
    done = call("refresh", "--max-rows", "30")
    assert done.stderr == ""  # no bar: this is no terminal
    assert done.stdout.startswith("Folded 100 rows in ")
    assert done.stdout.endswith(" s, settled up to id 100; 0 rows in the tail.\n")
    assert as_counted(settings)

    again = json.loads(call("refresh", "--json").stdout)
    assert again.pop("seconds") < 60
    assert again == {"folded_rows": 0, "settled_id": 100, "lag_rows": 0}

    execute(settings, ROWS)
    more = json.loads(call("refresh", "--json").stdout)
    assert (more["folded_rows"], more["settled_id"]) == (100, 200)
    assert as_counted(settings)


def test_nothing_to_fold_at_all(call: Command) -> None:
    assert json.loads(call("refresh", "--json").stdout)["folded_rows"] == 0
    assert json.loads(call("refresh", "--rebuild", "--yes", "--json").stdout) == {"counted_rows": 0}
    call("verify", "--rollups")


def test_a_role_that_defaults_to_one_snapshot(
    settings: Settings, superuser: psycopg.Connection, call: Command
) -> None:
    execute(settings, ROWS)
    name = superuser.info.dbname
    superuser.execute(f'ALTER DATABASE "{name}" SET default_transaction_isolation = serializable')
    assert call("refresh").stdout.startswith("Folded 100 rows")
    assert call("refresh", "--rebuild", "--yes").stdout == "Counted 100 rows again.\n"
    call("verify", "--rollups")
    call("worker", "--once")


def test_killed_at_any_moment_it_goes_on(settings: Settings, call: Command, tmp_path: Path) -> None:
    with connect(settings) as connection:
        populate(connection, rows=100_000, days=30, until=UNTIL, seed=3)
    kills, settled = 0, 0
    while settled < 60_000:
        with command(settings, tmp_path, "refresh", "--max-rows", "4000") as process:

            def further(before: int = settled) -> bool:
                (status,) = rows(settings, STATUS)
                return (status["settled_id"] or 0) > before

            until(further)
            process.kill()
        kills += process.returncode == -9
        settled = rows(settings, STATUS)[0]["settled_id"]
    assert kills >= 1
    assert settled < 100_000
    assert as_counted(settings)  # with the rest as tail

    done = json.loads(call("refresh", "--json").stdout)
    # A statement under way when its client was killed may still have committed.
    assert 0 < done["folded_rows"] <= 100_000 - settled
    assert (done["settled_id"], done["lag_rows"]) == (100_000, 0)
    assert as_counted(settings)
    call("verify", "--rollups")


def test_a_rebuild_counts_what_is_there(settings: Settings, call: Command) -> None:
    execute(settings, ROWS)
    call("refresh")
    execute(settings, "DELETE FROM directus_activity WHERE \"timestamp\" < '2026-01-15 11:00+00'")
    (kept,) = rows(settings, ANSWER)
    assert kept["total_actions"] == 100

    refused = call("refresh", "--rebuild", code=1)
    assert "Rebuild?" in refused.stderr
    assert "--yes" in refused.stderr
    range_without = call("refresh", "--from", "2026-01-15T11:00:00Z", code=1)
    assert "--rebuild" in range_without.stderr
    assert rows(settings, ANSWER) == [kept]

    later = ("--from", "2026-01-15T11:30:00Z", "--to", "2026-01-15T12:00:00+00:00")
    done = call("refresh", "--rebuild", "--yes", *later)
    assert done.stdout == "Counted 60 rows again.\n"
    assert rows(settings, ANSWER) == [kept]

    done = call("refresh", "--rebuild", "--yes", "--json")
    assert json.loads(done.stdout) == {"counted_rows": 71}
    assert as_counted(settings)


def test_verify_counts_pruned_rows_as_right(settings: Settings, call: Command) -> None:
    execute(settings, ROWS)
    call("refresh")
    assert call("verify", "--rollups").stdout.endswith(
        "Rollups: what they were made from says the same.\n"
    )
    assert "Rollups" not in call("verify").stdout
    execute(settings, "DELETE FROM directus_activity WHERE id = 50")
    assert call("verify", "--rollups").stdout.endswith(
        "Rollups: what they were made from says the same.\n"
        "  1 hours have fewer rows than were folded: those go on counting.\n"
    )
    found = json.loads(call("verify", "--rollups", "--json").stdout)
    assert found["verified"]
    assert [row["folded_rows"] - row["base_rows"] for row in found["rollups"]["pruned"]] == [1]


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (
            "UPDATE activity_sql.activity_hour SET fingerprint = fingerprint + 1 "
            "WHERE hour = '2026-01-15 11:00+00'",
            "  2026-01-15 11:00:00+00: 60 rows, changed since 60 were folded",
        ),
        (
            "UPDATE directus_activity SET action = 'run' WHERE id = 50",
            "  2026-01-15 11:00:00+00: 1 rows of action run, changed since 0 were folded",
        ),
        (
            "UPDATE activity_sql.activity_hour SET cell_actions[1] = cell_actions[1] + 1 "
            "WHERE hour = '2026-01-15 11:00+00'",
            "  2026-01-01: activity_hour differs from what it was made from",
        ),
        (
            "DELETE FROM activity_sql.address_rollup WHERE grain = 'm'",
            "  2026-01-01: address_rollup differs from what it was made from",
        ),
    ],
)
def test_verify_finds_what_differs(settings: Settings, call: Command, harm: str, said: str) -> None:
    execute(settings, ROWS)
    call("refresh")
    execute(settings, harm)
    lines = call("verify", "--rollups", code=2).stdout.splitlines()
    assert said in lines
    assert "reconcile_rollups" in lines[-2]
    assert "--rebuild" in lines[-1]
    assert not json.loads(call("verify", "--rollups", "--json", code=2).stdout)["verified"]

    call("refresh", "--rebuild", "--yes")
    call("verify", "--rollups")


def test_status_says_how_far_and_how_big(settings: Settings, call: Command) -> None:
    assert call("status").stdout.endswith(
        "Rollups: nothing is folded yet. `activity-sql refresh` does.\n"
    )
    execute(settings, ROWS)
    call("refresh")
    execute(settings, ROWS)
    line = call("status").stdout.splitlines()[-1]
    assert line.startswith("Rollups: settled up to id 100, 100 rows in the tail, last folded ")
    assert line.endswith(" of directus_activity.")
    found = json.loads(call("status", "--json").stdout)["rollups"]
    assert (found["settled_id"], found["tail_rows"], found["broken"]) == (100, 100, None)
    assert found["rollup_bytes"] > 0


def test_status_names_what_holds_the_watermark_back(settings: Settings, call: Command) -> None:
    with psycopg.connect(settings.conninfo) as writer:
        writer.execute(ROWS)
        call("refresh")
        line = call("status").stdout.splitlines()[-1]
        assert line.startswith(
            f"Held back by pid {writer.info.backend_pid}, whose transaction is open for "
        )


def test_status_says_what_stands_still(settings: Settings, call: Command) -> None:
    execute(settings, "ALTER SEQUENCE directus_activity_id_seq CACHE 10")
    line = call("status", code=2).stdout.splitlines()[-1]
    assert line.startswith("The rollups stand still: ")
    assert "CACHE" in line
    refused = call("refresh", code=3)
    assert "SQLSTATE 55000" in refused.stderr
    assert "CACHE" in refused.stderr.splitlines()[-1]


def test_a_version_without_rollups(settings: Settings, call: Command) -> None:
    execute(settings, "DROP FUNCTION activity_sql.rollup_status()")
    execute(settings, "DROP FUNCTION refresh_activity_rollups(integer)")
    assert "Rollups:" not in call("status", code=2).stdout
    cause, mend = call("refresh", code=3).stderr.splitlines()
    assert "refresh_activity_rollups(integer) does not exist" in cause
    assert mend == "Run `activity-sql migrate`: what is called is not there."
