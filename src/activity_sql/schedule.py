"""The jobs in pg_cron, in this database or another one of the server."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from activity_sql.db import (
    Connection,
    Row,
    connect,
    execute,
    query,
    query_sql,
    statement,
    tool_transaction,
)
from activity_sql.errors import DatabaseError, UsageError
from activity_sql.jobs import Job, job_columns
from activity_sql.render import quote_literal
from activity_sql.settings import Settings

_DEFAULT_HOME = "postgres"
# Where pg_cron lives elsewhere, maintain_activity_table() cannot reach its log.
_LOG_JOB = "clean-activity-job-log"
_LOG_TIMES = "41 3 * * *"


@dataclass(frozen=True)
class Scheduling:
    """Which jobs pg_cron has; `database` is where it lives, None where it was not found.

    `mend` are the statements of a superuser, in that database, without which it cannot be used.
    `drift` is what differs from the release's jobs; a migrate puts it right.
    """

    database: str | None
    jobs: tuple[str, ...] = ()
    mend: tuple[str, ...] = ()
    drift: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Entry:
    """A row of cron.job as it has to be."""

    name: str
    schedule: str
    command: str
    database: str


def record_jobs(connection: Connection, jobs: Sequence[Job]) -> None:
    """Write the release's jobs to activity_sql.job; what is there of their runs stays."""
    execute(connection, "record_jobs", job_columns(jobs))


def check_home(connection: Connection, settings: Settings) -> None:
    """Raise UsageError where the settings name a database for pg_cron, and it is not there."""
    if settings.cron_database:
        with _home_of_cron(connection, settings):
            pass


def schedule(connection: Connection, settings: Settings, jobs: Sequence[Job]) -> Scheduling:
    """Have pg_cron run just these jobs of this database, and clean its log of them.

    In one transaction of pg_cron's database, by a second connection where that is another one.

    Raises:
        UsageError: as `check_home`.
    """
    here = connection.info.dbname
    with _home_of_cron(connection, settings) as home:
        if home is None:
            return Scheduling(None)
        if missing := _missing_rights(home, here):
            return Scheduling(home.info.dbname, mend=missing)
        wanted = _entries(jobs, here, home.info.dbname)
        with tool_transaction(home):
            kept = set()
            for row in _found(home, here, [entry.name for entry in wanted]):
                if any(_difference(entry, row) is None for entry in wanted):
                    kept.add(row["jobname"])
                else:
                    home.execute("SELECT cron.unschedule(%s::bigint)", (row["jobid"],))
            for entry in wanted:
                if entry.name not in kept:
                    _add(home, entry)
        return Scheduling(home.info.dbname, tuple(entry.name for entry in wanted))


def unschedule(connection: Connection, settings: Settings) -> None:
    """Take the jobs of this database out of pg_cron, where this role may use it.

    Raises:
        UsageError: as `check_home`.
    """
    here = connection.info.dbname
    with _home_of_cron(connection, settings) as home:
        if home is None or _missing_rights(home, here):
            return
        names = [_name(job, here, home.info.dbname) for job in _recorded(connection)]
        with tool_transaction(home):
            for row in _found(home, here, [*names, f"{_LOG_JOB}@{here}"]):
                home.execute("SELECT cron.unschedule(%s::bigint)", (row["jobid"],))


def inspect(connection: Connection, settings: Settings, jobs: Sequence[Job]) -> Scheduling:
    """What pg_cron has, and how that differs from these jobs. Reads only.

    Raises:
        UsageError: as `check_home`.
    """
    here = connection.info.dbname
    with _home_of_cron(connection, settings) as home:
        if home is None:
            return Scheduling(None)
        if missing := _missing_rights(home, here):
            return Scheduling(home.info.dbname, mend=missing)
        wanted = {entry.name: entry for entry in _entries(jobs, here, home.info.dbname)}
        drift = []
        for row in _found(home, here, [*wanted]):
            entry = wanted.pop(row["jobname"], None)
            difference = _difference(entry, row) if entry else "is no job of this release"
            if difference:
                drift.append(f"{row['jobname']} {difference}")
        drift += [f"{name} is missing" for name in wanted]
        names = tuple(entry.name for entry in _entries(jobs, here, home.info.dbname))
        return Scheduling(home.info.dbname, names, drift=tuple(sorted(drift)))


def _entries(jobs: Sequence[Job], here: str, home: str) -> list[_Entry]:
    entries = [
        _Entry(
            _name(job.name, here, home),
            job.schedule,
            f"SELECT activity_sql.run_job('{job.name}')",
            here,
        )
        for job in jobs
    ]
    if home == here:
        return entries
    command = statement("clean_cron_log").replace("<<database>>", quote_literal(here)).rstrip()
    return [*entries, _Entry(f"{_LOG_JOB}@{here}", _LOG_TIMES, command, home)]


def _name(job: str, here: str, home: str) -> str:
    return job if here == home else f"{job}@{here}"


def _difference(entry: _Entry, row: Row) -> str | None:
    if row["jobname"] != entry.name:
        return "has another name"
    if row["schedule"] != entry.schedule:
        return f"has the schedule {row['schedule']!r}, not {entry.schedule!r}"
    if row["command"] != entry.command:
        return f"runs another command: {row['command']}"
    if row["database"] != entry.database:
        return f"runs in the database {row['database']!r}"
    return None if row["active"] else "is not active"


def _add(home: Connection, entry: _Entry) -> None:
    if entry.database == home.info.dbname:
        home.execute(
            "SELECT cron.schedule(%s, %s, %s)", (entry.name, entry.schedule, entry.command)
        )
    else:
        home.execute(
            "SELECT cron.schedule_in_database(%s, %s, %s, %s)",
            (entry.name, entry.schedule, entry.command, entry.database),
        )


def _found(home: Connection, here: str, names: list[str]) -> list[Row]:
    return query(home, "cron_jobs", {"here": here, "names": names})


def _missing_rights(home: Connection, here: str) -> tuple[str, ...]:
    return tuple(query(home, "cron_rights", {"here": here})[0]["missing"])


def _recorded(connection: Connection) -> list[str]:
    # A rollback may have taken the table.
    if not query_sql(connection, "SELECT WHERE to_regclass('activity_sql.job') IS NOT NULL"):
        return []
    return [row["name"] for row in query_sql(connection, "SELECT name FROM activity_sql.job")]


@contextmanager
def _home_of_cron(connection: Connection, settings: Settings) -> Iterator[Connection | None]:
    if _has_cron(connection):
        yield connection
        return
    named = settings.cron_database
    parameters = {**settings.connection_parameters, "dbname": named or _DEFAULT_HOME}
    with ExitStack() as stack:
        try:
            there = replace(settings, connection_parameters=parameters)
            other = stack.enter_context(connect(there))
        except DatabaseError as error:
            if named:
                raise _wrong_home(named, error.cause) from error
            yield None
            return
        if named and not _has_cron(other):
            raise _wrong_home(named, "It has no extension pg_cron.")
        yield other if _has_cron(other) else None


def _wrong_home(named: str, cause: str) -> UsageError:
    return UsageError(
        f"pg_cron is not in the database {named!r}, which [cron] names: {cause}",
        mend="Name the database that cron.database_name names, or take [cron] out: "
        "`activity-sql worker` runs the jobs without pg_cron.",
    )


def _has_cron(connection: Connection) -> bool:
    return bool(query_sql(connection, "SELECT FROM pg_extension WHERE extname = 'pg_cron'"))
