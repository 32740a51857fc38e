"""Settings of the deploying role that a careless deploy would trip over."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from activity_sql.cluster import Cluster
from activity_sql.settings import Settings
from tests.faults.deploys import (
    command,
    fill_without_index,
    finish,
    index_state,
    inventory,
    reset,
    rows,
    run,
    until,
    waits_for_a_lock,
)
from tests.support.catalog import dump
from tests.support.directus import ROLE

# In front of the real ones where pg_catalog comes last: what a deploy asks and what it writes to.
SHADOWS = """
    CREATE TABLE hostile._yoyo_migration (migration_hash varchar, migration_id varchar);
    CREATE TABLE hostile._yoyo_log (id varchar);
    CREATE TABLE hostile.ledger (object text);
    CREATE TABLE hostile.pg_class (oid oid);
    CREATE TABLE hostile.pg_namespace (oid oid);
    CREATE FUNCTION hostile.get_ip_activity_stats(integer, integer, integer) RETURNS integer
        LANGUAGE sql RETURN 0;
    CREATE FUNCTION hostile.risk_level(integer) RETURNS text LANGUAGE sql RETURN 'hostile';
    CREATE FUNCTION hostile.current_setting(text) RETURNS text LANGUAGE sql RETURN '90000';
    CREATE FUNCTION hostile.pg_is_in_recovery() RETURNS boolean LANGUAGE sql RETURN true;
    CREATE FUNCTION hostile.to_regclass(text) RETURNS regclass LANGUAGE sql RETURN NULL;
    CREATE FUNCTION hostile.set_config(text, text, boolean) RETURNS text LANGUAGE sql RETURN '';
    CREATE FUNCTION hostile.pg_backend_pid() RETURNS integer LANGUAGE sql RETURN 1;
    CREATE FUNCTION hostile.pg_try_advisory_lock(integer, integer) RETURNS boolean
        LANGUAGE sql RETURN true;
    CREATE FUNCTION hostile.pg_advisory_unlock(integer, integer) RETURNS boolean
        LANGUAGE sql RETURN true;
"""
HOSTILE = Path(__file__).parents[1] / "support/hostile_schema.sql"
CONTENTS = """
    SELECT relname::text AS name, reltuples::bigint AS rows FROM pg_catalog.pg_class
    WHERE relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'hostile')
    UNION ALL
    SELECT proname, pronargs FROM pg_catalog.pg_proc
    WHERE pronamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'hostile')
    ORDER BY 1, 2
"""


@contextmanager
def role_settings(superuser: psycopg.Connection, settings: Mapping[str, str]) -> Iterator[None]:
    """For sessions of Directus's role on this database."""
    role = f"ALTER ROLE {ROLE} IN DATABASE {superuser.info.dbname}"
    for name, value in settings.items():
        superuser.execute(f"{role} SET {name} = {value}")
    try:
        yield
    finally:
        superuser.execute(f"{role} RESET ALL")


@pytest.mark.parametrize("path", ["hostile, public", "hostile, public, pg_catalog"])
def test_a_hostile_search_path(
    cluster: Cluster, database: Settings, superuser: psycopg.Connection, tmp_path: Path, path: str
) -> None:
    fill_without_index(database, 1000)
    run(database)
    ordinary = dump(cluster, database.conninfo)
    reset(database)
    superuser.execute(HOSTILE.read_bytes())
    superuser.execute(SHADOWS)
    superuser.execute(f"GRANT ALL ON SCHEMA hostile TO {ROLE}")
    superuser.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA hostile TO {ROLE}")
    before = superuser.execute(CONTENTS).fetchall()
    with role_settings(superuser, {"search_path": path}):
        for name in ("migrate", "migrate", "verify", "status", "plan"):
            with command(database, tmp_path, name) as process:
                ended = finish(process)
            assert ended == (0, ""), f"{name}: {ended}"
    assert superuser.execute(CONTENTS).fetchall() == before
    assert superuser.execute("SELECT count(*) FROM hostile._yoyo_migration").fetchone() == (0,)
    superuser.execute("DROP SCHEMA hostile CASCADE")
    assert dump(cluster, database.conninfo) == ordinary


@pytest.mark.parametrize(
    "settings",
    [
        {"lock_timeout": "'1ms'"},
        {"default_transaction_isolation": "'serializable'"},
        {"default_transaction_isolation": "'repeatable read'"},
        {
            "quote_all_identifiers": "on",
            "standard_conforming_strings": "off",
            "check_function_bodies": "off",
            "datestyle": "'German'",
            "timezone": "'Pacific/Chatham'",
            "client_min_messages": "'debug1'",
            "bytea_output": "'escape'",
        },
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_hostile_settings(
    cluster: Cluster,
    database: Settings,
    superuser: psycopg.Connection,
    tmp_path: Path,
    settings: dict[str, str],
) -> None:
    fill_without_index(database, 50_000)
    run(database)
    ordinary = dump(cluster, database.conninfo)
    fingerprints = rows(database, "SELECT object, fingerprint FROM activity_sql.ledger ORDER BY 1")
    reset(database)
    with role_settings(superuser, settings):
        for name in ("migrate", "verify", "status"):
            with command(database, tmp_path, name) as process:
                ended = finish(process)
            assert ended == (0, ""), f"{name}: {ended}"
    assert index_state(database) == "valid"
    assert dump(cluster, database.conninfo) == ordinary
    assert fingerprints == rows(
        database, "SELECT object, fingerprint FROM activity_sql.ledger ORDER BY 1"
    )


def test_a_statement_timeout(
    database: Settings, superuser: psycopg.Connection, tmp_path: Path
) -> None:
    """Shorter than the index takes, which waits for somebody's transaction."""
    fill_without_index(database, 1000)
    with (
        role_settings(superuser, {"statement_timeout": "'50ms'"}),
        command(database, tmp_path, "migrate") as process,
    ):
        with psycopg.connect(database.conninfo) as other:
            other.execute(
                "INSERT INTO directus_activity (action, collection, item) VALUES ('a', 'b', 'c')"
            )
            until(lambda: waits_for_a_lock(superuser, database))
            waited_since = time.monotonic()
            until(
                lambda: process.poll() is not None or time.monotonic() > waited_since + 0.5,
            )
        assert finish(process) == (0, "")
    assert index_state(database) == "valid"


def test_a_role_that_only_reads_by_default(
    database: Settings, superuser: psycopg.Connection, tmp_path: Path
) -> None:
    before = inventory(database)
    with (
        role_settings(superuser, {"default_transaction_read_only": "on"}),
        command(database, tmp_path, "migrate") as process,
    ):
        code, errors = finish(process)
    print(errors)
    cause, mend = errors.strip().splitlines()
    assert code == 3
    assert "read-only transaction (SQLSTATE 25006)." in cause
    assert "default_transaction_read_only" in mend
    assert inventory(database) == before
