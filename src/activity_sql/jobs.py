"""sql/schedules/*.sql: what is to be run, and when. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cronsim import CronSim, CronSimError

from activity_sql.errors import UsageError
from activity_sql.render import render_text
from activity_sql.settings import Settings
from activity_sql.sources import read_headed


@dataclass(frozen=True)
class Job:
    """One statement and its times: five fields as cron and pg_cron have them, in UTC.

    Each row of it is something it did: a text `said`, and whether that `failed`.
    """

    name: str
    schedule: str
    does: str
    sql: str

    def next_run(self, last_run: datetime) -> datetime:
        """The first time of the schedule after `last_run`; both in UTC."""
        return next(CronSim(self.schedule, last_run))


def job_columns(jobs: Sequence[Job]) -> dict[str, list[str]]:
    """The parameters of queries/record_jobs.sql."""
    return {
        "names": [job.name for job in jobs],
        "schedules": [job.schedule for job in jobs],
        "does": [job.does for job in jobs],
        "statements": [job.sql for job in jobs],
    }


def read_jobs(root: Path, settings: Settings) -> tuple[Job, ...]:
    """Every job under `root`/sql/schedules by name, rendered.

    Raises:
        UsageError: a header, a schedule or a template is malformed.
    """
    paths = sorted((root / "sql" / "schedules").glob("*.sql"))
    return tuple(_read(path, str(path.relative_to(root)), settings) for path in paths)


def _read(path: Path, shown: str, settings: Settings) -> Job:
    header, template = read_headed(path, shown)
    schedule = str(header.get("schedule", ""))
    try:
        # cronsim would take a sixth field, seconds.
        if len(schedule.split()) != 5:
            raise CronSimError("not five fields")
        next(CronSim(schedule, datetime.min))
    except (CronSimError, StopIteration) as error:
        raise UsageError(
            f"{shown}: the schedule {schedule!r} is none: {error}.",
            mend="Write minute, hour, day, month and weekday, as cron has them.",
        ) from error
    sql = render_text(template, shown, settings)
    return Job(path.stem, schedule, str(header.get("does", "")), sql)
