"""What a caller may rely on: columns, types, who may call, and what a wrong argument raises."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from activity_sql.settings import Settings
from tests.oracle import Activity
from tests.support.directus import QUOTED_ODD_SCHEMA
from tests.support.rows import call, insert

AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
COLUMNS = {
    "ip": "varchar",
    "total_actions": "int8",
    "unique_collections": "int8",
    "action_breakdown": "jsonb",
    "first_seen": "timestamptz",
    "last_seen": "timestamptz",
    "risk_score": "int4",
    "unique_users": "int8",
    "risk_level": "text",
    "activity_score": "int4",
    "risk_reasons": "jsonb",
}


def test_columns_and_types(activity: psycopg.Connection) -> None:
    cursor = activity.execute("SELECT * FROM get_ip_activity_stats()")
    types = psycopg.adapters.types
    assert {column.name: types[column.type_code].name for column in cursor.description} == COLUMNS


def test_positional_call(activity: psycopg.Connection) -> None:
    insert(activity, [(Activity(AS_OF - timedelta(hours=1), ip="10.0.0.1"), 10)])
    rows = activity.execute(
        "SELECT ip, total_actions FROM get_ip_activity_stats(7, 10, 50, %s)", [AS_OF]
    ).fetchall()
    assert rows == [{"ip": "10.0.0.1", "total_actions": 10}]


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"p_days": 0}, "p_days must be between 1 and 36500, got 0", "whole days"),
        ({"p_days": 36501}, "p_days must be between 1 and 36500, got 36501", "whole days"),
        ({"p_days": None}, "p_days must be between 1 and 36500, got NULL", "whole days"),
        ({"p_min_count": 0}, "p_min_count must be between 1 and 2147483647, got 0", "Pass 1"),
        ({"p_min_count": None}, "p_min_count must be between", "Pass 1"),
        ({"p_limit": 0}, "p_limit must be between 1 and 100000, got 0", "NULL for all"),
        ({"p_limit": 100001}, "p_limit must be between 1 and 100000, got 100001", "NULL for all"),
        ({"p_as_of": "infinity"}, "p_as_of must be a finite moment", "Pass NULL"),
        ({"p_as_of": "-infinity"}, "p_as_of must be a finite moment", "Pass NULL"),
        ({"p_as_of": "4713-01-01 00:00+00 BC"}, "p_as_of must be a finite moment", "Pass NULL"),
    ],
)
def test_wrong_argument_raises(
    activity: psycopg.Connection, arguments: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue) as raised:
        call(activity, "get_ip_activity_stats", **arguments)
    assert raised.value.diag.message_primary.startswith(message)
    assert hint in raised.value.diag.message_hint


@pytest.mark.parametrize("as_of", [None, AS_OF, datetime(1, 1, 1, tzinfo=UTC)])
def test_widest_window(activity: psycopg.Connection, as_of: datetime | None) -> None:
    assert call(activity, "get_ip_activity_stats", p_days=36500, p_as_of=as_of) == []


def test_a_row_stamped_ahead_of_the_clock_counts_without_as_of(
    activity: psycopg.Connection,
) -> None:
    (now,) = activity.execute("SELECT pg_catalog.now() AS now").fetchone().values()
    insert(activity, [(Activity(now + timedelta(minutes=5), ip="10.0.0.1"), 1)])
    call_with = {"p_min_count": 1}
    assert len(call(activity, "get_ip_activity_stats", **call_with)) == 1
    assert call(activity, "get_ip_activity_stats", **call_with, p_as_of=now) == []


@pytest.mark.parametrize("minutes", [(10, 20, 50), (50, 20, 10), (20, 50, 10)])
def test_each_fold_widens_an_hour(activity: psycopg.Connection, minutes: tuple[int, ...]) -> None:
    """Read from the hour itself: it is in no whole day of the window."""
    hour = AS_OF - timedelta(hours=14)
    for minute in minutes:
        moments = [hour + timedelta(minutes=minute + later) for later in (0, 5)]
        insert(activity, [(Activity(moment, ip="10.0.0.1"), 1) for moment in moments])
        call(activity, "refresh_activity_rollups")
    (row,) = call(
        activity, "get_ip_activity_stats", p_min_count=1, p_as_of=AS_OF - timedelta(hours=12)
    )
    assert (row["first_seen"], row["last_seen"], row["total_actions"]) == (
        hour + timedelta(minutes=10),
        hour + timedelta(minutes=55),
        6,
    )


def test_a_tie_at_the_cut_falls_by_bytes(activity: psycopg.Connection) -> None:
    insert(activity, [(Activity(AS_OF - timedelta(hours=1), ip=ip), 3) for ip in ("a", "Z")])
    (row,) = call(activity, "get_ip_activity_stats", p_min_count=1, p_limit=1, p_as_of=AS_OF)
    assert row["ip"] == "Z"


def test_office_of_fifty_behind_one_address_stays_low(activity: psycopg.Connection) -> None:
    """Each of them busy all day, in every collection, with every kind of action."""
    kinds = ["create", "update", "delete", "login", "logout", "run", "version_save", "revert"]
    rows = [
        (
            Activity(
                AS_OF - timedelta(hours=1),
                action=kind,
                user=UUID(int=editor),
                ip="203.0.113.7",
                collection=f"c{(editor * 8 + number) % 40}",
            ),
            4 if kind == "delete" else 25,
        )
        for editor in range(1, 51)
        for number, kind in enumerate(kinds)
    ]
    insert(activity, rows)
    (row,) = call(activity, "get_ip_activity_stats", p_days=1, p_as_of=AS_OF)
    assert row["unique_users"] == 50
    assert (row["risk_level"], row["risk_score"]) == ("low", 5)


def test_volume_alone_never_exceeds_medium(activity: psycopg.Connection) -> None:
    insert(activity, [(Activity(AS_OF - timedelta(hours=1), ip="198.51.100.9"), 50_000)])
    (row,) = call(activity, "get_ip_activity_stats", p_days=1, p_as_of=AS_OF)
    assert (row["activity_score"], row["risk_level"]) == (40, "medium")


def test_public_may_not_call(deployed: Settings, superuser: psycopg.Connection) -> None:
    superuser.execute("CREATE ROLE stranger LOGIN PASSWORD 'stranger'")
    try:
        with (
            psycopg.connect(deployed.conninfo, user="stranger", password="stranger") as stranger,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            stranger.execute("SELECT activity_sql.risk_level(1)")
    finally:
        superuser.execute("DROP ROLE stranger")


def test_row_security_raises_instead_of_halving(activity: psycopg.Connection) -> None:
    """A forced policy would hide rows from the owner too; the answer must not shrink silently."""
    table = f"{QUOTED_ODD_SCHEMA}.directus_activity"
    activity.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY".encode())
    activity.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY".encode())
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        call(activity, "get_ip_activity_stats")
