"""The job definitions as they lie on disk, and when they are due. No database."""

from datetime import UTC, datetime
from pathlib import Path

import pglast
import pytest

from activity_sql.errors import UsageError
from activity_sql.jobs import Job, read_jobs
from activity_sql.settings import Settings
from activity_sql.sources import source_root
from tests.support.directus import ODD_SCHEMA, QUOTED_ODD_SCHEMA

HEADER = '/*\ndoes = "Nothing."\nschedule = "{}"\n*/\n'


def test_the_jobs_of_this_checkout() -> None:
    jobs = read_jobs(source_root(), Settings(directus_schema=ODD_SCHEMA))
    assert [(job.name, job.schedule) for job in jobs] == [
        ("maintain-activity", "17 3 * * *"),
        ("refresh-activity-collection-stats", "1-56/5 * * * *"),
        ("refresh-activity-daily-summary", "0 1 * * *"),
        ("refresh-activity-hourly-stats", "3,18,33,48 * * * *"),
        ("refresh-activity-rollups", "* * * * *"),
        ("refresh-activity-stats", "8,23,38,53 * * * *"),
    ]
    for job in jobs:
        assert job.does.endswith(".")
        (statement,) = pglast.parse_sql(job.sql)
        assert [target.name for target in statement.stmt.targetList] == ["said", "failed"]
        assert f"FROM {QUOTED_ODD_SCHEMA}." in job.sql or "FROM activity_sql." in job.sql


@pytest.mark.parametrize(
    ("schedule", "last_run", "next_run"),
    [
        ("* * * * *", "2026-01-01 10:00:00.000001", "2026-01-01 10:01"),
        ("* * * * *", "2026-01-01 10:00:59.999999", "2026-01-01 10:01"),
        ("* * * * *", "2026-01-01 10:01:00", "2026-01-01 10:02"),
        ("17 3 * * *", "2026-01-01 03:16:59.9", "2026-01-01 03:17"),
        ("17 3 * * *", "2026-01-01 03:17:00", "2026-01-02 03:17"),
        ("17 3 * * *", "2025-12-01 09:00", "2025-12-02 03:17"),
        ("*/15 * * * *", "2026-01-01 10:46", "2026-01-01 11:00"),
        ("0 1-5/2 * * *", "2026-01-01 03:00", "2026-01-01 05:00"),
        ("0 0 29 2 *", "2026-01-01", "2028-02-29"),
        # Either day will do where both are given, as cron has it.
        ("0 0 13 * 5", "2026-02-07", "2026-02-13"),
        ("0 0 14 * 5", "2026-02-07", "2026-02-13"),
    ],
)
def test_the_next_run_is_the_first_time_after_the_last(
    schedule: str, last_run: str, next_run: str
) -> None:
    job = Job("j", schedule, "", "")
    after = datetime.fromisoformat(last_run).replace(tzinfo=UTC)
    assert job.next_run(after) == datetime.fromisoformat(next_run).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT 1", "does not begin with a header"),
        ("/*\nschedule\n*/\nSELECT 1", "no TOML"),
        ("/*\ndoes = 'x'\n*/\nSELECT 1", "the schedule '' is none: not five fields"),
        (HEADER.format("* * * *"), "not five fields"),
        (HEADER.format("0 * * * * *"), "not five fields"),
        (HEADER.format("30 seconds"), "not five fields"),
        (HEADER.format("60 * * * *"), "Bad minute"),
        (HEADER.format("0 0 31 2 *"), "Bad day-of-month"),
        (HEADER.format("* * * * *") + "SELECT {{ nobody }}", "'nobody' is undefined"),
    ],
)
def test_a_malformed_job_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "sql" / "schedules" / "a-job.sql"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(UsageError, match=r"^sql/schedules/a-job\.sql") as caught:
        read_jobs(tmp_path, Settings())
    assert said in caught.value.cause
    assert caught.value.mend
