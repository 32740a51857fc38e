"""What a caller may rely on: the letter, word for word, and that no stranger can write in it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.oracle import Activity
from tests.support.contract import refuses
from tests.support.directus import QUOTED_ODD_SCHEMA
from tests.support.rows import call, insert

NAME = "get_activity_digest"
AS_OF = datetime(2026, 5, 15, 12, tzinfo=UTC)
ANA, BEN, EVE = UUID(int=1), UUID(int=2), UUID(int=3)


def ago(**length: float) -> datetime:
    return AS_OF - timedelta(**length)


def letter(connection: psycopg.Connection, **arguments: Any) -> str:
    ((answer,),) = (row.values() for row in call(connection, NAME, p_as_of=AS_OF, **arguments))
    return answer


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"p_days": 0}, "p_days must be between 1 and 36500, got 0", "whole days"),
        ({"p_days": None}, "p_days must be between 1 and 36500, got NULL", "whole days"),
        ({"p_as_of": "infinity"}, "p_as_of must be a finite moment", "Pass NULL"),
    ],
)
def test_wrong_argument_raises(
    activity: psycopg.Connection, arguments: dict[str, Any], message: str, hint: str
) -> None:
    refuses(activity, NAME, message, hint, **arguments)


def test_of_nothing(activity: psycopg.Connection) -> None:
    assert (
        letter(activity)
        == """\
# Activity, 2026-05-08 12:00 UTC to 2026-05-15 12:00 UTC

**0 actions** by 0 users from 0 addresses; 0 in the 7 days before.

## What changed

No collection by more than ten percent.

## Who is new

Nobody.

## What retention removed

Nothing: every row that was folded is still in directus_activity.
"""
    )


ROWS = [
    (Activity(ago(days=1), user=ANA, ip="10.0.0.1", collection="pages"), 1200),
    (Activity(ago(days=8), user=ANA, ip="10.0.0.1", collection="pages"), 600),
    (Activity(ago(days=2), user=BEN, ip="10.0.0.2", collection="pages"), 100),
    (Activity(ago(days=400), user=BEN, ip="10.0.0.2", collection="old"), 3),
    (Activity(ago(days=3), user=EVE, ip="10.0.0.3", collection="flat"), 10),
    (Activity(ago(days=9), user=ANA, ip="10.0.0.1", collection="flat"), 10),
]


@pytest.mark.parametrize("folded", ["none", "old", "all"])
def test_word_for_word(activity: psycopg.Connection, folded: str) -> None:
    """BEN was not here the week before, but is not new."""
    old = [row for row in ROWS if row[0].timestamp < ago(days=100)]
    insert(activity, old if folded == "old" else ROWS)
    if folded != "none":
        call(activity, "refresh_activity_rollups")
    if folded == "old":
        insert(activity, [row for row in ROWS if row not in old])
    assert (
        letter(activity)
        == """\
# Activity, 2026-05-08 12:00 UTC to 2026-05-15 12:00 UTC

**1,310 actions** by 3 users from 3 addresses; 610 in the 7 days before.

## What changed

| collection | actions | before | |
|---|--:|--:|---|
| `pages` | 1,300 | 600 | up +116.67 % |

## Who is new

1 users
- `00000000-0000-0000-0000-000000000003`, 10 actions

1 addresses
- `10.0.0.3`, 10 actions

## What retention removed

Nothing: every row that was folded is still in directus_activity.
"""
    )


def test_what_retention_removed(activity: psycopg.Connection) -> None:
    insert(activity, ROWS)
    call(activity, "refresh_activity_rollups")
    activity.execute(
        f"DELETE FROM {QUOTED_ODD_SCHEMA}.directus_activity WHERE collection = 'old'".encode()
    )
    said = letter(activity).split("## What retention removed\n\n")[1]
    assert said == (
        "3 rows that were folded are no longer in directus_activity, whose oldest row is of "
        "2026-05-06 12:00 UTC. They go on counting.\n"
    )


def test_strangers_write_code_only(activity: psycopg.Connection) -> None:
    nasty = "`x` | [click](evil)\n# <b>"
    insert(activity, [(Activity(ago(days=1), ip=nasty, collection=nasty), 5)])
    said = letter(activity)
    safe = "`'x' / [click](evil) # <b>`"
    assert f"| {safe} | 5 | 0 | new |" in said
    assert f"\n- {safe}, 5 actions" in said
    assert said.count("[click]") == 2
