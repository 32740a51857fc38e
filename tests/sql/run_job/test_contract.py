"""run_job runs what a deploy recorded, once at a time, and says how it went."""

import threading

import psycopg
import pytest

from activity_sql.settings import Settings
from tests.support.rows import call


def job(connection: psycopg.Connection, statement: str) -> None:
    connection.execute(
        "INSERT INTO activity_sql.job (name, schedule, does, statement) "
        "VALUES ('a job', '* * * * *', '', %s)",
        [statement],
    )


def ran(connection: psycopg.Connection) -> dict[str, object]:
    return connection.execute(
        """
        SELECT last_run <= pg_catalog.clock_timestamp() AS ran, last_status, last_said,
            last_duration_ms >= 0 AS timed, last_ok = last_run AS well
        FROM activity_sql.job WHERE name = 'a job'
        """
    ).fetchone()


@pytest.mark.parametrize(
    ("statement", "said", "failed"),
    [
        ("SELECT 'one', false UNION ALL SELECT 'two', false;\n", "one; two", False),
        ("SELECT 'one', false UNION ALL SELECT 'two', true", "one; two", True),
        ("SELECT 'never', false WHERE false", None, False),
        ("SELECT (1 / 0)::text, false", "failed: division by zero (SQLSTATE 22012).", True),
    ],
)
def test_it_records_how_a_job_ended(
    activity: psycopg.Connection, statement: str, said: str | None, failed: bool
) -> None:
    job(activity, statement)
    assert call(activity, "activity_sql.run_job", p_name="a job") == [
        {"said": said, "failed": failed}
    ]
    assert ran(activity) == {
        "ran": True,
        "last_status": "failed" if failed else "ok",
        "last_said": said,
        "timed": True,
        "well": None if failed else True,
    }
    (row,) = activity.execute(
        "SELECT last_status FROM v_activity_jobs WHERE job_name = 'a job'"
    ).fetchall()
    assert row["last_status"] == ("failed" if failed else "ok")


def test_a_failure_keeps_the_last_success(activity: psycopg.Connection) -> None:
    job(activity, "SELECT 'fine', false")
    call(activity, "activity_sql.run_job", p_name="a job")
    activity.execute("UPDATE activity_sql.job SET statement = 'SELECT ''bad'', true'")
    call(activity, "activity_sql.run_job", p_name="a job")
    found = ran(activity)
    assert (found["last_status"], found["well"]) == ("failed", False)


def test_nothing_of_a_failed_job_stays(activity: psycopg.Connection) -> None:
    job(activity, "SELECT activity_sql.configure(p_archive => true), (1 / 0)::boolean")
    call(activity, "activity_sql.run_job", p_name="a job")
    row = activity.execute("SELECT archive FROM activity_sql.setting").fetchone()
    assert row == {"archive": False}


def test_an_unknown_job_is_refused(activity: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue) as raised:
        call(activity, "activity_sql.run_job", p_name="no job")
    assert raised.value.diag.message_primary == "there is no job no job"
    assert "v_activity_jobs" in raised.value.diag.message_hint


def test_a_cancelled_job_is_not_a_failed_one(activity: psycopg.Connection) -> None:
    job(activity, "SELECT 'slept', pg_sleep(60) IS NULL")
    timer = threading.Timer(0.5, activity.cancel_safe)
    timer.start()
    with pytest.raises(psycopg.errors.QueryCanceled):
        call(activity, "activity_sql.run_job", p_name="a job")
    timer.join()


def test_it_does_not_run_twice_at_once(activity: psycopg.Connection, deployed: Settings) -> None:
    first = "refresh-activity-rollups"
    with psycopg.connect(deployed.conninfo) as other:
        other.execute("SELECT FROM activity_sql.run_job(%s)", [first])
        assert call(activity, "activity_sql.run_job", p_name=first) == []
        other.rollback()
    assert len(call(activity, "activity_sql.run_job", p_name=first)) == 1
