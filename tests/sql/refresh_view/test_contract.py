"""What a caller of activity_sql.refresh_view may rely on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest

from activity_sql.db import connect
from activity_sql.deploy import deploy
from activity_sql.release import load_linted_release
from activity_sql.settings import Settings
from tests.support.directus import QUOTED_ODD_SCHEMA
from tests.support.history import open_session
from tests.support.views import Session, Visit, content, fold, insert_visits, now

VIEWS = [
    "mv_activity_hourly_stats",
    "mv_activity_collection_stats",
    "mv_activity_daily_summary",
    "mv_activity_dashboard_stats",
]
VIEW = VIEWS[0]
REFRESHED, UNCHANGED, BUSY = (
    "refreshed",
    "skipped: nothing folded since",
    "skipped: another refresh runs",
)


def refresh(session: Session, view: str | None = VIEW) -> str:
    (row,) = session.execute("SELECT activity_sql.refresh_view(%s) AS said", [view])
    return row["said"]


def add(session: Session, count: int = 1, ago: timedelta = timedelta(0)) -> None:
    """Rows that are folded."""
    insert_visits(session, [Visit(timestamp=now(session) - ago)] * count)
    fold(session)


def total(session: Session, view: str = VIEW) -> int:
    column = "total" if view == "mv_activity_daily_summary" else "count"
    return sum(row[column] for row in content(session, view))


@pytest.mark.parametrize("view", VIEWS)
def test_it_refreshes_after_a_fold_and_only_then(activity: Session, view: str) -> None:
    assert refresh(activity, view) == REFRESHED
    assert refresh(activity, view) == UNCHANGED
    insert_visits(activity, [Visit(timestamp=now(activity))] * 3)
    assert refresh(activity, view) == UNCHANGED
    fold(activity)
    assert (refresh(activity, view), total(activity, view)) == (REFRESHED, 3)
    assert (refresh(activity, view), total(activity, view)) == (UNCHANGED, 3)


def test_views_are_refreshed_each_by_itself(activity: Session) -> None:
    add(activity)
    assert [refresh(activity, view) for view in VIEWS] == [REFRESHED] * 4
    assert [refresh(activity, view) for view in VIEWS] == [UNCHANGED] * 4


@pytest.mark.parametrize("view", VIEWS)
def test_it_sees_what_healing_changed_below_the_watermark(activity: Session, view: str) -> None:
    table = f"{QUOTED_ODD_SCHEMA}.directus_activity"
    add(activity, 2)
    refresh(activity, view)
    before = content(activity, view)
    activity.execute(f"UPDATE {table} SET collection = 'b', action = 'delete'".encode())
    activity.execute("SELECT * FROM activity_sql.reconcile_rollups()")
    assert refresh(activity, view) == REFRESHED
    assert total(activity, view) == 2
    assert content(activity, view) != before
    activity.execute(f"DELETE FROM {table}".encode())
    activity.execute("SELECT activity_sql.rebuild_rollups()")
    assert (refresh(activity, view), content(activity, view)) == (REFRESHED, [])


def test_activity_before_the_window_is_no_reason(activity: Session) -> None:
    refresh(activity)
    add(activity, ago=timedelta(days=91))
    assert refresh(activity) == UNCHANGED


@pytest.mark.parametrize("view", VIEWS[:3])
def test_hours_that_leave_the_window_are_a_reason(activity: Session, view: str) -> None:
    add(activity, ago=timedelta(days=4))
    refresh(activity, view)
    assert total(activity, view) == 1
    activity.execute("UPDATE activity_sql.setting SET published_days = 2")
    assert (refresh(activity, view), content(activity, view)) == (REFRESHED, [])


def test_days_of_another_time_zone_are_a_reason(activity: Session) -> None:
    view = "mv_activity_daily_summary"
    hours = [now(activity) - timedelta(hours=24 + ago) for ago in range(24)]
    insert_visits(activity, [Visit(timestamp=hour) for hour in hours])
    fold(activity)
    refresh(activity, view)
    before = content(activity, view)
    activity.execute("SELECT activity_sql.configure(p_time_zone => 'Etc/GMT+11')")
    activity.execute("SELECT activity_sql.rebuild_rollups()")
    assert refresh(activity, view) == REFRESHED
    assert total(activity, view) == 24
    assert content(activity, view) != before


@pytest.mark.parametrize("view", ["v_activity_index_stats", "pg_class", "", None])
def test_another_name_is_refused(activity: Session, view: str | None) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue) as raised:
        refresh(activity, view)
    assert "mv_activity_daily_summary" in raised.value.diag.message_hint


@contextmanager
def two_sessions(database: Settings) -> Iterator[tuple[Session, Session]]:
    """One in autocommit, whoever waits fails; one in a transaction."""
    with connect(database) as connection:
        deploy(connection, load_linted_release(database), database)
    with open_session(database) as first, psycopg.connect(database.conninfo) as second:
        yield first, second
        second.rollback()


def test_it_waits_for_nobody_and_nobody_for_it(database: Settings) -> None:
    with two_sessions(database) as (session, second):
        session.execute("SET lock_timeout = 0")
        # Another call.
        second.execute("SELECT activity_sql.refresh_view(%s)", [VIEW])
        assert refresh(session) == BUSY
        assert refresh(session, VIEWS[1]) == REFRESHED
        second.rollback()
        # A refresh by hand.
        second.execute(f"REFRESH MATERIALIZED VIEW {VIEW}".encode())
        assert refresh(session) == BUSY
        second.rollback()
        # A reader.
        session.execute(
            "INSERT INTO directus_activity (action, collection, item) VALUES ('a', 'b', '1')"
        )
        session.execute("SELECT * FROM refresh_activity_rollups()")
        assert second.execute(f"SELECT count(*) FROM {VIEW}".encode()).fetchone() == (0,)
        assert refresh(session) == REFRESHED
        assert second.execute(f"SELECT count(*) FROM {VIEW}".encode()).fetchone() == (1,)
