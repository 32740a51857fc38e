"""What a caller may rely on: columns, pages, older tables, and what a wrong argument raises."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.oracle import Activity
from tests.support.contract import exclude, refuses, types_of
from tests.support.directus import QUOTED_ODD_SCHEMA
from tests.support.rows import call, insert

NAME = "get_activity_rows"
AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
ANA, BEN = UUID(int=1), UUID(int=2)
TABLE = f"{QUOTED_ODD_SCHEMA}.directus_activity"
COLUMNS = {
    "id": "int4",
    "action": "text",
    "user": "uuid",
    "timestamp": "timestamptz",
    "ip": "varchar",
    "user_agent": "text",
    "collection": "text",
    "item": "text",
    "origin": "text",
}


def touch(hours: float, **columns: Any) -> Activity:
    return Activity(AS_OF - timedelta(hours=hours), **columns)


def items(rows: list[dict[str, Any]]) -> list[str]:
    return [row["item"] for row in rows]


def test_columns_and_types(activity: psycopg.Connection) -> None:
    assert types_of(activity, NAME) == COLUMNS


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"p_days": 0}, "p_days must be between 1 and 36500, got 0", "whole days"),
        ({"p_days": 36501}, "p_days must be between 1 and 36500, got 36501", "whole days"),
        ({"p_days": None}, "p_days must be between 1 and 36500, got NULL", "whole days"),
        ({"p_limit": 0}, "p_limit must be between 1 and 100000, got 0", "NULL for all"),
        ({"p_limit": 100001}, "p_limit must be between 1 and 100000, got 100001", "NULL for all"),
        ({"p_as_of": "infinity"}, "p_as_of must be a finite moment", "Pass NULL"),
    ],
)
def test_wrong_argument_raises(
    activity: psycopg.Connection, arguments: dict[str, Any], message: str, hint: str
) -> None:
    refuses(activity, NAME, message, hint, **arguments)


@pytest.mark.parametrize("as_of", [None, AS_OF, datetime(1, 1, 1, tzinfo=UTC)])
def test_widest_window(activity: psycopg.Connection, as_of: datetime | None) -> None:
    assert call(activity, NAME, p_days=36500, p_as_of=as_of) == []


def test_newest_id_first_whatever_the_time(activity: psycopg.Connection) -> None:
    """A batch that took long has lower ids and later moments."""
    insert(activity, [(touch(hours, item=str(hours)), 1) for hours in (1, 3, 2, 500)])
    assert items(call(activity, NAME, p_as_of=AS_OF)) == ["2", "3", "1"]


@pytest.mark.parametrize(("as_of", "later"), [(None, False), (AS_OF, False), (AS_OF, True)])
def test_pages(activity: psycopg.Connection, as_of: datetime | None, later: bool) -> None:
    """Also where the newest rows are far from the window, and the ids are not walked back."""
    (now,) = activity.execute("SELECT pg_catalog.now() AS now").fetchone().values()
    moment = (as_of or now) - timedelta(hours=1)
    insert(activity, [(Activity(moment, item=str(number)), 1) for number in range(7)])
    if later:
        insert(activity, [(Activity(now), 1)])
    pages, before = [], None
    while len(pages) < 4 and (
        page := call(activity, NAME, p_before_id=before, p_limit=3, p_as_of=as_of)
    ):
        pages.append(items(page))
        before = page[-1]["id"]
    assert pages == [["6", "5", "4"], ["3", "2", "1"], ["0"]]


def test_no_limit(activity: psycopg.Connection) -> None:
    insert(activity, [(touch(1), 101)])
    assert len(call(activity, NAME, p_as_of=AS_OF)) == 100
    assert len(call(activity, NAME, p_limit=None, p_as_of=AS_OF)) == 101


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["2", "1"]),
        ({"p_collection": "pages"}, ["2"]),
        ({"p_item": "1"}, ["1"]),
        ({"p_user": BEN}, ["2"]),
        ({"p_ip": "10.0.0.1"}, ["1"]),
        ({"p_action": "create"}, ["2"]),
        ({"p_collection": "pages", "p_user": ANA}, []),
        ({"p_collection": "unknown"}, []),
        ({"p_before_id": 0}, []),
    ],
)
def test_filters(activity: psycopg.Connection, filters: dict[str, Any], found: list[str]) -> None:
    one = touch(1, user=ANA, ip="10.0.0.1", item="1")
    other = touch(1, user=BEN, action="create", collection="pages", item="2")
    insert(activity, [(one, 1), (other, 1)])
    assert items(call(activity, NAME, **filters, p_as_of=AS_OF)) == found


@pytest.mark.parametrize("moment", ["-infinity", "infinity"])
def test_rows_out_of_time(activity: psycopg.Connection, moment: str) -> None:
    """They are nobody's newest."""
    insert(activity, [(touch(1), 1)])
    activity.execute(
        f"""
        INSERT INTO {TABLE} (action, "timestamp", collection, item)
        VALUES ('update', '{moment}', 'articles', '2')
        """.encode()
    )
    assert items(call(activity, NAME, p_as_of=AS_OF)) == ["1"]
    assert items(call(activity, NAME, p_as_of=AS_OF + timedelta(days=90))) == []


def test_tables_without_origin(activity: psycopg.Connection) -> None:
    """Directus 9 before August 2022; its user_agent is a varchar."""
    insert(activity, [(touch(1), 1)])
    activity.execute(f"UPDATE {TABLE} SET origin = 'here', user_agent = 'curl'".encode())
    (row,) = call(activity, NAME, p_as_of=AS_OF)
    assert (row["origin"], row["user_agent"]) == ("here", "curl")

    activity.execute(
        f"ALTER TABLE {TABLE} DROP COLUMN origin, ALTER COLUMN user_agent TYPE varchar(255), "
        "ADD COLUMN comment text".encode()
    )
    (row,) = call(activity, NAME, p_as_of=AS_OF)
    assert (row["origin"], row["user_agent"]) == (None, "curl")


def test_the_excluded_are_left_out(activity: psycopg.Connection) -> None:
    exclude(activity, actions=["run"], users=[BEN])
    rows = [touch(1, user=ANA, item="1"), touch(1, user=BEN), touch(1, user=ANA, action="run")]
    insert(activity, [(row, 1) for row in [*rows, touch(1, user=None, item="nobody's")]])
    assert items(call(activity, NAME, p_as_of=AS_OF)) == ["nobody's", "1"]
