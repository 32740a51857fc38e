"""The jobs in pg_cron, in this database or another one of the server."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from activity_sql import db
from activity_sql.db import Connection, connect, execute, query, tool_transaction
from activity_sql.errors import DatabaseError
from activity_sql.jobs import Job, job_columns
from activity_sql.settings import Settings


@dataclass(frozen=True)
class Scheduling:
    """Which jobs pg_cron has; `database` is where it lives, None where it was not found.

    `mend` are the statements of a superuser, in that database, without which it cannot be used.
    """

    database: str | None
    jobs: tuple[str, ...] = ()
    mend: tuple[str, ...] = ()


def record_jobs(connection: Connection, jobs: Sequence[Job]) -> None:
    """Write the release's jobs to activity_sql.job; what is there of their runs stays."""
    execute(connection, "record_jobs", job_columns(jobs))


def schedule(connection: Connection, settings: Settings, jobs: Sequence[Job]) -> Scheduling:
    """Have pg_cron run just these jobs of this database; without jobs, none.

    In one transaction of pg_cron's database, by a second connection where that is another one.
    """
    here = connection.info.dbname
    with _home_of_cron(connection, settings) as home:
        if home is None:
            return Scheduling(None)
        database = home.info.dbname
        missing = query(home, "cron_rights", {"here": here})[0]["missing"]
        if missing:
            return Scheduling(database, mend=tuple(missing))
        wanted = {_name(job, here, database): job for job in jobs}
        with tool_transaction(home):
            for row in query(home, "cron_jobs", {"here": here}):
                job = wanted.get(row["jobname"])
                if job is None:
                    home.execute("SELECT cron.unschedule(%s::bigint)", (row["jobid"],))
                elif (row["schedule"], row["command"]) == (job.schedule, _command(job)):
                    del wanted[row["jobname"]]
            for name, job in wanted.items():
                if here == database:
                    home.execute(
                        "SELECT cron.schedule(%s, %s, %s)", (name, job.schedule, _command(job))
                    )
                else:
                    home.execute(
                        "SELECT cron.schedule_in_database(%s, %s, %s, %s)",
                        (name, job.schedule, _command(job), here),
                    )
        found = query(home, "cron_jobs", {"here": here})
        return Scheduling(database, tuple(row["jobname"] for row in found))


def _name(job: Job, here: str, database: str) -> str:
    return job.name if here == database else f"{job.name}@{here}"


def _command(job: Job) -> str:
    return f"SELECT activity_sql.run_job('{job.name}')"


@contextmanager
def _home_of_cron(connection: Connection, settings: Settings) -> Iterator[Connection | None]:
    if _has_cron(connection):
        yield connection
        return
    parameters = {**settings.connection_parameters, "dbname": settings.cron_database}
    with ExitStack() as stack:
        try:
            there = replace(settings, connection_parameters=parameters)
            other = stack.enter_context(connect(there))
        except DatabaseError:
            yield None
            return
        yield other if _has_cron(other) else None


def _has_cron(connection: Connection) -> bool:
    return bool(db.query_sql(connection, "SELECT FROM pg_extension WHERE extname = 'pg_cron'"))
