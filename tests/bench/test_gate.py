"""That the gate closes: one planted regression of each kind, on a real server."""

from collections.abc import Iterator
from dataclasses import asdict, replace

import pytest

from activity_sql import cluster as clusters
from activity_sql.bench.measure import Measurement, explain_function, measure_all
from activity_sql.bench.queries import Budget, Query, read_queries
from activity_sql.bench.stage import AS_OF, SETTINGS, Stage
from activity_sql.db import Connection
from activity_sql.generate import PROFILES
from activity_sql.settings import Settings
from activity_sql.sources import source_root

WEEK = next(item for item in read_queries(source_root()) if item.name == "ip_activity_stats_7_days")
INDEX = "address_rollup_pkey"


@pytest.fixture(scope="module")
def stage(installation: clusters.Installation) -> Iterator[Stage]:
    settings = SETTINGS | {"shared_buffers": "256MB"}
    with clusters.temporary(installation, settings=settings) as running:
        yield Stage(running)


@pytest.fixture
def small(stage: Stage) -> Iterator[tuple[Connection, Settings]]:
    """A small database, where everything is put back afterwards."""
    with stage.database(*PROFILES["small"]) as (connection, settings, _):
        connection.execute("SET idle_in_transaction_session_timeout = 0")
        with connection.transaction(force_rollback=True):
            yield connection, settings


def measure(
    small: tuple[Connection, Settings], budget: Budget, query: Query = WEEK
) -> tuple[Measurement, list[str]]:
    connection, settings = small
    asked = replace(query, budgets={"small": asdict(budget)})
    (measured,) = measure_all(connection, [asked], settings, "small", AS_OF.isoformat())
    return measured, [breach.limit for breach in measured.breaches]


def kept(small: tuple[Connection, Settings]) -> Budget:
    """A budget that what is there now keeps, and hardly more."""
    measured, _ = measure(small, Budget())
    assert measured.rows == 50
    assert measured.plans.sees_inside
    now = measured.summary
    return Budget(
        no_seq_scan_on=("address_rollup",),
        indexes=(INDEX,),
        partitions=now.partitions,
        shared_buffers=now.shared_buffers,
        temp_blocks=now.temp_blocks,
        rows_removed=now.rows_removed,
        estimate_error=now.estimate_error * 1.5,
        time_ratio=measured.time_ratio * 3,
    )


def test_what_did_not_change_keeps_its_budget(small: tuple[Connection, Settings]) -> None:
    measured, broken = measure(small, kept(small))
    assert broken == []
    assert INDEX in measured.summary.indexes


def test_a_lost_index(small: tuple[Connection, Settings]) -> None:
    budget = kept(small)
    small[0].execute(f"ALTER TABLE activity_sql.address_rollup DROP CONSTRAINT {INDEX}")
    _, broken = measure(small, budget)
    assert {"no_seq_scan_on", "indexes"} <= set(broken)


def test_a_bloated_table(small: tuple[Connection, Settings]) -> None:
    budget = kept(small)
    # A plan by bitmap reads a block once, however many versions of its rows are in it.
    for _ in range(5):
        small[0].execute("UPDATE activity_sql.address_rollup SET actions = actions")
    measured, broken = measure(small, budget)
    assert "shared_buffers" in broken, measured.summary.shared_buffers
    assert measured.summary.shared_buffers > 1.2 * (budget.shared_buffers or 0)


def test_months_that_are_not_pruned(small: tuple[Connection, Settings]) -> None:
    budget = Budget(partitions=("activity_hour_2025_12",))
    assert measure(small, budget)[1] == []
    everything = replace(
        WEEK,
        template="SELECT sum(actions) FROM activity_sql.activity_hour "
        "WHERE hour + interval '0' < {{ as_of | literal }}",
    )
    _, broken = measure(small, budget, everything)
    assert set(broken) == {"partitions"}


def test_a_spill(small: tuple[Connection, Settings]) -> None:
    budget = kept(small)
    small[0].execute("SET LOCAL work_mem = '64kB'")
    _, broken = measure(small, budget)
    assert "temp_blocks" in broken


def test_rows_read_to_be_thrown_away(small: tuple[Connection, Settings]) -> None:
    budget = kept(small)
    wasteful = replace(
        WEEK,
        template="SELECT count(*) FROM {{ directus }}.directus_activity "
        "WHERE \"timestamp\" < {{ as_of | literal }} AND item LIKE '%7'",
    )
    _, broken = measure(small, budget, wasteful)
    assert "rows_removed" in broken


def test_statistics_that_are_wrong(small: tuple[Connection, Settings]) -> None:
    counting = replace(
        WEEK,
        template="SELECT count(*) FROM {{ directus }}.directus_activity "
        'WHERE "timestamp" < {{ as_of | literal }}',
    )
    budget = Budget(estimate_error=2)
    assert measure(small, budget, counting)[1] == []
    small[0].execute(
        'UPDATE directus_activity SET "timestamp" = "timestamp" + interval \'1000 days\''
    )
    small[0].execute("ANALYZE directus_activity")
    small[0].execute(
        'UPDATE directus_activity SET "timestamp" = "timestamp" - interval \'1000 days\''
    )
    assert measure(small, budget, counting)[1] == ["estimate_error"]


def test_a_slow_function(small: tuple[Connection, Settings]) -> None:
    budget = kept(small)
    week = WEEK.template.strip().removesuffix(";")
    slow = replace(WEEK, template=f"SELECT f.* FROM pg_sleep(0.5), LATERAL ({week}) AS f")
    _, broken = measure(small, budget, slow)
    assert "time_ratio" in broken


def test_plans_that_are_not_seen_are_said(small: tuple[Connection, Settings]) -> None:
    connection, settings = small
    assert explain_function(connection, settings, "get_ip_activity_stats", ["7"]).sees_inside
    connection.execute("SET LOCAL client_min_messages = error")
    assert not explain_function(connection, settings, "get_ip_activity_stats", ["7"]).sees_inside
