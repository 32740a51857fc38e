"""The way back: roll state back to a migration, or take everything out."""

from dataclasses import dataclass
from functools import partial

from activity_sql.catalog import built_indexes, find_directus, read_installation, read_state
from activity_sql.dashboards import remove_where_deployed
from activity_sql.db import Connection, execute_sql, set_phase, tool_transaction
from activity_sql.deploy import apply_release, drop_definitions, drop_indexes
from activity_sql.errors import DatabaseError, UsageError
from activity_sql.locks import deploy_lock, with_lock_retries
from activity_sql.migrate import Runner, TextMigration
from activity_sql.plan import DIRECTUS_INDEX, DatabaseState, LedgerEntry, Plan
from activity_sql.release import Release
from activity_sql.schedule import check_home, unschedule
from activity_sql.settings import Settings

# yoyo's own tables, dropped last: its rollback writes to them.
_YOYO_TABLES = ("_yoyo_log", "_yoyo_migration", "_yoyo_version", "yoyo_lock")


@dataclass(frozen=True)
class Removal:
    """What was taken out, in the order in which it went."""

    definitions: tuple[str, ...]
    migrations: tuple[str, ...]
    data_kept: bool


def uninstall(connection: Connection, settings: Settings, *, keep_data: bool) -> Removal:
    """Drop every object of ours in one transaction; with `keep_data` only the definitions.

    The dashboards and the policy that we put into Directus go with them.

    Works from the ledger, so it needs no sources and fits whatever version is deployed. The index
    on Directus's "timestamp" stays: Directus relies on it from 11 on. Other indexes that we built
    are dropped before it, CONCURRENTLY, and the jobs unscheduled: without the ledger nobody would
    know them. So the transaction is rehearsed first.

    Raises:
        DatabaseError: nothing is installed, or something of the user's own depends on an object of
            ours or lives in the schema activity_sql. Never CASCADE; nothing is dropped then.
        UsageError: pg_cron is not where the settings say.
    """

    def remove(*, rehearse: bool = False) -> Removal:
        # Each its own: a runner remembers that it made yoyo's tables.
        runner = Runner(connection)
        with runner.transaction(rollback_on_exit=rehearse):
            state = _installed(connection, settings)
            remove_where_deployed(connection)
            definitions = _definitions(state)
            drop_definitions(connection, runner, definitions)
            migrations = [] if keep_data else _state_newest_first(state)
            for entry in migrations:
                runner.rollback_one(_migration(entry))
            if not keep_data:
                for table in _YOYO_TABLES:
                    execute_sql(connection, f"DROP TABLE IF EXISTS activity_sql.{table}")
                execute_sql(connection, "DROP SCHEMA activity_sql")
        return Removal(
            definitions=tuple(entry.object for entry in definitions),
            migrations=tuple(entry.object for entry in migrations),
            data_kept=keep_data,
        )

    check_home(connection, settings)
    with deploy_lock(connection, settings):
        set_phase(connection, "rehearsing")
        with_lock_retries(connection, settings, partial(remove, rehearse=True))
        ours = [name for name in built_indexes(connection) if name != DIRECTUS_INDEX]
        drop_indexes(connection, settings, ours)
        set_phase(connection, "unscheduling")
        unschedule(connection, settings)
        set_phase(connection, "uninstalling")
        return with_lock_retries(connection, settings, remove)


def rollback(
    connection: Connection, release: Release, settings: Settings, target: str | None
) -> tuple[Removal, Plan]:
    """Roll state back to the migration `target` (its number or name), by default by one.

    In one transaction: drop the definitions, run the rollbacks that were recorded when the
    migrations were applied, newest first, and make the definitions from the sources again.

    Raises:
        UsageError: there is no such migration, or nothing above it, or it would be all of them.
        DatabaseError: a definition of these sources needs what is rolled back; nothing changed.
    """
    with tool_transaction(connection):
        find_directus(connection, settings).refuse_standby()
    runner = Runner(connection)

    def roll_back() -> tuple[Removal, Plan]:
        with runner.transaction():
            state = _installed(connection, settings)
            undone = _above(_state_newest_first(state), target)
            definitions = _definitions(state)
            drop_definitions(connection, runner, definitions)
            for entry in undone:
                runner.rollback_one(_migration(entry))
                connection.execute(
                    "DELETE FROM activity_sql.ledger WHERE object = %s", (entry.object,)
                )
            gone = {entry.object for entry in undone}
            kept = tuple(item for item in release.migrations if item.name not in gone)
            plan = apply_release(connection, runner, Release(kept, release.definitions), settings)
        removal = Removal(
            definitions=tuple(entry.object for entry in definitions),
            migrations=tuple(entry.object for entry in undone),
            data_kept=True,
        )
        return removal, plan

    with deploy_lock(connection, settings):
        set_phase(connection, "rolling back")
        return with_lock_retries(connection, settings, roll_back)


def _installed(connection: Connection, settings: Settings) -> DatabaseState:
    if read_installation(connection) is None:
        raise DatabaseError(
            "Nothing of activity-sql is installed here.", mend="Check the database and --schema."
        )
    return read_state(connection, settings, ())


def _definitions(state: DatabaseState) -> list[LedgerEntry]:
    return [entry for entry in state.ledger.values() if entry.lane == "definition"]


def _state_newest_first(state: DatabaseState) -> list[LedgerEntry]:
    entries = [entry for entry in state.ledger.values() if entry.lane == "state"]
    return sorted(entries, key=lambda entry: entry.object, reverse=True)


def _above(newest_first: list[LedgerEntry], target: str | None) -> list[LedgerEntry]:
    names = [entry.object for entry in newest_first]
    if target is None:
        position = 1
    else:
        matches = [name for name in names if name == target or name.split("_")[0] == target]
        if not matches:
            raise UsageError(
                f"No migration {target!r} is applied here.", mend=f"Applied: {', '.join(names)}."
            )
        position = names.index(matches[0])
    if position == 0:
        raise UsageError(
            f"The newest migration, {names[0]}, stays as it is.",
            mend="Name an older one with --to.",
        )
    if position >= len(names):
        raise UsageError(
            f"Only {names[-1]} is applied, which holds the ledger itself.",
            mend="Use `activity-sql uninstall` to take everything out.",
        )
    return newest_first[:position]


def _migration(entry: LedgerEntry) -> TextMigration:
    return TextMigration(entry.migration_id, entry.source, rollback=entry.rollback_source)
