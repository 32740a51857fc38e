"""What a caller of mv_activity_dashboard_stats may rely on."""

from collections import Counter
from datetime import timedelta

from tests.support.views import (
    Session,
    Visit,
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

VIEW = "mv_activity_dashboard_stats"


def common_user_agent(rows: list[Visit]) -> str | None:
    agents = Counter(row.user_agent for row in rows if row.user_agent is not None)
    return min(agents, key=lambda agent: (-agents[agent], agent.encode()), default=None)


def test_columns(activity: Session) -> None:
    assert columns(activity, VIEW) == [
        ("hour", "timestamp with time zone"),
        ("collection", "text"),
        ("action", "text"),
        ("count", "bigint"),
        ("unique_users", "bigint"),
        ("unique_ips", "bigint"),
        ("common_user_agent", "text"),
    ]


def test_it_is_empty_where_nothing_is_folded(activity: Session) -> None:
    refresh(activity, VIEW)
    assert content(activity, VIEW) == []


def test_it_holds_the_folded_rows_of_7_days_by_hour_collection_and_action(
    activity: Session,
) -> None:
    until = now(activity)
    since = hour_of(until) - timedelta(days=7)
    rows = visits(since, until)
    insert_visits(activity, rows[:300])
    fold(activity)
    insert_visits(activity, rows[300:])
    fold(activity)
    insert_visits(activity, rows[:10])
    refresh(activity, VIEW)
    expected = grouped((row for row in rows if row.timestamp >= since), "collection", "action")
    assert keyed(content(activity, VIEW), "hour", "collection", "action") == {
        key: {
            "hour": key[0],
            "collection": key[1],
            "action": key[2],
            **counts(found),
            "common_user_agent": common_user_agent(found),
        }
        for key, found in expected.items()
    }


def test_of_equally_common_user_agents_it_names_the_first_by_bytes(activity: Session) -> None:
    moment = now(activity)
    agents = ["é", "a", "Z", None, None, None]
    insert_visits(activity, [Visit(timestamp=moment, user_agent=agent) for agent in agents])
    fold(activity)
    refresh(activity, VIEW)
    (row,) = content(activity, VIEW)
    assert (row["count"], row["common_user_agent"]) == (6, "Z")


def test_the_settings_do_not_change_its_7_days(activity: Session) -> None:
    activity.execute("UPDATE activity_sql.setting SET published_days = 2")
    moment = hour_of(now(activity)) - timedelta(days=7)
    insert_visits(activity, [Visit(timestamp=moment)])
    fold(activity)
    refresh(activity, VIEW)
    assert [row["hour"] for row in content(activity, VIEW)] == [moment]


def test_it_is_made_from_our_tables_only(activity: Session) -> None:
    assert depends_on(activity, VIEW) == {
        "activity_sql.activity_hour",
        "activity_sql.collection",
        "activity_sql.action",
        "activity_sql.user_agent",
        "activity_sql.user_agent_hour",
    }
