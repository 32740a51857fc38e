"""What a caller may rely on: the shape, who is known, and what a wrong argument raises."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.oracle import Activity
from tests.support.contract import exclude, refuses, types_of
from tests.support.directus import QUOTED_ODD_SCHEMA
from tests.support.rows import call, insert
from tests.support.users import add_users

NAME = "get_user_activity"
AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
ANA, BEN = UUID(int=1), UUID(int=2)
TABLE = f"{QUOTED_ODD_SCHEMA}.directus_users"


def ago(**length: float) -> datetime:
    return AS_OF - timedelta(**length)


def answer(connection: psycopg.Connection, user: UUID, **arguments: Any) -> dict[str, Any]:
    ((found,),) = (row.values() for row in call(connection, NAME, p_user=user, **arguments))
    return found


def nothing(user: UUID, *, known: bool) -> dict[str, Any]:
    return {
        "userId": str(user),
        "known": known,
        "period": "30 days",
        "summary": {"count": 0, "countDistinct_collection": 0, "countDistinct_ip": 0},
        "byCollection": [],
        "byAction": [],
    }


def test_type(activity: psycopg.Connection) -> None:
    assert types_of(activity, NAME, p_user=ANA) == {NAME: "jsonb"}


@pytest.mark.parametrize("folded", [False, True])
def test_shape(activity: psycopg.Connection, folded: bool) -> None:
    """By count, then by bytes; the address that is not there is none."""
    insert(
        activity,
        [
            (Activity(ago(days=1), "update", ANA, "10.0.0.1", "pages"), 2),
            (Activity(ago(days=2), "create", ANA, None, "Pages"), 2),
            (Activity(ago(days=3), "login", ANA, "10.0.0.2", "directus_users"), 3),
            (Activity(ago(days=3), "login", BEN, "10.0.0.3", "directus_users"), 1),
        ],
    )
    if folded:
        call(activity, "refresh_activity_rollups")
    assert answer(activity, ANA, p_as_of=AS_OF) == {
        "userId": str(ANA),
        "known": True,
        "period": "30 days",
        "summary": {"count": 7, "countDistinct_collection": 3, "countDistinct_ip": 2},
        "byCollection": [
            {"collection": "directus_users", "count": 3},
            {"collection": "Pages", "count": 2},
            {"collection": "pages", "count": 2},
        ],
        "byAction": [
            {"action": "login", "count": 3},
            {"action": "create", "count": 2},
            {"action": "update", "count": 2},
        ],
    }


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"p_user": None}, "p_user must be the id of a user, got NULL", "directus_users"),
        ({"p_days": 0}, "p_days must be between 1 and 36500, got 0", "whole days"),
        ({"p_days": 36501}, "p_days must be between 1 and 36500, got 36501", "whole days"),
        ({"p_days": None}, "p_days must be between 1 and 36500, got NULL", "whole days"),
        ({"p_as_of": "-infinity"}, "p_as_of must be a finite moment", "Pass NULL"),
    ],
)
def test_wrong_argument_raises(
    activity: psycopg.Connection, arguments: dict[str, Any], message: str, hint: str
) -> None:
    refuses(activity, NAME, message, hint, **{"p_user": ANA, **arguments})


@pytest.mark.parametrize("as_of", [None, AS_OF, datetime(1, 1, 1, tzinfo=UTC)])
def test_widest_window(activity: psycopg.Connection, as_of: datetime | None) -> None:
    assert answer(activity, ANA, p_days=36500, p_as_of=as_of)["summary"]["count"] == 0


def test_unknown(activity: psycopg.Connection) -> None:
    insert(activity, [(Activity(ago(days=1), user=BEN), 1)])
    assert answer(activity, ANA) == nothing(ANA, known=False)


def test_known_to_directus(activity: psycopg.Connection) -> None:
    add_users(activity, [ANA])
    assert answer(activity, ANA) == nothing(ANA, known=True)


@pytest.mark.parametrize("folded", [False, True])
def test_known_from_activity_long_ago(activity: psycopg.Connection, folded: bool) -> None:
    """Also when the rows were folded and are gone."""
    insert(activity, [(Activity(ago(days=100), user=ANA), 1)])
    if folded:
        call(activity, "refresh_activity_rollups")
        activity.execute(f"DELETE FROM {QUOTED_ODD_SCHEMA}.directus_activity".encode())
    assert answer(activity, ANA, p_as_of=AS_OF) == nothing(ANA, known=True)


@pytest.mark.parametrize("folded", [False, True])
def test_the_excluded_do_not_count(activity: psycopg.Connection, folded: bool) -> None:
    exclude(activity, actions=["run"], users=[BEN])
    insert(
        activity,
        [
            (Activity(ago(days=1), "run", ANA), 1),
            (Activity(ago(days=1), "update", ANA), 2),
            (Activity(ago(days=1), "update", BEN), 3),
        ],
    )
    if folded:
        call(activity, "refresh_activity_rollups")
    assert answer(activity, ANA, p_as_of=AS_OF)["byAction"] == [{"action": "update", "count": 2}]
    assert answer(activity, BEN, p_as_of=AS_OF) == nothing(BEN, known=False)


@pytest.mark.parametrize("folded", [False, True])
def test_who_did_only_what_is_excluded_is_unknown(
    activity: psycopg.Connection, folded: bool
) -> None:
    exclude(activity, actions=["run"])
    insert(activity, [(Activity(ago(days=1), "run", ANA), 1)])
    if folded:
        call(activity, "refresh_activity_rollups")
    assert answer(activity, ANA, p_as_of=AS_OF) == nothing(ANA, known=False)


def test_without_users(activity: psycopg.Connection) -> None:
    activity.execute(f"DROP TABLE {TABLE} CASCADE".encode())
    with pytest.raises(psycopg.errors.UndefinedTable) as raised:
        answer(activity, ANA)
    assert raised.value.diag.message_primary == f"there is no table {TABLE}"
    assert "schema that Directus is in" in raised.value.diag.message_hint


def test_without_the_right_to_read_users(activity: psycopg.Connection) -> None:
    activity.execute(f"REVOKE SELECT ON {TABLE} FROM directus".encode())
    with pytest.raises(psycopg.errors.InsufficientPrivilege) as raised:
        answer(activity, ANA)
    assert raised.value.diag.message_primary == f"directus may not read the ids of {TABLE}"
    hint = raised.value.diag.message_hint
    assert hint == f"As its owner: GRANT SELECT (id) ON {TABLE} TO directus;"


def test_the_right_to_read_the_ids_is_enough(activity: psycopg.Connection) -> None:
    activity.execute(f"REVOKE SELECT ON {TABLE} FROM directus".encode())
    activity.execute(f"GRANT SELECT (id) ON {TABLE} TO directus".encode())
    assert answer(activity, ANA) == nothing(ANA, known=False)
