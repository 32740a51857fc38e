"""The rollups from outside: fold, publish, count again, prove, and say how far they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from activity_sql.db import Connection, Row, query, query_sql, statement, tool_transaction
from activity_sql.errors import DatabaseError
from activity_sql.render import quote_identifier
from activity_sql.settings import Settings


@dataclass(frozen=True)
class RollupCheck:
    """What a proof found. Rows of compare_rollups: hours with fewer rows than were folded, and
    hours with others; rows of check_rollups: months that are not what they were made from."""

    pruned: tuple[Row, ...]
    changed: tuple[Row, ...]
    problems: tuple[Row, ...]

    @property
    def has_findings(self) -> bool:
        """Pruned rows go on counting: that is what the rollups are for."""
        return bool(self.changed or self.problems)


def refresh(connection: Connection, settings: Settings, max_rows: int) -> Iterator[Row]:
    """Fold until nothing settled is left; the row of refresh_activity_rollups after each commit.

    Raises:
        DatabaseError: from `connect`, where rows could be lost; its mend says what to do.
    """
    text = (
        statement("refresh")
        .replace("<<schema>>", quote_identifier(settings.directus_schema))
        .replace("<<max_rows>>", str(max_rows))
    )
    more = True
    while more:
        with tool_transaction(connection):
            (step,) = query_sql(connection, text)
        yield step
        more = step["more"]


def publish(connection: Connection) -> None:
    """Bring the tables that Directus reads up to date.

    Raises:
        DatabaseError: that failed; they are as they were, and what was folded stays folded.
    """
    with tool_transaction(connection):
        rows = query(connection, "publish")
    for row in rows:
        if row["failed"]:
            raise DatabaseError(
                f"{row['said']}.",
                mend="What was folded stays folded: mend the cause, then refresh again.",
            )


def rebuild(connection: Connection, start: datetime | None, end: datetime | None) -> int:
    """Count the rows that are there again, in whole hours from `start` to `end`; how many.

    What is gone from directus_activity, and not in the archive, is forgotten.
    """
    with tool_transaction(connection):
        (row,) = query(connection, "rebuild_rollups", {"from": start, "to": end})
    return int(row["counted_rows"])


def check(connection: Connection) -> RollupCheck:
    """Prove every hour, day and month whose rows or hours are there. Changes nothing."""
    with tool_transaction(connection):
        differences = query(connection, "compare_rollups")
        problems = query(connection, "check_rollups")
    by_verdict = {
        verdict: tuple(row for row in differences if row["verdict"] == verdict)
        for verdict in ("pruned", "changed")
    }
    return RollupCheck(**by_verdict, problems=tuple(problems))


def read_status(connection: Connection) -> dict[str, Any] | None:
    """The row of rollup_status, as JSON has it; None where an older version is deployed."""
    (found,) = query_sql(
        connection, "SELECT to_regprocedure('activity_sql.rollup_status()') IS NOT NULL AS there"
    )
    return query(connection, "rollup_status")[0]["status"] if found["there"] else None
