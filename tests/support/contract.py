"""What the contract tests of all functions ask in the same way."""

from typing import Any

import psycopg
import pytest

from tests.support.rows import call


def types_of(connection: psycopg.Connection, function: str, **arguments: Any) -> dict[str, str]:
    """The columns of a function's answer, in their order, each with its type."""
    named = ", ".join(f"{name} => %({name})s" for name in arguments)
    cursor = connection.execute(f"SELECT * FROM {function}({named})", arguments)
    types = psycopg.adapters.types
    return {column.name: types[column.type_code].name for column in cursor.description}


def refuses(
    connection: psycopg.Connection, function: str, message: str, hint: str, **arguments: Any
) -> None:
    """That a wrong argument raises, in these words."""
    with pytest.raises(psycopg.errors.InvalidParameterValue) as raised:
        call(connection, function, **arguments)
    assert raised.value.diag.message_primary.startswith(message)
    assert hint in raised.value.diag.message_hint


def exclude(
    connection: psycopg.Connection, actions: list[str] | None = None, users: list[Any] | None = None
) -> None:
    """Count none of these; at once, while nothing is folded."""
    connection.execute(
        "SELECT activity_sql.configure("
        "p_excluded_actions => %s::text[], p_excluded_users => %s::uuid[])",
        [actions, users],
    )
