"""Put users into directus_users."""

from collections.abc import Iterable
from uuid import UUID

import psycopg

from tests.support.directus import QUOTED_ODD_SCHEMA


def add_users(connection: psycopg.Connection, users: Iterable[UUID]) -> None:
    table = QUOTED_ODD_SCHEMA.replace("%", "%%") + ".directus_users"
    connection.execute(
        f"INSERT INTO {table} (id) SELECT id FROM unnest(%s::uuid[]) AS id", [list(users)]
    )
