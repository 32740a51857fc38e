"""What holds of every public function that answers from the activity: those of the catalog."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from activity_sql import cluster as clusters
from activity_sql.db import connect
from activity_sql.deploy import deploy
from activity_sql.release import load_linted_release
from activity_sql.settings import Settings
from tests.oracle import Activity
from tests.support.contract import exclude
from tests.support.directus import ACTIVITY_TABLES, ODD_SCHEMA, QUOTED_ODD_SCHEMA, ROLE
from tests.support.rows import call, insert
from tests.support.surface import (
    ANA,
    BEN,
    OTHERS,
    SERVICE,
    ask,
    functions,
    readers,
)
from tests.support.users import add_users

# Within an hour; at the start of a month, with whole ones before it.
ENDS = [datetime(2026, 3, 31, 7, 41, 30, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)]
FIRST = datetime(2026, 2, 1, tzinfo=UTC)
LAST = datetime(2026, 4, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
IDLE, NEVER = UUID(int=3), UUID(int=4)
PEOPLE = [ANA, BEN, IDLE, NEVER]
Answers = dict[tuple[str, str], list[dict[str, Any]]]


def rows(count: int = 400) -> list[Activity]:
    """Over two months and in the hours that the windows cut; each of an item of its own moment."""
    draw = random.Random(count)
    edges = [end - timedelta(days=days) for end in ENDS for days in (0, 2, 40, 80)]
    moments = [FIRST + draw.random() * (LAST - FIRST) for _ in range(count)]
    moments += [edge + timedelta(minutes=draw.uniform(-50, 50)) for edge in edges for _ in range(9)]
    made = [
        Activity(
            timestamp=moment,
            action=draw.choice(["update", "create", "delete", "login", "run"]),
            user=draw.choice([None, ANA, BEN, SERVICE]),
            ip=draw.choice([None, "10.0.0.1", "a", "Z", "é", "2001:db8::1"]),
            collection=draw.choice(["articles", "Pages", "ärger", "zoo", "directus_users"]),
            item=f"item {number % 40}",
        )
        for number, moment in enumerate(moments)
    ]
    # Something to be said of those who stay, and of the one who is left out.
    made += [
        Activity(end - HOUR, user=user, collection="directus_roles", item="role")
        for end in ENDS
        for user in (ANA, SERVICE)
    ]
    # Whoever leaves the runs out has not seen this user for long.
    return [*made, Activity(FIRST, user=IDLE), Activity(ENDS[0] - HOUR, "run", IDLE)]


def answers(session: psycopg.Connection, ends: Iterable[datetime] = ENDS) -> Answers:
    """Of every function, to all that it can be asked."""
    return {
        (function.name, repr((arguments, end))): ask(session, function, end, **arguments)
        for function in readers(session)
        for arguments in function.calls()
        for end in ends
    }


def says_something(answered: Answers) -> None:
    """No function is silent whatever it is asked: a comparison of nothing proves nothing."""
    told = {name for (name, _), answer in answered.items() if answer}
    assert told == {name for name, _ in answered}


def fill(session: psycopg.Connection, found: list[Activity]) -> None:
    """Half of each day folded, half in the tail."""
    insert(session, [(row, 1) for row in found if row.timestamp.hour % 2])
    call(session, "refresh_activity_rollups")
    insert(session, [(row, 1) for row in found if not row.timestamp.hour % 2])


# What the catalog says


def test_readers_are_stable_and_end_with_p_as_of(activity: psycopg.Connection) -> None:
    found = readers(activity)
    assert len(found) >= 15
    for function in found:
        assert function.volatility == "s", function.name
        last = function.arguments[-1]
        assert (last["name"], last["type"]) == ("p_as_of", "timestamp with time zone")
        assert last["default"].startswith("NULL")
        assert [one["name"] for one in function.arguments].count("p_as_of") == 1


def test_only_what_writes_or_times_is_volatile(activity: psycopg.Connection) -> None:
    volatile = {function.name for function in functions(activity) if function.volatility == "v"}
    assert volatile == {
        "refresh_activity_rollups",
        "maintain_activity_table",
        "test_activity_query_performance",
    }
    assert {function.name for function in functions(activity)} > OTHERS


@pytest.mark.parametrize("schema", [ODD_SCHEMA, "activity_sql"])
def test_every_function_has_a_comment_and_none_is_for_everybody(
    activity: psycopg.Connection, schema: str
) -> None:
    found = functions(activity, schema)
    assert found
    for function in found:
        assert function.comment, function.name
        assert not function.is_public, function.name


# What is kept


def dense_rows() -> list[Activity]:
    """Many of few keys on the days that the windows cut, so that each has some in every part."""
    draw = random.Random(1)
    days = {(end - timedelta(days=days)).date() for end in ENDS for days in (0, 2, 7, 30, 40)}
    return [
        replace(
            row,
            timestamp=datetime.combine(day, time(), UTC) + draw.random() * timedelta(days=1),
            collection=draw.choice(["articles", "directus_users"]),
        )
        for row, day in zip(rows(1500), draw.choices(sorted(days), k=1500), strict=False)
    ]


def test_however_rows_are_kept_the_answer_is_the_same(activity: psycopg.Connection) -> None:
    """Not folded; folded; with trailing windows; without quarters of days; without the moments of
    an hour's rows; with trailing windows and, of any day, rows that are not folded yet.
    """

    def count(query: str) -> int:
        return activity.execute(f"SELECT count(*) AS count FROM activity_sql.{query}").fetchone()[
            "count"
        ]

    quarters = "collection_action_rollup WHERE grain < 'd'"
    vague = "activity_hour WHERE middle_cell IS NULL"
    with activity.transaction(force_rollback=True):
        add_users(activity, PEOPLE)
        insert(activity, [(row, 1) for row in dense_rows()])
        unfolded = answers(activity)
        call(activity, "refresh_activity_rollups")
        made = count(quarters)
        assert made > 100
        assert count(vague) == 0
        folded = answers(activity)
        activity.execute("SELECT activity_sql.configure(p_trailing_days => '{7,30,40}')")
        # Made today, and yesterday: for a shorter window then, with a day after it.
        trailing: list[Answers] = [{}, {}]
        for end, behind in product(ENDS, (1, 2)):
            last = end.date() - timedelta(days=behind)
            activity.execute("SELECT activity_sql.keep_trailing(%s)", [last])
            split = "SELECT (activity_sql.split_window(%s, %s)).trailing_from AS first"
            for days in (7, 30, 40):
                for until in (end, end - timedelta(days=days)):
                    asked = [until - timedelta(days=days), until]
                    first = activity.execute(split, asked).fetchone()["first"]
                    if behind == 1:
                        assert first == asked[0].date() + timedelta(days=1)
            trailing[behind - 1] |= answers(activity, [end])
        activity.execute("SELECT activity_sql.configure(p_trailing_days => '{}')")
        activity.execute("SELECT activity_sql.keep_trailing()")
        activity.execute("SELECT activity_sql.configure(p_quarters_kept_days => 2)")
        activity.execute("SELECT activity_sql.keep_quarters()")
        assert count(quarters) == 0
        without_quarters = answers(activity)
        with activity.transaction(force_rollback=True):
            activity.execute("SELECT activity_sql.configure(p_quarters_kept_days => 36500)")
            activity.execute("SELECT activity_sql.keep_quarters()")
            assert count(quarters) == made
        activity.execute("UPDATE activity_sql.activity_hour SET middle_cell = NULL")
        assert count(vague) > 100
        without_moments = answers(activity)
    with_late_rows: Answers = {}
    with activity.transaction(force_rollback=True):
        add_users(activity, PEOPLE)
        rows = dense_rows()
        insert(activity, [(row, 1) for row in rows[:1200]])
        call(activity, "refresh_activity_rollups")
        activity.execute("SELECT activity_sql.configure(p_trailing_days => '{7,30,40}')")
        insert(activity, [(row, 1) for row in rows[1200:]])
        for end in ENDS:
            last = end.date() - timedelta(days=1)
            activity.execute("SELECT activity_sql.keep_trailing(%s)", [last])
            with_late_rows |= answers(activity, [end])
    # The rows themselves have other ids here.
    with_late_rows = {
        key: answer for key, answer in with_late_rows.items() if key[0] != "get_activity_rows"
    }
    # Detectors read hours, and judge rows: these are too few for them.
    told = {name for (name, _), answer in unfolded.items() if answer}
    assert told >= {name for name, _ in unfolded} - {"detect_activity_anomalies"}
    for kept in (folded, *trailing, without_quarters, without_moments, with_late_rows):
        assert sorted({key[0] for key, answer in kept.items() if answer != unfolded[key]}) == []


# Exclusions


def test_an_answer_is_that_of_a_table_without_the_excluded(activity: psycopg.Connection) -> None:
    """Whether they were folded before they were excluded, or come later: in rollups, cut edges
    and the tail.
    """
    found = rows()
    kept = [row for row in found if row.user != SERVICE and row.action != "run"]
    assert len(found) > len(kept) + 100

    with activity.transaction(force_rollback=True):
        add_users(activity, PEOPLE)
        fill(activity, kept)
        expected = answers(activity)
    says_something(expected)

    add_users(activity, PEOPLE)
    fill(activity, found)
    assert differing(answers(activity), expected) == {name for name, _ in expected}
    exclude(activity, actions=["run"], users=[SERVICE])
    activity.execute("SELECT activity_sql.rebuild_rollups()")
    assert differing(answers(activity), expected) == set()


def differing(some: Answers, others: Answers) -> set[str]:
    """Which functions answer one question otherwise."""
    assert some.keys() == others.keys()
    return {key[0] for key in some if plain(some[key]) != plain(others[key])}


def plain(value: Any) -> Any:
    """Without the ids of rows, which are drawn anew."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items() if name != "id"}
    return value


# The session

ODD = [
    {
        "TimeZone": "America/St_Johns",
        "DateStyle": "German, DMY",
        "IntervalStyle": "sql_standard",
        "extra_float_digits": "-15",
        "search_path": "",
        "lc_numeric": "C",
        "bytea_output": "escape",
        "quote_all_identifiers": "on",
    },
    {
        "TimeZone": "Pacific/Kiritimati",
        "DateStyle": "SQL, MDY",
        "IntervalStyle": "iso_8601",
        "extra_float_digits": "3",
        "search_path": "pg_temp, hostile",
        "array_nulls": "off",
        "transform_null_equals": "on",
        "plan_cache_mode": "force_generic_plan",
        "standard_conforming_strings": "off",
        "backslash_quote": "off",
    },
]


@pytest.mark.parametrize("settings", ODD)
def test_no_answer_depends_on_the_session(
    activity: psycopg.Connection, settings: dict[str, str]
) -> None:
    add_users(activity, PEOPLE)
    fill(activity, rows())
    expected = answers(activity)
    says_something(expected)
    for name, value in settings.items():
        activity.execute("SELECT pg_catalog.set_config(%s, %s, true)", [name, value])
    assert differing(answers(activity), expected) == set()


@pytest.fixture
def by_bytes(cluster: clusters.Cluster) -> Iterator[psycopg.Connection]:
    """A deployed database in which texts are in the order of their bytes."""
    with psycopg.connect(cluster.conninfo(), autocommit=True) as admin:
        admin.execute(
            "CREATE DATABASE by_bytes TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C' "
            f"OWNER {ROLE}"
        )
        settings = Settings(
            conninfo=cluster.conninfo("by_bytes", ROLE, cluster.password),
            source="the tests",
            directus_schema=ODD_SCHEMA,
        )
        with psycopg.connect(settings.conninfo) as connection:
            connection.execute(f"CREATE SCHEMA {QUOTED_ODD_SCHEMA}".encode())
            connection.execute(f"SET search_path = {QUOTED_ODD_SCHEMA}".encode())
            connection.execute(ACTIVITY_TABLES.read_bytes())
        with connect(settings) as connection:
            deploy(connection, load_linted_release(settings), settings)
        with psycopg.connect(settings.conninfo, row_factory=dict_row) as connection:
            connection.execute(f"SET search_path = {QUOTED_ODD_SCHEMA}".encode())
            yield connection
        admin.execute("DROP DATABASE by_bytes")


def test_no_answer_depends_on_the_collation(
    activity: psycopg.Connection, by_bytes: psycopg.Connection
) -> None:
    """`activity` puts 'a' before 'Z', where PostgreSQL is built with ICU."""
    (found,) = by_bytes.execute("SELECT 'a' < 'Z' AS before").fetchall()
    assert found == {"before": False}
    given = []
    for session in (activity, by_bytes):
        add_users(session, PEOPLE)
        fill(session, rows())
        given.append(answers(session))
    assert differing(*given) == set()


# Rows that are the same

DOUBLED = {
    "action_count",
    "activity_count",
    "changes",
    "count",
    "current_count",
    "growth",
    "logins",
    "previous_count",
    "total",
    "totalActivity",
    "total_actions",
}
# Counts by the name of an action.
BREAKDOWNS = {"action_breakdown", "byAction", "by_action"}
UNCHANGED = {
    "active_days",
    "collections_accessed",
    "collections_used",
    "countDistinct_collection",
    "countDistinct_ip",
    "countDistinct_user",
    "days_inactive",
    "distinct_actions",
    "distinct_collections",
    "distinct_ips",
    "editors",
    "login_days",
    "longest_streak_days",
    "trend_percent",
    "uniqueIPs",
    "uniqueUsers",
    "unique_collections",
    "unique_ips",
    "unique_users",
}
# Judged from the others.
JUDGED = {
    "actions_per_active_day",
    "activityScore",
    "activity_score",
    "avg_seconds_between_actions",
    "engagement_level",
    "engagement_score",
    "riskLevel",
    "risk_level",
    "risk_reasons",
    "risk_score",
}
# They compare with what was usual, which doubles as well.
DETECTING = {"detect_activity_anomalies", "get_security_alerts"}
IDENTITIES = str | date | UUID


def leaves(value: Any, name: str = "", path: tuple[str, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Path, name and value of everything in an answer; rows by what they are about."""
    if name in JUDGED:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            known = name if name in BREAKDOWNS else key
            yield from leaves(inner, known, (*path, key))
    elif isinstance(value, list):
        for row in value:
            about = [
                f"{key} {one}"
                for key, one in row.items()
                if isinstance(one, IDENTITIES) and key not in JUDGED
            ]
            yield from leaves(row, "", (*path, *about))
    else:
        yield path, name, value


def by_path(answer: Any) -> dict[tuple[str, ...], tuple[str, Any]]:
    listed = list(leaves(answer))
    found = {path: (name, value) for path, name, value in listed}
    assert len(found) == len(listed)
    return found


def doubled(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | IDENTITIES):
        return value
    assert name in DOUBLED | BREAKDOWNS | UNCHANGED, f"say what two rows alike do to {name}"
    return value if name in UNCHANGED else 2 * value


@pytest.mark.parametrize("times", [(2, 0), (1, 1), (0, 2)])
def test_of_two_rows_alike_each_counts_once(
    activity: psycopg.Connection, times: tuple[int, int]
) -> None:
    """Every row twice, folded or not: what counts rows doubles, what counts kinds stays."""
    found = rows(150)

    def answered(folded: int, later: int) -> Answers:
        with activity.transaction(force_rollback=True):
            add_users(activity, PEOPLE)
            insert(activity, [(row, folded) for row in found])
            call(activity, "refresh_activity_rollups")
            insert(activity, [(row, later) for row in found])
            return answers(activity)

    once, twice = answered(1, 0), answered(*times)
    says_something(once)
    for key, answer in once.items():
        # A letter: its figures are those of the functions asked here.
        if key[0] == "get_activity_digest" or key[0] in DETECTING:
            continue
        if key[0] == "get_activity_rows":
            assert alike(twice[key]) == Counter({row: 2 * n for row, n in alike(answer).items()})
        else:
            expected = {
                path: (name, doubled(name, value))
                for path, (name, value) in by_path(answer).items()
            }
            assert by_path(twice[key]) == expected, key


def alike(answer: Iterable[dict[str, Any]]) -> Counter[str]:
    return Counter(repr(plain(row)) for row in answer)
