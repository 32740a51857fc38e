"""What a caller of mv_activity_collection_stats may rely on."""

from datetime import timedelta

from tests.support.views import (
    Session,
    columns,
    content,
    counts,
    depends_on,
    fold,
    grouped,
    hour_of,
    insert_visits,
    keyed,
    now,
    refresh,
    visits,
)

VIEW = "mv_activity_collection_stats"


def test_columns(activity: Session) -> None:
    assert columns(activity, VIEW) == [
        ("hour", "timestamp with time zone"),
        ("collection", "text"),
        ("count", "bigint"),
        ("unique_users", "bigint"),
        ("unique_ips", "bigint"),
    ]


def test_it_is_empty_where_nothing_is_folded(activity: Session) -> None:
    refresh(activity, VIEW)
    assert content(activity, VIEW) == []


def test_it_holds_the_folded_rows_of_90_days_by_hour_and_collection(activity: Session) -> None:
    until = now(activity)
    since = hour_of(until) - timedelta(days=90)
    rows = visits(since, until)
    insert_visits(activity, rows)
    fold(activity)
    insert_visits(activity, rows[:10])
    refresh(activity, VIEW)
    expected = grouped((row for row in rows if row.timestamp >= since), "collection")
    assert keyed(content(activity, VIEW), "hour", "collection") == {
        key: {"hour": key[0], "collection": key[1], **counts(found)}
        for key, found in expected.items()
    }


def test_the_settings_say_how_many_days(activity: Session) -> None:
    activity.execute("UPDATE activity_sql.setting SET published_days = 2")
    until = now(activity)
    insert_visits(activity, visits(hour_of(until) - timedelta(days=2), until))
    fold(activity)
    refresh(activity, VIEW)
    assert min(row["hour"] for row in content(activity, VIEW)) == hour_of(until) - timedelta(days=2)


def test_it_is_made_from_our_tables_only(activity: Session) -> None:
    assert depends_on(activity, VIEW) == {
        "activity_sql.activity_hour",
        "activity_sql.collection",
    }
