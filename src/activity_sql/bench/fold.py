"""How fast a table is folded, and how much room its rollups take."""

import time
from dataclasses import dataclass

from activity_sql.catalog import read_installation
from activity_sql.db import Connection, execute, execute_sql, query
from activity_sql.deploy import deploy
from activity_sql.release import load_linted_release
from activity_sql.remove import uninstall
from activity_sql.settings import Settings


@dataclass(frozen=True)
class Fold:
    """A backfill of `rows` in `seconds`; sizes in bytes, of the table with its indexes."""

    rows: int
    seconds: float
    rollup_bytes: int
    table_bytes: int

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds

    @property
    def share(self) -> float:
        return self.rollup_bytes / self.table_bytes


def fold_anew(connection: Connection, settings: Settings) -> Fold:
    """Deploy to a database that has nothing of ours left, fold everything, vacuum."""
    if read_installation(connection):
        uninstall(connection, settings, keep_data=False)
    deploy(connection, load_linted_release(settings), settings)
    execute(connection, "keep_recent_quarters")
    started = time.perf_counter()
    execute_sql(connection, "CALL activity_sql.backfill()")
    execute(connection, "keep_recent_trailing")
    seconds = time.perf_counter() - started
    execute_sql(connection, "VACUUM (FREEZE, ANALYZE)")
    (found,) = query(connection, "fold_figures")
    return Fold(found["rows"], seconds, found["rollup_bytes"], found["table_bytes"])
