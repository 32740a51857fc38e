"""get_activity_dashboard reads the rollups that it needs about once.

One pass: each row of the three rollups of days and months in the window, of the hours at its cut
ends and of the last 24, read once by the index, with their arrays. Rows of cut hours and of the
tail come on top of it, and are counted apart.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from activity_sql.bench.measure import read_plans
from activity_sql.db import connect
from activity_sql.deploy import deploy
from activity_sql.populate import populate
from activity_sql.release import load_linted_release
from activity_sql.settings import Settings
from tests.support.infinity import allow_infinity

ROWS, DAYS, TAIL, SEED, MOST = 200_000, 60, 500, 1, 1.2
IN_WINDOW = """(grain = 'm' AND bucket BETWEEN %(month_first)s AND %(month_last)s)
    OR (grain = 'p' AND bucket BETWEEN %(pentads1_first)s AND %(pentads1_last)s)
    OR (grain = 'p' AND bucket BETWEEN %(pentads2_first)s AND %(pentads2_last)s)
    OR (grain = 'd' AND bucket BETWEEN %(days1_first)s AND %(days1_last)s)
    OR (grain = 'd' AND bucket BETWEEN %(days2_first)s AND %(days2_last)s)
    OR (grain = 'd' AND bucket BETWEEN %(days3_first)s AND %(days3_last)s)
    OR (grain = 't' AND bucket = %(trailing_from)s)
    OR (grain = '0' AND bucket = %(quarter0_to)s)
    OR (grain = '1' AND bucket IN (%(quarter1_from)s, %(quarter1_to)s))
    OR (grain = '2' AND bucket IN (%(quarter2_from)s, %(quarter2_to)s))
    OR (grain = '3' AND bucket = %(quarter3_from)s)"""
# Each with what makes it read the heap, and the arrays.
PASSES = {
    "address_rollup": (
        "SELECT sum(actions), sum(cardinality(accounts) + cardinality(per_action_actions)) "
        f"FROM activity_sql.address_rollup WHERE {IN_WINDOW}"
    ),
    "account_rollup": (
        "SELECT sum(actions), sum(cardinality(addresses)) "
        f"FROM activity_sql.account_rollup WHERE {IN_WINDOW}"
    ),
    "collection_action_rollup": (
        f"SELECT sum(actions) FROM activity_sql.collection_action_rollup WHERE {IN_WINDOW}"
    ),
    "activity_hour": (
        "SELECT sum(actions), sum(cardinality(cell_address) + cardinality(cell_account) "
        "+ cardinality(cell_collection) + cardinality(cell_action) + cardinality(cell_actions)) "
        "FROM activity_sql.activity_hour WHERE hour BETWEEN %(hours1_first)s AND %(hours1_last)s "
        "OR hour BETWEEN %(hours2_first)s AND %(hours2_last)s "
        "OR hour = date_trunc('hour', %(cut1_from)s) "
        "OR hour >= date_trunc('hour', now() - interval '24 hours')"
    ),
}


@pytest.fixture
def filled(database: Settings) -> Settings:
    with connect(database) as connection:
        deploy(connection, load_linted_release(database), database)
    with connect(database) as connection:
        populate(connection, rows=ROWS, days=DAYS, until=datetime.now(UTC), seed=SEED)
    with psycopg.connect(database.conninfo, autocommit=True) as session:
        session.execute("CALL activity_sql.backfill()")
        session.execute(
            'INSERT INTO directus_activity (action, "user", "timestamp", ip, collection, item) '
            "SELECT action, \"user\", now() - random() * interval '1 minute', ip, collection, "
            "item FROM directus_activity ORDER BY id DESC LIMIT %s",
            [TAIL],
        )
        session.execute("VACUUM (FREEZE, ANALYZE)")
    return database


def buffers(session: psycopg.Connection, sql: str, arguments: dict[str, Any]) -> int:
    """Of the second run."""
    for _ in range(2):
        (row,) = session.execute(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", arguments
        ).fetchall()
    plan = row["QUERY PLAN"]
    plan = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
    return blocks(plan)


def blocks(node: Mapping[str, Any]) -> int:
    return int(node["Shared Hit Blocks"] + node["Shared Read Blocks"])


def rollup_blocks(node: Mapping[str, Any]) -> int:
    """What the nodes of a plan that read one of the rollups took themselves."""
    inner = node.get("Plans", [])
    mine = 0
    if re.match("|".join(PASSES), node.get("Relation Name", "")):
        mine = blocks(node)
        # An index's blocks are in its bitmap node below.
    elif node["Node Type"] == "Bitmap Index Scan":
        return 0
    return mine + sum(rollup_blocks(one) for one in inner)


@pytest.mark.parametrize("days", [7, 30])
def test_it_reads_at_most_a_fifth_more_than_one_pass(
    filled: Settings, superuser: psycopg.Connection, days: int
) -> None:
    superuser.row_factory = dict_row
    superuser.execute("SET max_parallel_workers_per_gather = 0; SET jit = off")
    for _ in range(2):
        plans = read_plans(superuser, f"SELECT public.get_activity_dashboard({days})")
    asked = sum(map(rollup_blocks, plans.inside))
    assert plans.sees_inside
    with psycopg.connect(
        filled.conninfo, row_factory=dict_row, cursor_factory=psycopg.ClientCursor
    ) as session:
        session.execute("SET max_parallel_workers_per_gather = 0; SET jit = off")
        session.execute("SET enable_seqscan = off")
        session.execute("SET datestyle = iso")
        allow_infinity(session)
        (parts,) = session.execute(
            "SELECT (activity_sql.split_window(now() - %s * interval '24 hours', NULL)).*", [days]
        ).fetchall()
        assert parts["trailing_from"]
        read = {name: buffers(session, sql, parts) for name, sql in PASSES.items()}
    one_pass = sum(read.values())
    print(
        f"{days} days: {asked} blocks of the rollups ({blocks(plans.outer)} of everything), "
        f"one pass {one_pass}: {asked / one_pass:.2f} times; {read}"
    )
    assert asked <= MOST * one_pass
