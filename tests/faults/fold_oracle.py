"""What the answers must be, counted row by row in the snapshot of the answer."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from activity_sql.settings import Settings
from tests.faults.fold_writers import PATIENCE, moment

ANSWER = """
    SELECT
        ip, total_actions, unique_collections, unique_users, first_seen, last_seen, action_breakdown
    FROM get_ip_activity_stats(%(days)s, 1, NULL, %(as_of)s)
    ORDER BY ip COLLATE "C"
"""
EXPECTED = """
    WITH counted AS (
        SELECT ip, "user", collection, action, "timestamp" FROM every_activity
        WHERE id <= %(settled)s AND "timestamp" >= %(from)s AND "timestamp" < %(to)s
        UNION ALL
        SELECT ip, "user", collection, action, "timestamp" FROM directus_activity
        WHERE id > %(settled)s AND "timestamp" >= %(from)s AND "timestamp" < %(to)s
    ),
    breakdowns AS (
        SELECT ip, jsonb_object_agg(action, actions) AS action_breakdown
        FROM (
            SELECT ip, action, count(*) AS actions FROM counted GROUP BY ip, action
        ) AS per_action
        WHERE ip IS NOT NULL
        GROUP BY ip
    )
    SELECT
        ip,
        count(*) AS total_actions,
        count(DISTINCT collection) AS unique_collections,
        count(DISTINCT "user") AS unique_users,
        min("timestamp") AS first_seen,
        max("timestamp") AS last_seen,
        action_breakdown
    FROM counted
    JOIN breakdowns USING (ip)
    GROUP BY ip, action_breakdown
    ORDER BY ip COLLATE "C"
"""
# Rows that count, by what says so; then the naive fold and what it should say.
SUMS = """
    SELECT
        (SELECT count(*) FROM every_activity WHERE id <= %(settled)s) AS rows,
        (SELECT coalesce(sum(folded_rows), 0) FROM fold_log) AS logged,
        (SELECT coalesce(sum(actions), 0) FROM activity_sql.activity_hour) AS hours,
        (
            SELECT folded_rows + (SELECT count(*) FROM every_activity WHERE id > last_id)
            FROM naive_fold
        ) AS naive,
        (SELECT count(*) FROM every_activity) AS naive_expected
"""
ROLLUP_SUMS = """
    WITH counts AS (
        SELECT count(*) AS rows, count(ip) AS with_ip, count("user") AS with_user
        FROM every_activity
    )
    SELECT rollup, actions, expected
    FROM counts
    CROSS JOIN LATERAL (
        SELECT 'activity_hour', sum(actions), rows FROM activity_sql.activity_hour
        UNION ALL
        SELECT 'address_rollup ' || grain::text, sum(actions), with_ip
        FROM activity_sql.address_rollup WHERE grain = ANY ('{d,p,m}') GROUP BY grain
        UNION ALL
        SELECT 'account_rollup ' || grain::text, sum(actions), with_user
        FROM activity_sql.account_rollup WHERE grain = ANY ('{d,p,m}') GROUP BY grain
        UNION ALL
        SELECT 'collection_action_rollup ' || grain::text, sum(actions), rows
        FROM activity_sql.collection_action_rollup WHERE grain = ANY ('{d,p,m}') GROUP BY grain
    ) AS sums (rollup, actions, expected)
"""

Session = psycopg.Connection[dict[str, Any]]


@dataclass(frozen=True)
class Window:
    """The last `days`, up to `as_of`."""

    days: int
    as_of: datetime | None


def any_window(dice: random.Random) -> Window:
    as_of = dice.choice((None, moment(dice)))
    if as_of and dice.random() < 0.3:
        as_of = as_of.replace(minute=0, second=0, microsecond=0)
    return Window(dice.choice((1, 2, 30, 31, 200, 365, 36500)), as_of)


def compare(settings: Settings, windows: list[Window]) -> bool:
    """Compare answers and sums in one snapshot; returns whether the naive fold was right."""
    with psycopg.connect(settings.conninfo, options=PATIENCE, row_factory=dict_row) as session:
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        session.read_only = True
        begun = session.execute(
            "SELECT coalesce(settled_id, 0) AS settled, now() AS now FROM activity_sql.watermark"
        ).fetchone()
        assert begun is not None
        for window in windows:
            compare_window(session, window, **begun)
        sums = session.execute(SUMS, begun).fetchone()
        assert sums is not None
        assert sums["rows"] == sums["logged"] == sums["hours"], sums
        return bool(sums["naive"] == sums["naive_expected"])


def compare_window(session: Session, window: Window, settled: int, now: datetime) -> None:
    answer = session.execute(ANSWER, {"days": window.days, "as_of": window.as_of}).fetchall()
    start = (window.as_of or now) - timedelta(days=window.days)
    expected = session.execute(
        EXPECTED,
        {
            "settled": settled,
            "from": start,
            "to": window.as_of or "infinity",
        },
    ).fetchall()
    assert answer == expected, (window, settled, answer, expected)


def compare_rollups(settings: Settings) -> int:
    """Once all is folded: every rollup counts every row. Returns how many there are."""
    with psycopg.connect(settings.conninfo, options=PATIENCE, row_factory=dict_row) as session:
        sums = session.execute(ROLLUP_SUMS).fetchall()
        problems = session.execute("SELECT * FROM activity_sql.check_rollups()").fetchall()
    assert len(sums) == 10
    for one in sums:
        assert one["actions"] == one["expected"], one
    assert not problems, problems
    return int(sums[0]["expected"])
