"""yoyo, made to apply everything in the caller's one transaction. Nothing else imports yoyo."""

import getpass
import socket
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from yoyo import internalmigrations
from yoyo.backends.base import SavepointTransactionManager, TransactionManager
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import DatabaseURI
from yoyo.migrations import Migration as YoyoMigration
from yoyo.migrations import MigrationList, StepCollector, default_migration_table

from activity_sql.db import Connection, tuple_cursor


class TextMigration(YoyoMigration):
    """A migration whose SQL is given as text instead of a file's path.

    Its text is one step, run as it stands: nothing splits it. It depends on none: the list it
    stands in is in order.
    """

    def __init__(
        self,
        migration_id: str,
        sql: str,
        *,
        rollback: str | None = None,
        transactional: bool = True,
    ) -> None:
        super().__init__(migration_id, path=migration_id, source_dir="")
        self.sql = sql
        self.rollback = rollback
        self.transactional = transactional

    def load(self) -> None:
        if self.loaded:
            return
        collector = StepCollector(migration=self)
        collector.add_step(self.sql, self.rollback)
        self._depends: set[YoyoMigration] = set()
        self.use_transactions = self.transactional
        self.steps = collector.create_steps(self.use_transactions)


class _ReleasedSavepoint(SavepointTransactionManager):
    # yoyo keeps savepoints to the end, for databases whose DDL commits. Here hundreds of them
    # would overflow the subtransaction cache that every other session looks at.
    def _do_commit(self) -> None:
        self.backend.savepoint_release(self.id)


class Runner(PostgresqlPsycopgBackend):
    """yoyo's backend on a given connection, whose search_path begins with activity_sql.

    Differences from yoyo's own: steps, log and mark share one transaction, so that no kill
    leaves one without the others; no lock row that outlives its process (the caller holds an
    advisory lock); yoyo's tables are made in the same transaction.
    """

    def __init__(self, connection: Connection) -> None:
        self._given_connection = connection
        self._internal_schema_updated = False
        name = DatabaseURI("postgresql+psycopg", "", "", "", None, connection.info.dbname, {})
        super().__init__(name, default_migration_table)

    def connect(self, dburi: DatabaseURI) -> Connection:  # noqa: ARG002 - yoyo's signature
        return self._given_connection

    def cursor(self) -> Any:
        return tuple_cursor(self.connection)

    def transaction(self, rollback_on_exit: bool = False) -> Any:
        manager = _ReleasedSavepoint if self._in_transaction else TransactionManager
        return manager(self, rollback_on_exit=rollback_on_exit)

    def ensure_internal_schema_updated(self) -> None:
        if not self._internal_schema_updated:
            if internalmigrations.needs_upgrading(self):
                internalmigrations.upgrade(self)
            self._internal_schema_updated = True

    @contextmanager
    def lock(self, timeout: float = 10) -> Iterator[None]:  # noqa: ARG002 - yoyo's signature
        yield

    def apply_one(self, migration: TextMigration, force: bool = False, mark: bool = True) -> None:
        if migration.transactional:
            with self.transaction():
                migration.process_steps(self, "apply", force=force)
                self._note(migration, mark=mark)
        else:
            migration.process_steps(self, "apply", force=force)
            with self.transaction():
                self._note(migration, mark=mark)

    def rollback_one(self, migration: TextMigration, force: bool = False) -> None:
        with self.transaction():
            migration.process_steps(self, "rollback", force=force)
            self.log_migration(migration, "rollback")
            self.unmark_one(migration, log=False)

    def _note(self, migration: TextMigration, *, mark: bool) -> None:
        self.log_migration(migration, "apply")
        if mark:
            self.mark_one(migration, log=False)

    def forget(self, migration_ids: Sequence[str]) -> None:
        """Unmark ids whose object is gone or replaced, so that an older text can come back."""
        for migration_id in migration_ids:
            self.unmark_one(TextMigration(migration_id, ""))

    def pending(self, migrations: Sequence[TextMigration]) -> list[TextMigration]:
        """Those not applied yet, in their order."""
        return list(self.to_apply(MigrationList(migrations)))

    def get_log_data(self, migration: Any = None, operation: str = "apply") -> dict[str, Any]:
        # yoyo asks the resolver for a full name, and raises for a uid without a name.
        try:
            user = getpass.getuser()
        except (KeyError, OSError):
            user = "unknown"
        return {
            "id": str(uuid.uuid4()),
            "migration_id": migration.id if migration else None,
            "migration_hash": migration.hash if migration else None,
            "username": user,
            "hostname": socket.gethostname(),
            "created_at_utc": datetime.now(UTC).replace(tzinfo=None),
            "operation": operation,
        }
