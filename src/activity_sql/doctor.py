"""Run the checks of sql/checks: what is wrong now, and how to mend it. Reads only."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from activity_sql.db import Connection, StatementError, explained, query_sql, tool_transaction
from activity_sql.render import render_text
from activity_sql.settings import Settings
from activity_sql.sources import read_headed

Status = Literal["OK", "WARN", "CRIT"]


@dataclass(frozen=True)
class Check:
    """One question about the database; each row of `sql` is something wrong.

    Rows are (status 'WARN' or 'CRIT', said, mend): `mend` is a statement or a command.
    """

    id: str
    what: str
    why: str
    sql: str


@dataclass(frozen=True)
class Diagnosis:
    """What a check found; `findings` are (said, mend), none where `status` is OK."""

    check: Check
    status: Status
    findings: tuple[tuple[str, str], ...]


def read_checks(root: Path, settings: Settings) -> tuple[Check, ...]:
    """Every check under `root`/sql/checks by its id, rendered.

    Raises:
        UsageError: a header or a template is malformed.
    """
    return tuple(
        _read(path, str(path.relative_to(root)), settings)
        for path in sorted((root / "sql" / "checks").glob("*.sql"))
    )


def examine(connection: Connection, check: Check) -> Diagnosis:
    """One check's finding. One that cannot run is critical: what it looks at is broken."""
    try:
        with tool_transaction(connection):
            rows = query_sql(connection, check.sql)
    except StatementError as error:
        if connection.closed:
            raise
        failure = explained(error)
        return Diagnosis(check, "CRIT", ((failure.cause, failure.mend or ""),))
    statuses = {row["status"] for row in rows}
    status: Status = "CRIT" if "CRIT" in statuses else "WARN" if statuses else "OK"
    return Diagnosis(check, status, tuple((row["said"], row["mend"]) for row in rows))


def _read(path: Path, shown: str, settings: Settings) -> Check:
    header, template = read_headed(path, shown)
    sql = render_text(template, shown, settings)
    return Check(path.stem, str(header.get("what", "")), str(header.get("why", "")), sql)
