"""Private databases to measure on: made rows, deployed, vacuumed, kept for the next run."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from activity_sql import cluster as clusters
from activity_sql.bench.fold import Fold, fold_anew
from activity_sql.db import Connection, connect, execute_sql, query
from activity_sql.populate import populate
from activity_sql.settings import Settings

UNTIL = datetime(2026, 1, 1, tzinfo=UTC)
# Asked as of here: edges that cut an hour, as an answer "until now" has.
AS_OF = datetime(2025, 12, 31, 10, 17, 23, tzinfo=UTC)
SEED = 1
# Stated in the report. Durability is off: nothing here is worth keeping. Commits are not
# asynchronous: a VACUUM right after one finds rows that it may not mark visible yet, and an index
# only scan then reads the table, in one run and not in the next.
SETTINGS = {
    "shared_buffers": "4GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "effective_cache_size": "12GB",
    "random_page_cost": "1.1",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "session_preload_libraries": "auto_explain",
}
_TABLES = files("activity_sql") / "demo" / "directus_tables.sql"
_AUTO_EXPLAIN = (
    "log_level",
    "log_min_duration",
    "log_nested_statements",
    "log_analyze",
    "log_buffers",
    "log_format",
)


@dataclass(frozen=True)
class Stage:
    """A running cluster for measurements."""

    cluster: clusters.Cluster

    @contextmanager
    def database(self, rows: int, days: int) -> Iterator[tuple[Connection, Settings, Fold]]:
        """A database of so many rows over so many days, made when it is not there; folded anew."""
        name = f"bench_{rows}_{days}"
        with connect(self._superuser("postgres")) as connection:
            _make_database(connection, name, self.cluster.password)
        settings = Settings(
            conninfo=self.cluster.conninfo(name, "directus", self.cluster.password),
            source="the bench",
        )
        with connect(settings) as connection:
            execute_sql(connection, _TABLES.read_text(encoding="utf-8"))
            if not connection.execute("SELECT 1 FROM directus_activity LIMIT 1").fetchone():
                populate(connection, rows=rows, days=days, until=UNTIL, seed=SEED)
            yield connection, settings, fold_anew(connection, settings)

    def _superuser(self, database: str) -> Settings:
        return Settings(conninfo=self.cluster.conninfo(database), source="the bench")


@contextmanager
def open_stage(directory: Path, installation: clusters.Installation) -> Iterator[Stage]:
    """Start the cluster in `directory`, made when it is not there; stop it, and keep its data."""
    try:
        yield Stage(clusters.start(directory, installation, settings=SETTINGS))
    finally:
        clusters.stop(directory)


def machine(connection: Connection) -> dict[str, str]:
    """What the figures were measured on."""
    (server,) = query(connection, "server")
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in _lines("/proc/cpuinfo")
            if line.startswith("model name")
        ),
        "unknown processor",
    )
    processors = sum(line.startswith("processor") for line in _lines("/proc/cpuinfo"))
    memory = next((line.split()[1] for line in _lines("/proc/meminfo")), "0")
    return {
        "processor": f"{model}, {processors} cores",
        "memory": f"{int(memory) / 1024**2:.0f} GiB",
        "server": f"PostgreSQL {server['version'].split()[0]}",
    }


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text(encoding="utf-8").splitlines() if file.is_file() else []


def _make_database(connection: Connection, name: str, password: str) -> None:
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'directus'").fetchone():
        execute_sql(connection, f"CREATE ROLE directus LOGIN PASSWORD '{password}'")
        for parameter in _AUTO_EXPLAIN:
            execute_sql(connection, f"GRANT SET ON PARAMETER auto_explain.{parameter} TO directus")
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
        execute_sql(connection, f"CREATE DATABASE {name} OWNER directus")
