"""test_activity_query_performance asks and times every usual question."""

from uuid import UUID

import psycopg

from tests.oracle import Activity
from tests.support.contract import types_of
from tests.support.rows import call, insert

FUNCTION = "test_activity_query_performance"


def test_columns_and_types(activity: psycopg.Connection) -> None:
    assert types_of(activity, FUNCTION) == {
        "query_name": "text",
        "execution_time_ms": "numeric",
        "rows_returned": "int8",
    }


def test_each_question_is_asked_and_timed(activity: psycopg.Connection) -> None:
    (row,) = activity.execute("SELECT pg_catalog.now() AS now").fetchall()
    ips = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    insert(activity, [(Activity(row["now"], user=UUID(int=1), ip=ip), 20) for ip in ips])
    answer = call(activity, FUNCTION)
    assert {row["query_name"]: row["rows_returned"] for row in answer} == {
        "Dashboard (7 days)": 1,
        "Collection Aggregation (7 days)": 1,
        "Hourly Time Series (24 hours)": 25,
        "IP Aggregation (7 days, top 100)": 3,
        "IP and Action Breakdown (30 days)": 3,
        "User Engagement (30 days)": 1,
        "Collection, Action and Day (7 days)": 1,
    }
    assert all(row["execution_time_ms"] > 0 for row in answer)
