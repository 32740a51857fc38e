"""What a database says, asked as Directus's own role."""

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.directus.database import Database
from tests.directus.ledger import Ledger

Statistics = dict[str, tuple[int, int, int, dict[str, int]]]


def statistics(database: Database) -> Statistics:
    """What get_ip_activity_stats answers, by address."""
    with psycopg.connect(database.conninfo, row_factory=dict_row) as connection:
        return by_address(
            connection.execute("SELECT * FROM get_ip_activity_stats(365, 1, NULL)").fetchall()
        )


def by_address(rows: Iterable[dict[str, Any]]) -> Statistics:
    return {
        row["ip"]: (
            int(row["total_actions"]),
            int(row["unique_collections"]),
            int(row["unique_users"]),
            row["action_breakdown"],
        )
        for row in rows
    }


def expected(ledger: Ledger) -> Statistics:
    """The same from what was sent."""
    return {
        address: (
            wanted.total_actions,
            wanted.unique_collections,
            wanted.unique_users,
            wanted.action_breakdown,
        )
        for address, wanted in ledger.expected().items()
    }


def timestamp_indexes(database: Database) -> dict[str, int]:
    """The indexes on "timestamp" alone, each with its oid: one that is built again has another."""
    with psycopg.connect(database.conninfo) as connection:
        rows = connection.execute(
            """
            SELECT relname, pg_class.oid
            FROM pg_index
            JOIN pg_class ON pg_class.oid = indexrelid
            JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
            WHERE indrelid = 'directus_activity'::regclass
                AND indnkeyatts = 1
                AND attname = 'timestamp'
            """
        )
        return dict(rows.fetchall())


def has_column(database: Database, table: str, column: str) -> bool:
    with psycopg.connect(database.conninfo) as connection:
        found = connection.execute(
            "SELECT 1 FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attname = %s AND NOT attisdropped",
            [table, column],
        )
        return found.fetchone() is not None
