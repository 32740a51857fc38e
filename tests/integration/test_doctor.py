"""Each check of the doctor finds the fault it is for, and says nothing of a healthy database."""

import json
import os
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from activity_sql.cluster import Installation
from activity_sql.db import connect
from activity_sql.doctor import Check, Diagnosis, examine, read_checks
from activity_sql.settings import Settings
from activity_sql.sources import source_root
from tests.faults.deploys import execute, make_directus, private_cluster, run
from tests.support.command import activity_sql

CHECKS = {check.id: check for check in read_checks(source_root(), Settings())}

# Sixty days of an office, by ten people from as many addresses.
HEALTHY = """
    INSERT INTO directus_activity (action, "user", "timestamp", ip, collection, item)
    SELECT
        'update', ('00000000-0000-4000-8000-00000000000' || number % 10)::uuid,
        now() - interval '60 days' + number * interval '60 days' / 3001,
        '10.0.0.' || number % 10, 'articles', number
    FROM generate_series(1, 3000) AS number;
"""
JOBS = "SELECT activity_sql.run_job(name) FROM activity_sql.job"


@pytest.fixture
def healthy(database: Settings) -> Settings:
    run(database)
    execute(database, HEALTHY)
    execute(database, JOBS)
    return database


def found(settings: Settings, check: Check) -> Diagnosis:
    with connect(settings) as connection:
        return examine(connection, check)


def test_a_healthy_database(healthy: Settings, tmp_path: Path) -> None:
    done = activity_sql("doctor", folder=tmp_path, environment={"DATABASE_URL": healthy.conninfo})
    # The tests' own server has autovacuum off, which is no fault of the database.
    assert done.stdout.splitlines()[0].startswith("WARN server-settings"), done.stdout
    assert done.stdout.splitlines()[-1] == "OK   " + ", ".join(
        name for name in CHECKS if name != "server-settings"
    )
    assert "autovacuum is off" in done.stdout
    assert done.stdout.count("- ") == 1
    assert done.returncode == 2


FAULTS: list[tuple[str, str, str, str]] = [
    (
        "table-and-columns",
        "ALTER TABLE directus_activity ALTER COLUMN ip TYPE text",
        "CRIT",
        "directus_activity.ip is text, not character varying",
    ),
    (
        "table-and-columns",
        "ALTER TABLE directus_activity RENAME COLUMN item TO thing",
        "CRIT",
        "directus_activity.item is not there",
    ),
    (
        "timestamp-index",
        "DROP INDEX directus_activity_timestamp_index",
        "CRIT",
        'no valid index on "timestamp"',
    ),
    (
        "timestamp-index",
        """
        DROP INDEX directus_activity_timestamp_index;
        CREATE INDEX part ON directus_activity ("timestamp") WHERE action = 'login'
        """,
        "CRIT",
        'no valid index on "timestamp"',
    ),
    (
        "indexes",
        'CREATE INDEX again ON directus_activity ("timestamp")',
        "WARN",
        "again is there already as public.directus_activity_timestamp_index",
    ),
    (
        "sequence",
        "SELECT setval('directus_activity_id_seq', 100)",
        "CRIT",
        "ids were drawn only up to 100",
    ),
    (
        "sequence",
        "ALTER SEQUENCE directus_activity_id_seq CACHE 10",
        "CRIT",
        "the rollups stand still",
    ),
    (
        "sequence",
        """
        INSERT INTO directus_activity (id, action, collection, item)
        VALUES (900000, 'update', 'articles', '1')
        """,
        "CRIT",
        "the last id drawn is 3000, and there is an id 900000",
    ),
    (
        "ids-left",
        """
        SELECT setval('directus_activity_id_seq', 2147480000);
        INSERT INTO directus_activity (action, collection, item)
        VALUES ('update', 'articles', '1')
        """,
        "CRIT",
        "id 2147480001 of 2147483647",
    ),
    (
        "clock",
        """
        INSERT INTO directus_activity (action, "timestamp", collection, item)
        VALUES ('update', now() + interval '1 hour', 'articles', '1')
        """,
        "WARN",
        "1 rows are stamped more than five minutes ahead",
    ),
    (
        "clock",
        """
        INSERT INTO directus_activity (action, "timestamp", collection, item)
        SELECT 'update', now() - number % 2 * interval '3 minutes', 'articles', '1'
        FROM generate_series(1, 20) AS number
        """,
        "WARN",
        "9 of the last 1000 rows are stamped over a minute before the row of the id below, "
        "one by 00:03:00",
    ),
    (
        "address-collapse",
        "UPDATE directus_activity SET ip = '172.18.0.1'; SELECT activity_sql.rebuild_rollups()",
        "WARN",
        "10 of 10 users of the last 7 days, and 100% of the actions, come from 172.18.0.1",
    ),
    (
        "retention",
        "DELETE FROM activity_sql.watermark; INSERT INTO activity_sql.watermark DEFAULT VALUES",
        "WARN",
        "and nothing was ever folded",
    ),
    (
        "rollup-lag",
        """
        INSERT INTO directus_activity (action, "timestamp", collection, item)
        VALUES ('update', now() - interval '2 days', 'articles', '1')
        """,
        "CRIT",
        "1 rows are not folded, the oldest of them 48:00:00 old",
    ),
    (
        "rollup-settings",
        "SELECT activity_sql.configure(p_excluded_actions => ARRAY['run'])",
        "WARN",
        "another time zone or exclusion is wanted",
    ),
    (
        "rollup-settings",
        "UPDATE activity_sql.job SET last_ok = now() - interval '4 days'",
        "WARN",
        "rows were last compared with what was folded",
    ),
    (
        "jobs",
        """
        UPDATE activity_sql.job SET statement = 'SELECT (1 / 0)::text, false'
        WHERE name = 'refresh-activity-stats';
        SELECT activity_sql.run_job('refresh-activity-stats')
        """,
        "CRIT",
        "refresh-activity-stats: failed: division by zero (SQLSTATE 22012).",
    ),
    (
        "jobs",
        "UPDATE activity_sql.job SET last_run = now() - interval '11 minutes'",
        "WARN",
        "refresh-activity-rollups runs every minute and last ran",
    ),
    (
        "vacuum",
        """
        INSERT INTO directus_activity (action, collection, item)
        SELECT 'update', 'articles', '1' FROM generate_series(1, 60000);
        SELECT pg_stat_force_next_flush();
        """,
        "WARN",
        "rows are new since the last ANALYZE",
    ),
    (
        "vacuum",
        """
        INSERT INTO directus_activity (action, collection, item)
        SELECT 'update', 'articles', '1' FROM generate_series(1, 20000);
        DELETE FROM directus_activity WHERE id > 3000;
        SELECT pg_stat_force_next_flush();
        """,
        "WARN",
        "of 3000 rows are dead",
    ),
    (
        "correlation",
        """
        INSERT INTO directus_activity (action, "timestamp", collection, item)
        SELECT 'update', now() - random() * interval '60 days', 'articles', '1'
        FROM generate_series(1, 110000);
        ANALYZE directus_activity;
        """,
        "WARN",
        "the correlation of",
    ),
]


@pytest.mark.parametrize(("check", "fault", "status", "says"), FAULTS)
def test_a_fault_is_found(
    healthy: Settings, check: str, fault: str, status: str, says: str
) -> None:
    assert found(healthy, CHECKS[check]).status == "OK"
    execute(healthy, fault)
    diagnosis = found(healthy, CHECKS[check])
    assert diagnosis.status == status
    ((said, mend),) = diagnosis.findings
    assert says in said
    assert mend


def test_every_check_has_a_fault() -> None:
    assert {fault[0] for fault in FAULTS} | {"server-settings"} == CHECKS.keys()


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        ("indexes", 'CREATE INDEX again ON directus_activity ("timestamp")'),
        ("sequence", FAULTS[7][1]),
        ("rollup-settings", "SELECT activity_sql.configure(p_excluded_actions => ARRAY['run'])"),
        ("rollup-settings", "UPDATE activity_sql.job SET last_ok = now() - interval '4 days'"),
        ("vacuum", FAULTS[19][1]),
    ],
)
def test_the_mend_mends(healthy: Settings, check: str, fault: str) -> None:
    execute(healthy, fault)
    ((_, mend),) = found(healthy, CHECKS[check]).findings
    execute(healthy, mend)
    if check == "rollup-settings" and "maintain" in mend:
        execute(healthy, "SELECT activity_sql.run_job('maintain-activity')")
    if check == "vacuum":
        execute(healthy, "SELECT pg_stat_force_next_flush()")
    assert found(healthy, CHECKS[check]).status == "OK"


def test_a_proxy_that_is_known_is_no_collapse(healthy: Settings) -> None:
    execute(healthy, FAULTS[11][1])
    ((_, mend),) = found(healthy, CHECKS["address-collapse"]).findings
    execute(healthy, mend.split("; or ")[1])
    assert found(healthy, CHECKS["address-collapse"]).status == "OK"


def test_who_holds_the_fold_back_is_named(healthy: Settings) -> None:
    with psycopg.connect(healthy.conninfo) as writer:
        writer.execute(
            """
            INSERT INTO directus_activity (action, collection, item)
            VALUES ('update', 'articles', '1')
            """
        )
        execute(
            healthy,
            """
            INSERT INTO directus_activity (action, "timestamp", collection, item)
            VALUES ('update', now() - interval '1 hour', 'articles', '1')
            """,
        )
        execute(healthy, "SELECT * FROM refresh_activity_rollups()")
        diagnosis = found(healthy, CHECKS["rollup-lag"])
        ((said, mend),) = diagnosis.findings
        assert f"held back by process {writer.info.backend_pid}" in said
        assert mend == f"SELECT pg_terminate_backend({writer.info.backend_pid});"
        writer.rollback()


def test_a_superuser_is_advised_by_the_machine_s_memory(
    installation: Installation,
) -> None:
    small = {"fsync": "off", "shared_buffers": "1MB", "effective_cache_size": "1MB"}
    with private_cluster(installation, small) as cluster:
        settings = make_directus(cluster)
        run(settings)
        execute(settings, HEALTHY)
        name = psycopg.conninfo.conninfo_to_dict(settings.conninfo)["dbname"]
        superuser = Settings(conninfo=cluster.conninfo(name))
        check = CHECKS["server-settings"]
        assert found(settings, check).findings == ()
        said, mends = zip(*found(superuser, check).findings, strict=True)
        assert "shared_buffers is 1MB, and the machine has" in said[0]
        assert "effective_cache_size is 1MB of" in said[1]
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
        wanted = re.search(r"shared_buffers = '(\d+)MB'", mends[0])
        assert abs(int(wanted[1]) - memory // 4) <= 1
        execute(superuser, "ALTER ROLE CURRENT_USER SET work_mem = '1000GB'")
        assert "connections may sort in 1000GB each" in found(superuser, check).findings[2][0]


def test_as_json(healthy: Settings, tmp_path: Path) -> None:
    environment = {"DATABASE_URL": healthy.conninfo}
    done = activity_sql("doctor", "--json", folder=tmp_path, environment=environment)
    answer: list[dict[str, Any]] = json.loads(done.stdout)
    assert [one["check"]["id"] for one in answer] == list(CHECKS)
    assert {one["status"] for one in answer} == {"OK", "WARN"}


def test_before_a_deploy_it_says_what_is_missing(database: Settings, tmp_path: Path) -> None:
    done = activity_sql("doctor", folder=tmp_path, environment={"DATABASE_URL": database.conninfo})
    assert done.returncode == 2
    assert "activity-sql migrate" in done.stdout
    assert "Traceback" not in done.stderr
