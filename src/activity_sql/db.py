"""The connection: opened from the settings, its errors explained. Nothing else imports psycopg."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, TupleRow, dict_row, tuple_row

from activity_sql.errors import DatabaseError, UsageError
from activity_sql.settings import Settings

Connection = psycopg.Connection[DictRow]
Row = DictRow

_NOT_DEPLOYED = "Run `activity-sql migrate`: what is called is not there."
_MENDS = {
    "25006": "Point the connection at the primary server, or set default_transaction_read_only off "
    "for the role.",
    "2BP01": "Drop or change what depends on it first, then run this again.",
    "3F000": _NOT_DEPLOYED,
    "42501": "Connect as the role that owns Directus's tables, or have it granted.",
    "42P07": "Rename or drop the object in the way, then run this again.",
    "42710": "Rename or drop the object in the way, then run this again.",
    "42883": _NOT_DEPLOYED,
    "53100": "Free some disk space, then run this again.",
    "55P03": "Wait for the transaction that holds the lock, or end it, then run this again.",
}


@contextmanager
def connect(settings: Settings) -> Iterator[Connection]:
    """An autocommit connection whose rows are dicts.

    Raises:
        UsageError: the connection string is malformed.
        DatabaseError: the server cannot be reached, or a statement inside the block failed;
            nothing of an open transaction stays.
    """
    try:
        conninfo = make_conninfo(
            settings.conninfo,
            **{"application_name": "activity-sql", "connect_timeout": "10"}
            | conninfo_to_dict(settings.conninfo)
            | dict(settings.connection_parameters),
        )
    except psycopg.ProgrammingError as error:
        raise UsageError(
            f"The connection string from {settings.source} is malformed: {_first_line(error)}.",
            mend="Write postgresql://user:password@host:port/database; percent-encode special "
            "characters.",
        ) from error
    try:
        connection = psycopg.Connection.connect(conninfo, autocommit=True, row_factory=dict_row)
        # Whatever the role's default is: rows cannot be folded in one snapshot.
        connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    except psycopg.Error as error:
        raise DatabaseError(
            f"The database from {settings.source} cannot be reached: {_first_line(error)}.",
            mend="Check host, port, database, role and password, and that PostgreSQL runs there.",
        ) from error
    try:
        with connection:
            yield connection
    except psycopg.Error as error:
        raise explained(error) from error


@cache
def statement(name: str) -> str:
    """The text of queries/`name`.sql."""
    return (files("activity_sql") / "queries" / f"{name}.sql").read_text(encoding="utf-8")


def query(
    connection: Connection, name: str, parameters: Mapping[str, Any] | None = None
) -> list[Row]:
    """The rows of queries/`name`.sql."""
    return connection.execute(statement(name).encode(), parameters).fetchall()


def execute(connection: Connection, name: str, parameters: Mapping[str, Any] | None = None) -> None:
    """Run queries/`name`.sql for its effect."""
    connection.execute(statement(name).encode(), parameters)


def execute_sql(connection: Connection, text: str) -> None:
    """Run a statement the catalog or a source file gave, without parameters."""
    connection.execute(text.encode())


def query_sql(connection: Connection, text: str) -> list[Row]:
    """The rows of a statement that a source file gave, without parameters."""
    return connection.execute(text.encode()).fetchall()


def cancel(connection: Connection) -> None:
    """Ask the server to end what `connection`, busy in another thread, is waiting for."""
    with suppress(psycopg.Error):
        connection.cancel_safe(timeout=5)


def settle_session(connection: Connection, lock_timeout_seconds: float) -> None:
    """The tool's settings (queries/begin.sql) to the session's end, and a bound on lock waits.

    Not before a pooler in transaction mode is ruled out: its next client would get them too.
    """
    execute_sql(connection, statement("begin").replace("SET LOCAL", "SET"))
    connection.execute(
        "SELECT set_config('lock_timeout', %s, false)", (f"{lock_timeout_seconds * 1000:.0f}ms",)
    )


def copy_rows(
    connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Write rows by COPY; all of them, or none if one fails."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def copy_to_file(connection: Connection, name: str, texts: Mapping[str, str], path: Path) -> None:
    """Write what queries/`name`.sql copies out, its <<markers>> replaced, to a file."""
    text = statement(name)
    for marker, replacement in texts.items():
        text = text.replace(f"<<{marker}>>", replacement)
    with connection.cursor() as cursor, cursor.copy(text.encode()) as copy, path.open("wb") as out:
        for block in copy:
            out.write(block)


def tuple_cursor(connection: Connection) -> psycopg.Cursor[TupleRow]:
    """A cursor with plain rows, as the DB-API has them."""
    return connection.cursor(row_factory=tuple_row)


@contextmanager
def tool_transaction(connection: Connection) -> Iterator[None]:
    """A transaction under the tool's own session settings (queries/begin.sql)."""
    with connection.transaction():
        execute(connection, "begin")
        yield


@contextmanager
def notices(connection: Connection) -> Iterator[list[str]]:
    """The server's messages to this connection inside the block."""
    said: list[str] = []

    def listen(diagnostic: psycopg.errors.Diagnostic) -> None:
        said.append(diagnostic.message_primary or "")

    connection.add_notice_handler(listen)
    try:
        yield said
    finally:
        connection.remove_notice_handler(listen)


def set_phase(connection: Connection, phase: str) -> None:
    """Say in pg_stat_activity what the tool is at: `activity-sql: applying`."""
    connection.execute(
        "SELECT pg_catalog.set_config('application_name', %s, false)", (f"activity-sql: {phase}",)
    )


def location(error: BaseException, text: str) -> int | None:
    """The line of `text` at which PostgreSQL reported `error`, if it did."""
    if not isinstance(error, psycopg.Error) or not error.diag.statement_position:
        return None
    return text.count("\n", 0, int(error.diag.statement_position) - 1) + 1


StatementError = psycopg.Error


def explained(error: psycopg.Error) -> DatabaseError:
    """What a failed statement means to a person; `connect` raises it."""
    # On a lost connection the rollback fails too, and with less to say.
    while isinstance(error.__context__, psycopg.Error):
        error = error.__context__
    state = error.sqlstate
    if state is None or state.startswith(("57P", "08")):
        return DatabaseError(
            f"The connection was lost: {_first_line(error)}"
            + (f" (SQLSTATE {state})." if state else "."),
            mend="Run this again; what was not committed is gone.",
        )
    detail = error.diag.message_detail
    cause = f"PostgreSQL refused: {_first_line(error)} (SQLSTATE {state})."
    mend = _MENDS.get(state) or error.diag.message_hint
    return DatabaseError(f"{cause}\n{detail}" if detail else cause, mend=mend)


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__
