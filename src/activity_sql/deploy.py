"""Bring a database to a release: one lock, one transaction, then the concurrent indexes."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version

from activity_sql.catalog import (
    BodyFinding,
    DirectusDatabase,
    addresses,
    built_indexes,
    check_bodies,
    find_directus,
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
    set_phase,
    tool_transaction,
)
from activity_sql.errors import DatabaseError, FindingsError
from activity_sql.locks import deploy_lock, with_lock_retries
from activity_sql.migrate import Runner, TextMigration
from activity_sql.plan import DatabaseState, LedgerEntry, Plan, drop_order, make_plan
from activity_sql.release import Release
from activity_sql.render import Definition, checksum, quote_identifier
from activity_sql.schedule import Scheduling, check_home, record_jobs, schedule
from activity_sql.settings import Settings
from activity_sql.sources import Migration


@dataclass(frozen=True)
class Deployment:
    """What a deploy did."""

    directus: DirectusDatabase
    plan: Plan
    scheduling: Scheduling
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
    CREATE INDEX CONCURRENTLY. A lock not had within the settings' lock_timeout is tried for
    again, a few times.

    Raises:
        DatabaseError: not a Directus database, or a statement failed; nothing of it stays.
        FindingsError: the plan refuses (drift, an edited migration, a name in the way), or the
            deployed objects do not verify.
        UsageError: pg_cron is not where the settings say.
    """
    started = time.monotonic()
    with tool_transaction(connection):
        directus = find_directus(connection, settings)
    directus.refuse_standby()
    check_home(connection, settings)
    set_phase(connection, "waiting for the deploy lock")
    with deploy_lock(connection, settings):
        set_phase(connection, "applying")
        runner = Runner(connection)

        def apply() -> Plan:
            with runner.transaction():
                return apply_release(connection, runner, release, settings, repair=repair)

        plan = with_lock_retries(connection, settings, apply)
        _build_indexes(connection, runner, release, settings, plan)
        set_phase(connection, "scheduling")
        scheduling = schedule(connection, settings, release.jobs)
    set_phase(connection, "verifying")
    verify(connection, release, settings)
    return Deployment(directus, plan, scheduling, time.monotonic() - started)


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
    with tool_transaction(connection):
        return _refuse_broken_bodies(connection, release)


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


def apply_release(
    connection: Connection,
    runner: Runner,
    release: Release,
    settings: Settings,
    *,
    repair: bool = False,
) -> Plan:
    """Everything of a deploy that one transaction can hold; the caller opens it."""
    state = read_state(connection, settings, release.definitions)
    plan = make_plan(release.migrations, release.definitions, state, repair=repair)
    refuse(plan)
    if any(step.action != "build" for step in plan.steps):
        execute_sql(connection, "CREATE SCHEMA IF NOT EXISTS activity_sql")
        _make_way(connection, runner, release, plan, state)
        _run(runner, release, plan)
        _restrict(connection, release)
        _record(connection, settings, release, plan)
        _refuse_broken_bodies(connection, release)
    elif state.ledger:
        _run(runner, release, plan)
    if release.jobs:
        record_jobs(connection, release.jobs)
    return plan


def drop_definitions(connection: Connection, runner: Runner, entries: list[LedgerEntry]) -> None:
    """Drop recorded definitions, dependents first, and forget them. Never CASCADE.

    Raises:
        DatabaseError: something of the user's own depends on one; it is listed.
    """
    for entry in drop_order(entries):
        _drop(connection, entry.object, entry.schema)
        connection.execute("DELETE FROM activity_sql.ledger WHERE object = %s", (entry.object,))
    runner.forget([entry.migration_id for entry in entries])


def _drop(connection: Connection, name: str, schema: str | None) -> None:
    kind, bare = name.split(" ", 1)
    for address in addresses(connection, kind, schema, bare):
        try:
            execute_sql(connection, f"DROP {address}")
        except StatementError as error:
            if error.sqlstate != "2BP01":
                raise
            raise DatabaseError(
                f"{name} has to be dropped, and something of yours depends on it:\n"
                f"{error.diag.message_detail}",
                mend="Drop that first and make it again afterwards; nothing was changed.",
            ) from error


def _make_way(
    connection: Connection,
    runner: Runner,
    release: Release,
    plan: Plan,
    state: DatabaseState,
) -> None:
    """Drop what has to go before the new can come, and unmark what is replaced."""
    steps = {step.object: step for step in plan.steps}
    known = [entry for name, entry in state.ledger.items() if name in steps]
    dropped = [entry for entry in known if steps[entry.object].drop_first]
    drop_definitions(connection, runner, dropped)
    runner.forget([entry.migration_id for entry in known if entry not in dropped])
    schemas = {definition.object: definition.schema for definition in release.definitions}
    for step in plan.steps:
        if step.action == "adopt":
            _drop(connection, step.object, schemas[step.object])


def _run(runner: Runner, release: Release, plan: Plan) -> None:
    planned = {step.object for step in plan.steps if step.action not in ("drop", "build")}
    migrations = {migration.name: migration for migration in release.migrations}
    definitions = {definition.migration_id: definition for definition in release.definitions}
    for pending in runner.pending(_yoyo_migrations(release)):
        source = migrations.get(pending.id) or definitions[pending.id]
        name = source.name if isinstance(source, Migration) else source.object
        if name not in planned:
            # The ledger holds it as deployed: the bundle deploys without yoyo's tables.
            runner.mark_one(pending)
            continue
        try:
            runner.apply_one(pending)
        except StatementError as error:
            line = location(error, pending.sql)
            if line is None:
                raise
            raise DatabaseError(
                f"{source.path}:{line}: {str(error).splitlines()[0]} (SQLSTATE {error.sqlstate}).",
                mend="Nothing was changed. Correct the cause and run this again.",
            ) from error


def _yoyo_migrations(release: Release) -> list[TextMigration]:
    """The release as yoyo sees it: state in its order, then definitions in theirs."""
    state = [
        TextMigration(migration.name, migration.text, rollback=migration.rollback)
        for migration in release.migrations
    ]
    return state + [
        TextMigration(definition.migration_id, definition.sql)
        for definition in release.definitions
        if definition.kind != "index"
    ]


def _restrict(connection: Connection, release: Release) -> None:
    names = [(definition.schema, definition.name) for definition in release.definitions]
    for address, grantee in stray_grants(connection, names):
        execute_sql(connection, f"REVOKE ALL ON {address} FROM {grantee}")


def _record(connection: Connection, settings: Settings, release: Release, plan: Plan) -> None:
    changed = {step.object for step in plan.steps}
    for migration in release.migrations:
        if migration.name in changed:
            execute(connection, "record_object", state_row(migration))
    definitions = [d for d in release.definitions if d.kind != "index" and d.object in changed]
    fingerprints = read_fingerprints(connection, [(d.schema, d.name) for d in definitions])
    for definition in definitions:
        row = definition_row(definition) | {"fingerprint": fingerprints[definition.object]}
        execute(connection, "record_object", row)
    execute(
        connection,
        "record_installation",
        {"directus_schema": settings.directus_schema, "tool_version": version("activity-sql")},
    )


def state_row(migration: Migration) -> dict[str, str | None]:
    """A state migration as the ledger records it."""
    return {
        "object": migration.name,
        "schema": None,
        "lane": "state",
        "migration_id": migration.name,
        "checksum": checksum(migration.text),
        "source": migration.text,
        "rollback_source": migration.rollback,
        "fingerprint": None,
    }


def definition_row(definition: Definition) -> dict[str, str | None]:
    """A definition as the ledger records it, but for its fingerprint."""
    return {
        "object": definition.object,
        "schema": definition.schema,
        "lane": "definition",
        "migration_id": definition.migration_id,
        "checksum": definition.checksum,
        "source": definition.sql,
        "rollback_source": None,
    }


def _refuse_broken_bodies(
    connection: Connection, release: Release
) -> tuple[BodyFinding, ...] | None:
    names = [(item.schema, item.name) for item in release.definitions if item.kind == "function"]
    findings = check_bodies(connection, names)
    errors = [str(finding) for finding in findings or () if finding.level == "error"]
    if errors:
        raise FindingsError(
            "plpgsql_check found:\n" + "\n".join(errors), mend="Correct the function's source."
        )
    return findings


def drop_indexes(connection: Connection, settings: Settings, names: Iterable[str]) -> None:
    """DROP INDEX CONCURRENTLY each of these on directus_activity, where it is still there."""
    schema = quote_identifier(settings.directus_schema)
    for name in names:
        set_phase(connection, f"dropping index {name}")
        statement = f"DROP INDEX CONCURRENTLY IF EXISTS {schema}.{quote_identifier(name)}"
        with_lock_retries(connection, settings, partial(execute_sql, connection, statement))


def _build_indexes(
    connection: Connection, runner: Runner, release: Release, settings: Settings, plan: Plan
) -> None:
    """CREATE INDEX CONCURRENTLY cannot run in the transaction: each by itself, after it."""
    definitions = {definition.object: definition for definition in release.definitions}
    gone = {step.object for step in plan.steps if step.action == "drop"}
    built = {
        name: key for name, key in built_indexes(connection).items() if f"index {name}" in gone
    }
    drop_indexes(connection, settings, built)
    with runner.transaction():
        runner.forget([*built.values()])
    for step in plan.steps:
        if step.action != "build":
            continue
        set_phase(connection, f"building {step.object}")
        definition = definitions[step.object]
        schema, name = map(quote_identifier, (settings.directus_schema, definition.name))
        migration = TextMigration(definition.migration_id, definition.sql, transactional=False)

        def build(leftover: str = f"{schema}.{name}", migration: TextMigration = migration) -> None:
            # An interrupted build leaves an invalid index of the name.
            execute_sql(connection, f"DROP INDEX CONCURRENTLY IF EXISTS {leftover}")
            with runner.transaction():
                runner.forget([migration.id])
            runner.apply_one(migration)

        with_lock_retries(connection, settings, build)
