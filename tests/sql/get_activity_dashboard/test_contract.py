"""What a caller may rely on: the shape, as docs/get_activity_dashboard.schema.json has it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import psycopg
import pytest

from tests.oracle import Activity
from tests.support.rows import call, insert

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs" / "get_activity_dashboard.schema.json").read_text("utf-8"))
GOLDEN = Path(__file__).parent / "golden.json"
AS_OF = datetime(2024, 11, 20, 12, 30, tzinfo=UTC)
ANA, BEN = UUID(int=1), UUID(int=2)


def ago(hours: float) -> datetime:
    return AS_OF - timedelta(hours=hours)


ROWS = [
    (Activity(ago(1), "create", ANA, "203.0.113.7", "articles"), 3),
    (Activity(ago(2), "update", ANA, "203.0.113.7", "pages"), 2),
    (Activity(ago(2), "update", BEN, "2001:db8::1", "articles"), 2),
    (Activity(ago(30), "login", BEN, "198.51.100.4", "directus_users"), 1),
    (Activity(ago(50), "run", None, None, "directus_flows"), 4),
    (Activity(ago(24 * 8), "delete", ANA, "203.0.113.7", "articles"), 9),
]


def dashboard(connection: psycopg.Connection, **arguments: Any) -> dict[str, Any]:
    ((answer,),) = (row.values() for row in call(connection, "get_activity_dashboard", **arguments))
    jsonschema.validate(answer, SCHEMA)
    return answer


@pytest.mark.parametrize("folded", [False, True])
def test_the_golden_answer(activity: psycopg.Connection, folded: bool) -> None:
    insert(activity, ROWS)
    if folded:
        call(activity, "refresh_activity_rollups")
    assert dashboard(activity, p_days=7, p_as_of=AS_OF) == json.loads(GOLDEN.read_text("utf-8"))


def test_nothing_happened(activity: psycopg.Connection) -> None:
    answer = dashboard(activity)
    assert answer["summary"] == {
        "totalActivity": 0,
        "uniqueUsers": 0,
        "uniqueIPs": 0,
        "period": "7 days",
    }
    assert [answer[key] for key in ("collections", "actions", "topIPs", "topUsers")] == [[]] * 4
    assert len(answer["hourly"]) in (24, 25)
    assert all(hour["total"] == 0 and hour["byAction"] == {} for hour in answer["hourly"])


def test_no_hour_begins_where_the_window_ends(activity: psycopg.Connection) -> None:
    """Of a window that cuts no hour there are 24; of another 25, the first and last cut."""
    hour = AS_OF.replace(minute=0)
    for end, first, count in ((hour, ago(24.5), 24), (AS_OF, ago(24.5), 25)):
        shown = [row["timestamp"] for row in dashboard(activity, p_as_of=end)["hourly"]]
        assert shown == [
            f"{first + timedelta(hours=number):%Y-%m-%dT%H:%M:%SZ}" for number in range(count)
        ]


def test_a_collection_that_no_fold_has_seen_makes_nobody_two(activity: psycopg.Connection) -> None:
    """Its number is below zero, and so is that of its word of a set of collections."""
    insert(activity, [(Activity(ago(2), "update", ANA, "203.0.113.7", "articles"), 2)])
    call(activity, "refresh_activity_rollups")
    insert(activity, [(Activity(ago(1), "update", ANA, "203.0.113.7", "zines"), 1)])
    answer = dashboard(activity, p_as_of=AS_OF)
    assert (answer["summary"]["uniqueUsers"], answer["summary"]["uniqueIPs"]) == (1, 1)
    for (top,) in (answer["topIPs"], answer["topUsers"]):
        assert (top["count"], top["countDistinct_collection"]) == (3, 2)


def test_the_schema_refuses_another_shape(activity: psycopg.Connection) -> None:
    answer = dashboard(activity)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(answer | {"more": 1}, SCHEMA)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"p_days": 0}, "p_days must be between 1 and 36500, got 0"),
        ({"p_days": None}, "p_days must be between 1 and 36500, got NULL"),
        ({"p_as_of": "infinity"}, "p_as_of must be a finite moment"),
    ],
)
def test_wrong_argument_raises(
    activity: psycopg.Connection, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=message):
        call(activity, "get_activity_dashboard", **arguments)
