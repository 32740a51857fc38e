"""`activity-sql backtest` says on which day what would have fired."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from activity_sql.settings import Settings
from tests.faults.deploys import execute, run
from tests.support.command import activity_sql

# 100 deletions on the day before yesterday at noon, one every ten seconds.
ROWS = """
    INSERT INTO directus_activity (action, "user", "timestamp", collection, item)
    SELECT
        'delete',
        '00000000-0000-0000-0000-000000000001',
        date_trunc('day', now(), 'UTC') - interval '36 hours' + number * interval '10 seconds',
        'articles',
        '1'
    FROM generate_series(1, 100) AS number
"""


def test_each_day_has_its_alarms(database: Settings, tmp_path: Path) -> None:
    run(database)
    execute(database, ROWS)
    environment = {"DATABASE_URL": database.conninfo}
    day = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()

    done = activity_sql("backtest", "--days", "7", folder=tmp_path, environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{day}  mass_delete           1 high\n" in done.stdout
    assert f"{day}  volume_by_user        1 low\n" in done.stdout
    assert done.stdout.endswith("In 7 days: 1 high, 3 low.\n")

    given = activity_sql(
        "backtest", "--days", "7", "--json", folder=tmp_path, environment=environment
    )
    assert {"day": day, "detector": "mass_delete", "severity": "high", "times": 1} in json.loads(
        given.stdout
    )

    done = activity_sql("backtest", "--days", "1", folder=tmp_path, environment=environment)
    assert done.stdout == "In 1 days: nothing.\n"


def test_before_a_deploy_it_says_what_is_missing(database: Settings, tmp_path: Path) -> None:
    done = activity_sql(
        "backtest", folder=tmp_path, environment={"DATABASE_URL": database.conninfo}
    )
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "detect_activity_anomalies" in done.stderr
