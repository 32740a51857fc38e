"""What the database says of itself: the server, Directus's table, our objects."""

from collections.abc import Iterable
from dataclasses import dataclass

from activity_sql.db import Connection, Row, query, statement
from activity_sql.errors import DatabaseError
from activity_sql.plan import DatabaseState, LedgerEntry
from activity_sql.render import Definition
from activity_sql.settings import Settings
from activity_sql.statements import index_shape

LOWEST_MAJOR = 15

# What every Directus from 9 on has, and what the SQL here reads.
_COLUMNS = {
    "id": "integer",
    "action": "character varying",
    "user": "uuid",
    "timestamp": "timestamp with time zone",
    "ip": "character varying",
    "collection": "character varying",
    "item": "character varying",
}


@dataclass(frozen=True)
class DirectusDatabase:
    """The server and its Directus, found fit to deploy to.

    `estimated_rows` is None for a table that was never analyzed.
    """

    schema: str
    database: str
    role: str
    server_major: int
    server_version: str
    is_standby: bool
    estimated_rows: int | None

    def refuse_standby(self) -> None:
        """Raise DatabaseError where nothing can be written."""
        if self.is_standby:
            raise DatabaseError(
                f"Database {self.database!r} is on a standby server, which is read-only.",
                mend="Point the connection at the primary server.",
            )


@dataclass(frozen=True)
class Installation:
    """The row of activity_sql.installation."""

    directus_schema: str
    tool_version: str
    installed_at: str
    changed_at: str


@dataclass(frozen=True)
class BodyFinding:
    """One line of plpgsql_check; `level` is its own word: error, warning or one of its kinds."""

    signature: str
    line: int | None
    level: str
    message: str

    def __str__(self) -> str:
        where = f"{self.signature}, line {self.line}" if self.line else self.signature
        return f"{where}: {self.level}: {self.message}"


def find_directus(connection: Connection, settings: Settings) -> DirectusDatabase:
    """Directus's table, checked.

    Raises:
        DatabaseError: the server is too old, or there is no directus_activity in the schema, or it
            is not a table of a Directus 9 to 12.
    """
    (server,) = query(connection, "server")
    if server["major"] < LOWEST_MAJOR:
        raise DatabaseError(
            f"This is PostgreSQL {server['version']}; {LOWEST_MAJOR} is the oldest supported.",
            mend="Upgrade the server.",
        )
    tables = {row["schema_name"]: row for row in query(connection, "activity_table")}
    table = tables.get(settings.directus_schema)
    if table is None:
        elsewhere = ", ".join(repr(schema) for schema in tables)
        raise DatabaseError(
            f"There is no table directus_activity in schema {settings.directus_schema!r} of "
            f"database {server['database_name']!r}.",
            mend=f"It is in schema {elsewhere}: name that with --schema."
            if elsewhere
            else "Point the connection at the database of a Directus that has been bootstrapped.",
        )
    _check_table(table, settings.directus_schema, server["role_name"])
    return DirectusDatabase(
        schema=settings.directus_schema,
        database=server["database_name"],
        role=server["role_name"],
        server_major=server["major"],
        server_version=server["version"].split()[0],
        is_standby=server["is_standby"],
        estimated_rows=table["estimated_rows"],
    )


def _check_table(table: Row, schema: str, role: str) -> None:
    name = f"{schema}.directus_activity"
    if table["kind"] not in ("r", "p"):
        raise DatabaseError(
            f"{name} is not a table.", mend="Name the schema of Directus itself with --schema."
        )
    for column, expected in _COLUMNS.items():
        actual = table["columns"].get(column)
        if actual is None or not actual.startswith(expected):
            raise DatabaseError(
                f"{name} is not the table of a Directus 9 to 12: column {column} is "
                f"{actual or 'missing'}, not {expected}.",
                mend="Bring Directus to a supported version first.",
            )
    if not table["may_select"]:
        raise DatabaseError(
            f"Role {role!r} may not read {name}.",
            mend="Connect as the role that Directus itself uses.",
        )


def read_state(
    connection: Connection, settings: Settings, definitions: Iterable[Definition]
) -> DatabaseState:
    """What is recorded and what is there, for a plan. To be read in a `tool_transaction`.

    Raises:
        DatabaseError: a schema activity_sql exists that is not ours, or serves another Directus.
    """
    (server,) = query(connection, "server")
    installation = read_installation(connection)
    if installation and installation.directus_schema != settings.directus_schema:
        raise DatabaseError(
            f"This database already serves the Directus in schema "
            f"{installation.directus_schema!r}, not {settings.directus_schema!r}.",
            mend=f"Use --schema {installation.directus_schema}, or uninstall there first.",
        )
    rows = query(connection, "ledger") if installation else []
    ledger = {row["object"]: LedgerEntry(**row) for row in rows}
    definitions = tuple(definitions)
    names = {(item.schema, item.name) for item in definitions if item.kind != "index"}
    names |= {(entry.schema, entry.name) for entry in ledger.values() if entry.schema}
    equal, broken = _indexes(connection, settings, definitions)
    return DatabaseState(
        server_major=server["major"],
        ledger=ledger,
        fingerprints=read_fingerprints(connection, names),
        published=frozenset(
            row["object"]
            for row in query(
                connection, "published_objects", {"directus_schema": settings.directus_schema}
            )
        ),
        equal_indexes=equal,
        broken_indexes=broken,
        built_indexes=built_indexes(connection),
        correlation=_correlation(connection, settings),
    )


def read_installation(connection: Connection) -> Installation | None:
    """Where and by which version this database was deployed to; None where it was not.

    Raises:
        DatabaseError: a schema activity_sql exists that is not ours.
    """
    (schema,) = query(connection, "schema_state")
    if not schema["schema_exists"]:
        return None
    if not schema["is_ours"]:
        raise DatabaseError(
            "A schema activity_sql exists that this tool did not make.",
            mend="Rename or drop it, then run this again.",
        )
    (row,) = query(connection, "installation")
    return Installation(
        row["directus_schema"],
        row["tool_version"],
        row["installed_at"].isoformat(),
        row["changed_at"].isoformat(),
    )


# (schema, name) of functions, tables and views.
Names = Iterable[tuple[str | None, str]]


def read_fingerprints(connection: Connection, names: Names) -> dict[str, str]:
    """Object to hash of what the catalog shows; what is missing has none."""
    rows = query(connection, "fingerprints", _columns_of(names))
    return {row["object"]: row["fingerprint"] for row in rows}


def addresses(connection: Connection, kind: str, schema: str | None, name: str) -> list[str]:
    """The objects of that name, overloads too, each as DROP names it: `ROUTINE s.f(integer)`."""
    rows = query(connection, "addresses", {"kind": kind, "schema": schema, "name": name})
    return [row["address"] for row in rows]


def stray_grants(connection: Connection, names: Names) -> list[tuple[str, str]]:
    """(address as REVOKE names it, grantee) of each grant to anyone but the owner."""
    rows = query(connection, "stray_grants", _columns_of(names))
    return [(row["address"], row["grantee"]) for row in rows]


def _columns_of(names: Names) -> dict[str, list[str | None]]:
    pairs = list(names)
    return {"schemas": [schema for schema, _ in pairs], "names": [name for _, name in pairs]}


def check_bodies(connection: Connection, names: Names) -> tuple[BodyFinding, ...] | None:
    """What plpgsql_check finds in the functions; None where the extension is not installed."""
    extension = connection.execute(
        "SELECT extnamespace::regnamespace::text AS schema FROM pg_extension "
        "WHERE extname = 'plpgsql_check'"
    ).fetchone()
    if extension is None:
        return None
    text = statement("plpgsql_check").replace("{extension_schema}", extension["schema"])
    rows = connection.execute(text.encode(), _columns_of(names)).fetchall()
    return tuple(
        BodyFinding(row["signature"], row["line"], row["level"], row["message"]) for row in rows
    )


def built_indexes(connection: Connection) -> dict[str, str]:
    """The indexes on directus_activity that we built, by name, with their ids in yoyo's list."""
    # A bundle deploys without yoyo's tables.
    (table,) = query(connection, "yoyo_table")
    if not table["is_there"]:
        return {}
    return {row["name"]: row["migration_id"] for row in query(connection, "built_indexes")}


def _correlation(connection: Connection, settings: Settings) -> float | None:
    rows = query(connection, "correlation", {"schema": settings.directus_schema})
    return rows[0]["correlation"] if rows else None


def _indexes(
    connection: Connection, settings: Settings, definitions: tuple[Definition, ...]
) -> tuple[dict[str, str], frozenset[str]]:
    equal: dict[str, str] = {}
    broken: set[str] = set()
    for definition in definitions:
        if definition.kind != "index":
            continue
        shape = index_shape(definition.sql)
        rows = query(
            connection,
            "indexes_on_columns",
            {
                "schema": settings.directus_schema,
                "table": "directus_activity",
                "name": definition.name,
                "method": shape.method,
                "columns": list(shape.columns),
                "is_partial": shape.is_partial,
            },
        )
        for row in rows:
            if row["is_valid"]:
                equal.setdefault(definition.name, row["index_name"])
            elif row["index_name"] == definition.name:
                broken.add(definition.name)
    return equal, frozenset(broken)
