"""Write made-up rows into Directus's tables: all of them, or none."""

from datetime import datetime

from activity_sql.db import Connection, copy_rows
from activity_sql.generate import ActivityRow, UserRow, activity_rows, users


def populate(connection: Connection, *, rows: int, days: int, until: datetime, seed: int) -> None:
    """Write the users and `rows` activity rows of the `days` before `until`."""
    with connection.transaction():
        copy_rows(connection, "directus_users", UserRow._fields, users(seed))
        made = activity_rows(rows=rows, days=days, until=until, seed=seed)
        copy_rows(connection, "directus_activity", ActivityRow._fields, made)
