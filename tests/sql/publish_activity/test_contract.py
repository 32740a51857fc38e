"""What Directus may rely on in the tables that activity_sql.publish_activity fills."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from activity_sql.settings import Settings
from tests.oracle import Activity
from tests.support.directus import QUOTED_ODD_SCHEMA
from tests.support.history import open_session
from tests.support.views import (
    FUTURE,
    HOUR,
    PAST,
    SCHEMA,
    Row,
    Session,
    Visit,
    content,
    counts,
    fold,
    grouped,
    hour_of,
    insert_visits,
    now,
    visits,
)

SCRIPT = UUID(int=7)
TABLES = ("addresses", "alerts", "days", "health", "hours", "totals", "users")


def publish(session: Session) -> str | None:
    """What it says it did; fails where that failed."""
    rows = session.execute("SELECT * FROM activity_sql.publish_activity()").fetchall()
    assert not any(row["failed"] for row in rows), rows
    return rows[0]["said"] if rows else None


def published(session: Session, table: str) -> list[Row]:
    rows = content(session, f"activity_sql_{table}")
    return sorted(rows, key=lambda row: row.get("place", row["id"]))


def busy(session: Session) -> list[Row]:
    """The alerts about busy addresses."""
    alerts = published(session, "alerts")
    return [row for row in alerts if row["alert_type"] == "EXCESSIVE_REQUESTS"]


def function(session: Session, call: str) -> list[Row]:
    return session.execute(f"SELECT * FROM {QUOTED_ODD_SCHEMA}.{call}".encode()).fetchall()


def configure(session: Session, **arguments: Any) -> None:
    named = ", ".join(f"{name} => %({name})s" for name in arguments)
    session.execute(f"SELECT activity_sql.configure({named})", arguments)


def five_minutes_pass(session: Session) -> None:
    session.execute(
        "UPDATE activity_sql.publication SET figures_at = figures_at - interval '5 minutes', "
        "alerts_at = alerts_at - interval '5 minutes'"
    )


def script(moment: datetime, ip: str = "203.0.113.5", count: int = 150) -> list[Visit]:
    """So many updates of one user within a minute."""
    row = Visit(timestamp=moment, ip=ip, user=SCRIPT, action="update", collection="articles")
    return [row] * count


def window(session: Session, days: int = 90) -> tuple[datetime, datetime]:
    """The hours that are published."""
    this_hour = hour_of(now(session))
    return this_hour - days * 24 * HOUR, this_hour + 24 * HOUR


def wanted_hours(rows: Iterable[Activity], since: datetime, until: datetime) -> list[Row]:
    groups = grouped((row for row in rows if since <= hour_of(row.timestamp) < until), "collection")
    made = []
    for (hour, collection), members in groups.items():
        count = counts(members)
        made.append(
            {
                "id": f"{hour:%Y-%m-%dT%HZ} {collection}",
                "hour": hour,
                "collection": collection,
                "actions": count["count"],
                "unique_users": count["unique_users"],
                "unique_ips": count["unique_ips"],
            }
        )
    return sorted(made, key=lambda row: row["id"])


def wanted_days(rows: Iterable[Activity], now: datetime, days: int = 90) -> list[Row]:
    first, last = now.date() - timedelta(days=days), (hour_of(now) + timedelta(days=1)).date()
    groups: dict[tuple[Any, str], list[Activity]] = {}
    for row in rows:
        if row.timestamp not in (PAST, FUTURE) and first <= row.timestamp.date() <= last:
            groups.setdefault((row.timestamp.date(), row.action), []).append(row)
    made = []
    for (day, action), members in groups.items():
        count = counts(members)
        made.append(
            {
                "id": f"{day} {action}",
                "day": day,
                "action": action,
                "actions": count["count"],
                "unique_users": count["unique_users"],
                "unique_ips": count["unique_ips"],
            }
        )
    return sorted(made, key=lambda row: row["id"])


def assert_as_counted(session: Session, rows: Iterable[Activity], days: int = 90) -> None:
    rows = list(rows)
    hours = [{**row, "hour": row["hour"].astimezone(UTC)} for row in published(session, "hours")]
    assert hours == wanted_hours(rows, *window(session, days))
    assert published(session, "days") == wanted_days(rows, now(session), days)


def test_hours_and_days_are_as_counted_by_hand(activity: Session) -> None:
    assert (publish(activity), published(activity, "hours")) == ("published 8 rows", [])
    since, _ = window(activity)
    rows = visits(since, now(activity))
    insert_visits(activity, rows[:250])
    fold(activity)
    publish(activity)
    assert_as_counted(activity, rows[:250])
    insert_visits(activity, rows[250:])
    fold(activity)
    publish(activity)
    assert_as_counted(activity, rows)


def test_what_is_edited_or_rebuilt_is_published_anew(activity: Session) -> None:
    rows = visits(window(activity)[0], now(activity))
    insert_visits(activity, rows)
    fold(activity)
    publish(activity)
    activity.execute(
        f"UPDATE {QUOTED_ODD_SCHEMA}.directus_activity SET collection = 'moved', ip = '10.9.9.9' "
        "WHERE collection = 'Pages'".encode()
    )
    edited = [
        replace(row, collection="moved", ip="10.9.9.9") if row.collection == "Pages" else row
        for row in rows
    ]
    activity.execute("SELECT * FROM activity_sql.reconcile_rollups()")
    publish(activity)
    assert_as_counted(activity, edited)
    activity.execute(
        f"DELETE FROM {QUOTED_ODD_SCHEMA}.directus_activity WHERE action = 'login'".encode()
    )
    configure(activity, p_excluded_users=[UUID(int=1)])
    activity.execute("SELECT activity_sql.rebuild_rollups()")
    publish(activity)
    left = [row for row in edited if row.action != "login" and row.user != UUID(int=1)]
    assert_as_counted(activity, left)


def test_a_window_that_moves_takes_rows_along(activity: Session) -> None:
    rows = visits(window(activity)[0], now(activity))
    insert_visits(activity, rows)
    fold(activity)
    for days in (90, 20, 60):
        configure(activity, p_published_days=days)
        publish(activity)
        assert_as_counted(activity, rows, days)


def test_an_emptied_table_is_filled_again(activity: Session) -> None:
    rows = visits(window(activity)[0], now(activity))
    insert_visits(activity, rows)
    fold(activity)
    publish(activity)
    for table in TABLES:
        activity.execute(f"DELETE FROM {QUOTED_ODD_SCHEMA}.activity_sql_{table}".encode())
        five_minutes_pass(activity)
        publish(activity)
        assert published(activity, table) or table == "alerts"
    assert_as_counted(activity, rows)


def test_addresses_and_users_are_what_the_functions_say(activity: Session) -> None:
    insert_visits(activity, visits(window(activity)[0], now(activity)))
    insert_visits(activity, script(now(activity) - HOUR))
    fold(activity)
    publish(activity)
    stats = function(activity, "get_ip_activity_stats(7, 1, 100)")
    shown = published(activity, "addresses")
    assert len(stats) == len(shown) >= 4
    for place, (row, was) in enumerate(zip(shown, stats, strict=True), 1):
        (masked,) = activity.execute("SELECT activity_sql.mask_address(%s) AS ip", [was["ip"]])
        assert row.pop("reason")
        row.pop("id")
        assert row == {
            "place": place,
            "ip": masked["ip"],
            "actions": was["total_actions"],
            **{
                name: was[name]
                for name in (
                    "unique_collections",
                    "unique_users",
                    "activity_score",
                    "risk_level",
                    "first_seen",
                    "last_seen",
                )
            },
        }
    engaged = function(activity, "get_user_engagement_metrics(30, 100)")
    people = published(activity, "users")
    assert len(engaged) == len(people) >= 5
    for place, (row, was) in enumerate(zip(people, engaged, strict=True), 1):
        names = set(row) - {"id", "place", "name", "actions"}
        assert row == {
            "id": was["user_id"],
            "place": place,
            "name": f"User {str(was['user_id'])[:8]}",
            "actions": was["total_actions"],
            **{name: was[name] for name in names},
        }


def test_totals_are_what_the_functions_say(activity: Session) -> None:
    moment = now(activity)
    insert_visits(activity, visits(window(activity)[0], moment))
    insert_visits(activity, script(moment - 30 * HOUR, count=300))
    fold(activity)
    insert_visits(activity, [Visit(timestamp=moment - timedelta(seconds=90))])
    publish(activity)
    (totals,) = published(activity, "totals")
    for days, name in ((1, "24h"), (7, "7d"), (30, "30d")):
        (answer,) = function(activity, f"get_activity_dashboard({days})")
        summary = answer["get_activity_dashboard"]["summary"]
        assert totals[f"actions_{name}"] == summary["totalActivity"]
        assert totals[f"users_{name}"] == summary["uniqueUsers"]
        assert totals[f"addresses_{name}"] == summary["uniqueIPs"]
        trends = function(activity, f"get_activity_trends({days}, 'action', NULL)")
        assert totals[f"actions_{name}_before"] == sum(row["previous_count"] for row in trends)
        assert "than in the" in totals[f"trend_{name}"] or "new:" in totals[f"trend_{name}"]
    assert (totals["lag_rows"], totals["lag_seconds"]) == (1, 90)
    assert totals["published_at"] == moment
    assert totals["alerts_7d"] == len(published(activity, "alerts")) > 0


def test_with_no_rows_headlines_are_zero(activity: Session) -> None:
    publish(activity)
    (totals,) = published(activity, "totals")
    numbers = {name: value for name, value in totals.items() if isinstance(value, int)}
    assert numbers == dict.fromkeys(numbers, 0) | {"id": 1}
    assert totals["trend_7d"] == "as many as in the 7 days before"
    assert totals["covered_since"] is None


def test_two_addresses_of_one_network_are_two_rows_that_keep_their_numbers(
    activity: Session,
) -> None:
    moment = now(activity) - HOUR
    insert_visits(activity, [Visit(timestamp=moment, ip=f"203.0.113.{n}") for n in (7, 8, 8)])
    fold(activity)
    publish(activity)
    before = published(activity, "addresses")
    assert [row["ip"] for row in before] == ["203.0.113.0/24"] * 2
    insert_visits(activity, [Visit(timestamp=moment, ip="203.0.113.7")] * 5)
    fold(activity)
    publish(activity)
    after = published(activity, "addresses")
    assert [row["id"] for row in after] == [row["id"] for row in reversed(before)]

    configure(activity, p_mask_addresses=False)
    publish(activity)
    assert [row["ip"] for row in published(activity, "addresses")] == ["203.0.113.7", "203.0.113.8"]
    masks = [row["detail"] for row in published(activity, "health") if row["topic"] == "Addresses"]
    assert masks == ["shown in full"]


def test_no_address_stands_in_any_table(activity: Session) -> None:
    moment = now(activity) - HOUR
    secrets = ["203.0.113.177", "2001:db8:7:7::77", "secret-host"]
    for ip in secrets:
        insert_visits(activity, script(moment, ip))
    fold(activity)
    publish(activity)
    alerts = published(activity, "alerts")
    assert sum(alert["alert_type"] == "EXCESSIVE_REQUESTS" for alert in alerts) == 3
    assert sum(alert["alert_type"] == "volume_by_ip" for alert in alerts) == 3
    everything = " ".join(str(published(activity, table)) for table in TABLES)
    assert [ip for ip in secrets if ip in everything] == []


def test_names_are_shown_unless_they_are_not_wanted(activity: Session) -> None:
    activity.execute(
        f"INSERT INTO {SCHEMA}.directus_users (id, first_name, last_name) "
        "VALUES (%s, 'Ana', 'Lima')",
        [SCRIPT],
    )
    insert_visits(activity, script(now(activity)))
    fold(activity)
    publish(activity)
    assert [row["name"] for row in published(activity, "users")] == ["Ana Lima"]
    configure(activity, p_publish_names=False)
    publish(activity)
    assert [row["name"] for row in published(activity, "users")] == ["User 00000000"]


def test_alerts_come_by_the_hour_with_a_reason_and_keep_their_number(activity: Session) -> None:
    moment = hour_of(now(activity)) - 3 * HOUR
    insert_visits(activity, script(moment) + script(moment - 9 * HOUR, "2001:db8::1", 99))
    fold(activity)
    publish(activity)
    (alert,) = busy(activity)
    key = alert.pop("id")
    assert alert == {
        "detected_at": moment,
        "alert_type": "EXCESSIVE_REQUESTS",
        "severity": "medium",
        "subject_type": "ip",
        "subject": "203.0.113.0/24",
        "ip": "203.0.113.0/24",
        "action_count": 150,
        "risk_level": "medium",
        "reason": "150 actions in an hour: 3,600 actions per user and day (usual ≤ 200)",
    }
    # Changed, and not judged again before five minutes have passed.
    insert_visits(activity, script(moment, count=50))
    fold(activity)
    publish(activity)
    assert [row["action_count"] for row in busy(activity)] == [150]
    five_minutes_pass(activity)
    publish(activity)
    found = [(row["id"], row["action_count"]) for row in busy(activity)]
    assert found == [(key, 200)]
    configure(activity, p_trusted_addresses=["203.0.113.0/24"])
    publish(activity)
    alerts = published(activity, "alerts")
    assert [alert for alert in alerts if alert["ip"] == "203.0.113.0/24"] == []


def test_alerts_are_those_of_get_security_alerts(activity: Session) -> None:
    moment = hour_of(now(activity)) - 3 * HOUR
    insert_visits(activity, script(moment))
    fold(activity)
    publish(activity)
    said = {
        (row["alert_type"], row["severity"], row["action_count"])
        for row in function(activity, f"get_security_alerts(1, 100, '{moment + HOUR}')")
    }
    found = {row["alert_type"]: row for row in published(activity, "alerts")}
    assert {
        (row["alert_type"], row["severity"], row["action_count"]) for row in found.values()
    } == said
    assert found["volume_by_user"]["subject"] == "User 00000000"
    assert found["volume_by_user"]["reason"] == (
        "150 rows in an hour (usual ≤ 40, by active hours, too few to know)"
    )


def test_a_week_of_alerts_is_judged_a_day_at_a_time(activity: Session) -> None:
    this_hour = hour_of(now(activity))
    for hours in range(200):
        insert_visits(activity, script(this_hour - hours * HOUR, count=100))
    fold(activity)
    seen = []
    for _ in range(9):
        publish(activity)
        seen.append(len(busy(activity)))
    assert seen == [24, 48, 72, 96, 120, 144, 168, 169, 169]


def test_only_what_changed_is_written(activity: Session) -> None:
    insert_visits(activity, visits(window(activity)[0], now(activity)))
    fold(activity)
    publish(activity)
    assert publish(activity) is None
    five_minutes_pass(activity)
    assert publish(activity) is None
    insert_visits(activity, [Visit(timestamp=now(activity), collection="letters", action="run")])
    fold(activity)
    # An hour and a day.
    assert publish(activity) == "published 2 rows"


def test_what_is_older_than_the_days_wanted_goes(activity: Session) -> None:
    # A day too old, and so still among the hours that days are counted from.
    moments = [now(activity) - 31 * 24 * HOUR, now(activity)]
    for moment in moments:
        insert_visits(activity, [Visit(timestamp=moment)])
    fold(activity)
    publish(activity)
    assert [row["hour"] for row in published(activity, "hours")] == [*map(hour_of, moments)]
    configure(activity, p_published_days=30)
    publish(activity)
    assert [row["hour"] for row in published(activity, "hours")] == [hour_of(moments[1])]
    assert len(published(activity, "days")) == 1


def test_a_failure_is_reported_and_changes_nothing(activity: Session) -> None:
    insert_visits(activity, script(now(activity)))
    fold(activity)
    activity.execute(f"DROP TABLE {QUOTED_ODD_SCHEMA}.activity_sql_users".encode())
    (row,) = activity.execute("SELECT * FROM activity_sql.publish_activity()").fetchall()
    assert row["failed"]
    assert row["said"].startswith("publishing failed: relation")
    assert "42P01" in row["said"]
    assert published(activity, "hours") == []


@pytest.fixture
def beside(deployed: Settings) -> Iterator[Session]:
    with open_session(deployed) as session:
        yield session


@contextmanager
def committed(session: Session) -> Iterator[None]:
    """Everything is taken back at the end, by hand: others have seen it."""
    try:
        yield
    finally:
        session.execute(f"TRUNCATE {QUOTED_ODD_SCHEMA}.directus_activity CASCADE".encode())
        session.execute("SELECT activity_sql.rebuild_rollups()")
        session.execute("SELECT * FROM activity_sql.publish_activity()")
        session.execute("UPDATE activity_sql.watermark SET settled_id = NULL")


def test_readers_see_all_or_nothing_and_nobody_waits(deployed: Settings, beside: Session) -> None:
    with open_session(deployed) as publisher, committed(publisher):
        insert_visits(publisher, script(now(publisher)))
        fold(publisher)
        with publisher.transaction():
            assert publish(publisher)
            assert len(published(publisher, "hours")) == 1
            # Readers read what was, writers write, a second publisher turns away.
            assert published(beside, "hours") == []
            insert_visits(beside, script(now(beside), count=1))
            assert publish(beside) is None
        hours, totals = published(beside, "hours"), published(beside, "totals")
        assert [row["actions"] for row in hours] == [150]
        assert [row["actions_7d"] for row in totals] == [150]
