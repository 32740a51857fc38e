"""Upkeep by hand: the nightly tasks, and what no function can run."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from activity_sql.db import Connection, execute_sql, query, query_sql, settle_session, statement
from activity_sql.locks import refuse_transaction_pooler
from activity_sql.render import quote_identifier
from activity_sql.settings import Settings


@dataclass(frozen=True)
class Done:
    """One task, what it did, and how long it took."""

    task: str
    detail: str
    duration_ms: float


def maintain(connection: Connection, settings: Settings, min_bloat_percent: int) -> Iterator[Done]:
    """maintain_activity_table(), then REINDEX CONCURRENTLY what is bloated, then VACUUM.

    Never blocks a writer.

    Raises:
        DatabaseError: from `connect`; what was done before stays done.
    """
    refuse_transaction_pooler(connection, settings)
    settle_session(connection, settings.lock_timeout_seconds)
    schema = quote_identifier(settings.directus_schema)
    for row in query_sql(connection, statement("maintain").replace("<<schema>>", schema)):
        yield Done(row["task"], row["detail"], float(row["duration_ms"]))
    text = statement("bloated_indexes").replace("<<schema>>", schema)
    for row in query_sql(connection, text.replace("<<percent>>", str(min_bloat_percent))):
        if row["action"] == "reindex":
            yield _run(connection, "reindex", row["index_name"], "REINDEX INDEX CONCURRENTLY ")
    for row in query(connection, "tables_to_vacuum", {"schema": settings.directus_schema}):
        yield _run(connection, "vacuum", row["name"], "VACUUM (ANALYZE) ")


def _run(connection: Connection, task: str, name: str, command: str) -> Done:
    started = time.monotonic()
    execute_sql(connection, command + name)
    return Done(task, name, round((time.monotonic() - started) * 1000, 3))
