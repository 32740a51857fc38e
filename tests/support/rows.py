"""Put rows into directus_activity and call a public function, exactly typed."""

import json
from collections.abc import Iterable
from decimal import Decimal
from functools import partial
from typing import Any

import psycopg
from psycopg.types.json import set_json_loads

from tests.oracle import Activity
from tests.support.directus import QUOTED_ODD_SCHEMA

exact_json = partial(json.loads, parse_float=Decimal)


def insert(connection: psycopg.Connection, rows: Iterable[tuple[Activity, int]]) -> None:
    """Each row as often as its number says."""
    columns: list[list[Any]] = [[], [], [], [], [], [], []]
    for row, times in rows:
        values = (row.action, row.user, row.timestamp, row.ip, row.collection, row.item, times)
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    connection.execute(
        f"""
        INSERT INTO {QUOTED_ODD_SCHEMA.replace("%", "%%")}.directus_activity
            (action, "user", "timestamp", ip, collection, item)
        SELECT action, "user", "timestamp", ip, collection, item
        FROM unnest(%s::text[], %s::uuid[], %s::timestamptz[], %s::text[], %s::text[], %s::text[],
                %s::int[]) AS row (action, "user", "timestamp", ip, collection, item, times),
            LATERAL pg_catalog.generate_series(1, times)
        """,
        columns,
    )


def call(connection: psycopg.Connection, function: str, **arguments: Any) -> list[dict[str, Any]]:
    """The rows of a function called unqualified, numbers in jsonb exact."""
    set_json_loads(exact_json, connection)
    named = ", ".join(f"{name} => %({name})s" for name in arguments)
    return connection.execute(f"SELECT * FROM {function}({named})", arguments).fetchall()
