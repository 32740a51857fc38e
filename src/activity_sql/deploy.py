"""Bring a database to a release: one lock, one transaction, then the concurrent indexes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version

from activity_sql.catalog import (
    BodyFinding,
    DirectusDatabase,
    check_bodies,
    find_directus,
    function_signatures,
    read_fingerprints,
    read_state,
    stray_grants,
)
from activity_sql.db import (
    Connection,
    StatementError,
    execute,
    execute_sql,
    location,
    tool_transaction,
)
from activity_sql.errors import DatabaseError, FindingsError
from activity_sql.migrate import Runner, TextMigration
from activity_sql.plan import DatabaseState, Plan, make_plan
from activity_sql.release import Release
from activity_sql.render import Definition, checksum, function_header, quote_identifier
from activity_sql.settings import Settings
from activity_sql.sources import Migration

# 'activity-sql' has no meaning to pg_advisory_lock: two fixed numbers stand for it.
_LOCK = (0x61637469, 0x73716C00)
_LOCK_WAIT_SECONDS = 120.0
_LOCK_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Deployment:
    """What a deploy did."""

    directus: DirectusDatabase
    plan: Plan
    seconds: float


def preview(
    connection: Connection, release: Release, settings: Settings, *, repair: bool = False
) -> tuple[DirectusDatabase, Plan]:
    """What `deploy` would do. Reads only."""
    with tool_transaction(connection):
        directus = find_directus(connection, settings)
        state = read_state(connection, settings, release.definitions)
    return directus, make_plan(release.migrations, release.definitions, state, repair=repair)


def deploy(
    connection: Connection, release: Release, settings: Settings, *, repair: bool = False
) -> Deployment:
    """Apply what is pending, whole or not at all, and verify it.

    Locks: an advisory lock against other deploys; on Directus's tables none but those of
    CREATE INDEX CONCURRENTLY. A lock not had within the settings' lock_timeout is an error.

    Raises:
        DatabaseError: not a Directus database, or a statement failed; nothing of it stays.
        FindingsError: the plan refuses (drift, an edited migration, a name in the way), or the
            deployed objects do not verify.
    """
    started = time.monotonic()
    directus = find_directus(connection, settings)
    with _deploy_lock(connection):
        plan = _apply_in_one_transaction(connection, release, settings, repair=repair)
        _build_indexes(connection, release, settings, plan)
    verify(connection, release, settings)
    return Deployment(directus, plan, time.monotonic() - started)


def verify(
    connection: Connection, release: Release, settings: Settings
) -> tuple[BodyFinding, ...] | None:
    """Check that the database is what the sources say, and the bodies with plpgsql_check.

    Returns the warnings of plpgsql_check, or None where the extension is not installed.

    Raises:
        FindingsError: something is missing, pending, drifted, or an error in a body.
    """
    _, plan = preview(connection, release, settings)
    refuse(plan)
    if plan.steps:
        raise FindingsError(
            "The database is behind the sources: "
            + "; ".join(f"{step.object} ({step.reason})" for step in plan.steps)
            + ".",
            mend="Run `activity-sql migrate`.",
        )
    return _refuse_broken_bodies(connection, release, settings)


def _refuse_broken_bodies(
    connection: Connection, release: Release, settings: Settings
) -> tuple[BodyFinding, ...] | None:
    names = [definition.name for definition in release.definitions if definition.kind == "function"]
    findings = check_bodies(connection, settings, names)
    errors = [str(finding) for finding in findings or () if finding.level == "error"]
    if errors:
        raise FindingsError(
            "plpgsql_check found:\n" + "\n".join(errors), mend="Correct the function's source."
        )
    return findings


def refuse(plan: Plan) -> None:
    """Raise FindingsError for a plan with refusals: each cause with its mend."""
    if plan.refusals:
        raise FindingsError(
            "Nothing was changed, since\n"
            + "\n".join(
                f"  {refusal.object} {refusal.cause}.\n    {refusal.mend}"
                for refusal in plan.refusals
            )
        )


@contextmanager
def _deploy_lock(connection: Connection) -> Iterator[None]:
    """One deploy at a time, by a session lock that no kill outlives.

    Polled, since a session that waits inside pg_advisory_lock holds a snapshot, for which the
    other's CREATE INDEX CONCURRENTLY would wait in turn.
    """
    deadline = time.monotonic() + _LOCK_WAIT_SECONDS
    while not _one(connection, "SELECT pg_try_advisory_lock(%s, %s) AS value"):
        if time.monotonic() > deadline:
            raise DatabaseError(
                f"Another deploy has held the lock for {_LOCK_WAIT_SECONDS:.0f} s.",
                mend="Wait for it, or end the session that pg_locks shows with locktype 'advisory' "
                f"and classid {_LOCK[0]}.",
            )
        time.sleep(_LOCK_POLL_SECONDS)
    try:
        yield
    finally:
        if not connection.closed and not connection.broken:
            _one(connection, "SELECT pg_advisory_unlock(%s, %s) AS value")


def _one(connection: Connection, sql: str) -> object:
    row = connection.execute(sql.encode(), _LOCK).fetchone()
    return row and row["value"]


def _apply_in_one_transaction(
    connection: Connection, release: Release, settings: Settings, *, repair: bool
) -> Plan:
    runner = Runner(connection)
    with runner.transaction():
        _set_lock_timeout(connection, settings)
        state = read_state(connection, settings, release.definitions)
        plan = make_plan(release.migrations, release.definitions, state, repair=repair)
        refuse(plan)
        if any(step.action != "build" for step in plan.steps):
            execute_sql(connection, "CREATE SCHEMA IF NOT EXISTS activity_sql")
            _make_way(connection, runner, settings, release, plan, state)
            _run(runner, release, plan)
            _restrict(connection, settings, release)
            _record(connection, settings, release, plan)
            _refuse_broken_bodies(connection, release, settings)
    return plan


def _set_lock_timeout(connection: Connection, settings: Settings) -> None:
    milliseconds = str(round(settings.lock_timeout_seconds * 1000))
    connection.execute("SELECT set_config('lock_timeout', %s, true)", (milliseconds,))


def _make_way(
    connection: Connection,
    runner: Runner,
    settings: Settings,
    release: Release,
    plan: Plan,
    state: DatabaseState,
) -> None:
    """Drop orphans and functions whose header changes; unmark what is replaced."""
    definitions = {definition.object: definition for definition in release.definitions}
    for step in plan.steps:
        entry = state.ledger.get(step.object)
        if entry is None:
            continue
        runner.forget([entry.migration_id])
        definition = definitions.get(step.object)
        if definition is None or function_header(entry.source) != function_header(definition.sql):
            for signature in function_signatures(connection, settings, step.object.split(" ")[1]):
                execute_sql(connection, f"DROP FUNCTION {signature}")
        if step.action == "drop":
            connection.execute("DELETE FROM activity_sql.ledger WHERE object = %s", (step.object,))


def _run(runner: Runner, release: Release, plan: Plan) -> None:
    planned = {step.object for step in plan.steps if step.action not in ("drop", "build")}
    sources = {migration.name: migration for migration in release.migrations}
    definitions = {definition.migration_id: definition for definition in release.definitions}
    for migration in runner.pending(yoyo_migrations(release)):
        source = sources.get(migration.id) or definitions[migration.id]
        name = source.name if isinstance(source, Migration) else source.object
        if name not in planned:
            raise FindingsError(
                f"yoyo's table has no mark for {migration.id}, which the ledger holds as deployed.",
                mend="Restore activity_sql._yoyo_migration, or mark it with `yoyo mark`.",
            )
        try:
            runner.apply_one(migration)
        except StatementError as error:
            line = location(error, migration.sql)
            raise DatabaseError(
                f"{source.path}{f':{line}' if line else ''}: "
                f"{str(error).splitlines()[0]} (SQLSTATE {error.sqlstate}).",
                mend="Nothing was changed. Correct the cause and run this again.",
            ) from error


def yoyo_migrations(release: Release) -> list[TextMigration]:
    """The release as yoyo sees it: state in its order, then definitions after what they name."""
    migrations = [
        TextMigration(migration.name, migration.text, rollback=migration.rollback)
        for migration in release.migrations
    ]
    by_name = {
        definition.name: TextMigration(definition.migration_id, definition.sql)
        for definition in release.definitions
        if definition.kind != "index"
    }
    for definition in release.definitions:
        if definition.kind != "index":
            by_name[definition.name].predecessors = {by_name[name] for name in definition.depends}
    return migrations + list(by_name.values())


def _restrict(connection: Connection, settings: Settings, release: Release) -> None:
    names = [definition.name for definition in release.definitions]
    for signature, grantee in stray_grants(connection, settings, names):
        execute_sql(connection, f"REVOKE ALL ON FUNCTION {signature} FROM {grantee}")


def _record(connection: Connection, settings: Settings, release: Release, plan: Plan) -> None:
    changed = {step.object for step in plan.steps}
    for migration in release.migrations:
        if migration.name in changed:
            execute(
                connection,
                "record_object",
                {
                    "object": migration.name,
                    "lane": "state",
                    "migration_id": migration.name,
                    "checksum": checksum(migration.text),
                    "source": migration.text,
                    "rollback_source": migration.rollback,
                    "fingerprint": None,
                },
            )
    definitions = [d for d in release.definitions if d.kind != "index" and d.object in changed]
    fingerprints = read_fingerprints(connection, settings, [d.name for d in definitions])
    for definition in definitions:
        execute(connection, "record_object", _ledger_row(definition, fingerprints))
    execute(
        connection,
        "record_installation",
        {"directus_schema": settings.directus_schema, "tool_version": version("activity-sql")},
    )


def _ledger_row(definition: Definition, fingerprints: dict[str, str]) -> dict[str, str | None]:
    return {
        "object": definition.object,
        "lane": "definition",
        "migration_id": definition.migration_id,
        "checksum": definition.checksum,
        "source": definition.sql,
        "rollback_source": None,
        "fingerprint": fingerprints[definition.object],
    }


def _build_indexes(
    connection: Connection, release: Release, settings: Settings, plan: Plan
) -> None:
    """CREATE INDEX CONCURRENTLY cannot run in the transaction: each by itself, after it."""
    runner = Runner(connection)
    definitions = {definition.object: definition for definition in release.definitions}
    for step in plan.steps:
        if step.action != "build":
            continue
        definition = definitions[step.object]
        # An interrupted build leaves an invalid index of the name.
        schema, name = map(quote_identifier, (settings.directus_schema, definition.name))
        execute_sql(connection, f"DROP INDEX CONCURRENTLY IF EXISTS {schema}.{name}")
        with runner.transaction():
            runner.forget([definition.migration_id])
        runner.apply_one(
            TextMigration(definition.migration_id, definition.sql, transactional=False)
        )
