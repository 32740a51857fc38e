"""The dashboards in Directus, and the policy that reads them: two calls of SQL."""

from activity_sql.db import Connection, Row, query, query_sql, tool_transaction


def install(connection: Connection, *, reset: bool) -> list[Row]:
    """Per table of Directus: how many rows were written, unchanged, or kept as a user has them.

    Raises:
        DatabaseError: from `connect`: not deployed, or this Directus has no dashboards.
    """
    with tool_transaction(connection):
        return query(connection, "install_dashboards", {"reset": reset})


def remove(connection: Connection) -> list[Row]:
    """Per table of Directus: how many rows were removed. Raises as `install`."""
    with tool_transaction(connection):
        return query(connection, "remove_dashboards")


def remove_where_deployed(connection: Connection) -> None:
    """The same within the caller's transaction; nothing where an older version is deployed."""
    (found,) = query_sql(
        connection,
        "SELECT to_regprocedure('activity_sql.remove_dashboards()') IS NOT NULL AS there",
    )
    if found["there"]:
        query(connection, "remove_dashboards")
