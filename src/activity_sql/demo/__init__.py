"""A Directus database to try things on: embedded PostgreSQL, made-up activity, deployed."""

import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from activity_sql import cluster as clusters
from activity_sql.db import Connection, Row, connect, execute_sql
from activity_sql.deploy import Deployment, deploy
from activity_sql.generate import PROFILES
from activity_sql.populate import Watch, populate
from activity_sql.release import load_linted_release
from activity_sql.settings import Settings

SEED = 1
ROLE = "directus"
DATABASE = "directus"


@dataclass(frozen=True)
class Demo:
    """A running demo: where it is, a psql for it, what a deploy did, the ten busiest addresses."""

    url: str
    psql: str
    directory: Path
    generated_rows: int
    deployment: Deployment
    addresses: list[Row]


def default_directory() -> Path:
    """Where a demo lives unless told otherwise: outside of home, which the server may not read."""
    return Path(tempfile.gettempdir()) / "activity-sql-demo"


def run_demo(directory: Path, watch: Watch) -> Demo:
    """Start what is not running, make what is not there, deploy, ask.

    `watch` wraps the rows as they are written, for a progress bar. Rows are written all or none.

    Raises:
        UsageError: no PostgreSQL is installed. DatabaseError: it does not start.
    """
    installations = clusters.find_installations()
    cluster = clusters.start(directory, installations[-1])
    superuser = Settings(conninfo=cluster.conninfo(), source="the demo")
    with connect(superuser) as connection:
        _make_database(connection, cluster.password)
    settings = Settings(
        conninfo=cluster.conninfo(DATABASE, ROLE, cluster.password), source="the demo"
    )
    with connect(settings) as connection:
        generated = _make_rows(connection, watch)
        deployment = deploy(connection, load_linted_release(settings), settings)
        addresses = connection.execute("SELECT * FROM get_ip_activity_stats(7, 10, 10)").fetchall()
    return Demo(
        url=cluster.url(DATABASE, ROLE, cluster.password),
        psql=_psql(cluster),
        directory=directory,
        generated_rows=generated,
        deployment=deployment,
        addresses=addresses,
    )


def stop_demo(directory: Path) -> bool:
    """Stop the server; its data stays for the next run. False where none ran."""
    return clusters.stop(directory)


def _psql(cluster: clusters.Cluster) -> str:
    return "psql" if shutil.which("psql") else str(cluster.installation.bin_dir / "psql")


def _make_database(connection: Connection, password: str) -> None:
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ROLE,)).fetchone():
        # The password is hexadecimal or URL-safe, made by us.
        execute_sql(connection, f"CREATE ROLE {ROLE} LOGIN PASSWORD '{password}'")
    if not connection.execute(
        "SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)
    ).fetchone():
        execute_sql(connection, f"CREATE DATABASE {DATABASE} OWNER {ROLE}")


def _make_rows(connection: Connection, watch: Watch) -> int:
    """Directus's tables with their rows in one transaction; 0 where rows are there already."""
    tables = (files("activity_sql") / "demo" / "directus_tables.sql").read_text(encoding="utf-8")
    with connection.transaction():
        execute_sql(connection, tables)
        if connection.execute("SELECT 1 FROM directus_activity LIMIT 1").fetchone():
            return 0
        rows, days = PROFILES["small"]
        made = populate(
            connection, rows=rows, days=days, until=datetime.now(UTC), seed=SEED, watch=watch
        )
    return made.rows
