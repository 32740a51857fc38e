"""The made-up activity: exact in number and window, repeatable, and shaped like the real one."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta, timezone
from hashlib import sha256
from ipaddress import ip_address
from itertools import groupby, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activity_sql.errors import UsageError
from activity_sql.generate import ActivityRow, activity, activity_rows, users

UNTIL = datetime(2026, 1, 19, tzinfo=UTC)
QUARTER = 90


def rows_of(rows: int, days: int, *, until: datetime = UNTIL, seed: int = 1) -> list[ActivityRow]:
    return list(activity_rows(rows=rows, days=days, until=until, seed=seed))


@pytest.fixture(scope="module")
def quarter() -> list[ActivityRow]:
    """200,000 rows of 90 days, with Christmas in them."""
    return rows_of(200_000, QUARTER)


def test_equal_arguments_give_equal_rows() -> None:
    assert rows_of(20_000, 30, seed=7) == rows_of(20_000, 30, seed=7)
    assert users(7) == users(7)


def test_another_seed_gives_other_rows() -> None:
    assert rows_of(2_000, 30, seed=7) != rows_of(2_000, 30, seed=8)
    assert {user.id for user in users(7)}.isdisjoint(user.id for user in users(8))


def test_rows_are_the_same_on_every_python() -> None:
    digest = sha256()
    for row in rows_of(20_000, 30, seed=7):
        digest.update(repr((row.timestamp.isoformat(), *row)).encode())
    assert digest.hexdigest()[:16] == "773eda4f0b978bb0"


def test_users() -> None:
    rows = users(3)
    assert len(rows) == 342
    assert len({user.id for user in rows}) == 342
    assert len({user.email for user in rows}) == 342
    assert len({(user.first_name, user.last_name) for user in rows}) == 342
    assert {user.status for user in rows} == {"active", "suspended"}


@pytest.mark.parametrize(
    ("rows", "days"),
    [(0, 0), (0, 1), (1, 1), (1, 365), (10, 1), (10, 365), (999, 7), (60_000, 1), (100_000, 365)],
)
def test_count_and_window(rows: int, days: int) -> None:
    check_count_and_window(rows, days, UNTIL, seed=1)


@given(
    rows=st.integers(0, 3_000),
    days=st.integers(1, 400),
    until=st.datetimes(
        min_value=datetime(2020, 1, 1),
        max_value=datetime(2030, 1, 1),
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
    ),
    seed=st.integers(0, 2**64),
)
@settings(max_examples=60, deadline=None)
def test_count_and_window_of_anything(rows: int, days: int, until: datetime, seed: int) -> None:
    check_count_and_window(rows, days, until, seed)


def check_count_and_window(rows: int, days: int, until: datetime, seed: int) -> None:
    made = rows_of(rows, days, until=until, seed=seed)
    assert len(made) == rows
    people = {user.id for user in users(seed)}
    for row in made:
        assert until - timedelta(days=days) <= row.timestamp < until
        assert row.timestamp.microsecond % 1000 == 0
        assert row.user is None or row.user in people


@pytest.mark.parametrize(("rows", "days"), [(-1, 1), (1, -1), (1, 0)])
def test_impossible_numbers_are_refused(rows: int, days: int) -> None:
    with pytest.raises(UsageError, match=f"{rows} rows over {days} days"):
        activity_rows(rows=rows, days=days, until=UNTIL, seed=1)


def test_an_end_without_time_zone_is_refused() -> None:
    with pytest.raises(UsageError, match="no time zone"):
        activity_rows(rows=1, days=1, until=UNTIL.replace(tzinfo=None), seed=1)


def test_an_end_before_any_date_is_refused() -> None:
    with pytest.raises(UsageError, match="no date"):
        activity_rows(rows=1, days=365, until=datetime(1, 1, 2, tzinfo=UTC), seed=1)


def test_values_fit_the_columns_of_directus(quarter: list[ActivityRow]) -> None:
    for row in quarter:
        assert len(row.action) <= 45
        assert len(row.collection) <= 64
        assert 0 < len(row.item) <= 255
        assert len(row.origin or "") <= 255
        assert len(row.ip or "") <= 50
        assert row.user_agent is None or 0 < len(row.user_agent) <= 255
    for address in {row.ip for row in quarter} - {None}:
        ip_address(str(address))


def test_every_action_of_directus(quarter: list[ActivityRow]) -> None:
    counts = Counter(row.action for row in quarter)
    rare = {"revert", "upload", "install", "authenticate"}
    frequent = {"create", "update", "delete", "login", "logout", "run", "version_save", "comment"}
    assert set(counts) == rare | frequent
    assert min(counts[action] for action in frequent) > 1_000
    assert max(counts[action] for action in rare) < 1_000


def test_few_users_do_most(quarter: list[ActivityRow]) -> None:
    ranks = [user.id for user in users(1)]
    counts = Counter(row.user for row in quarter if row.user is not None)
    total = counts.total()
    assert set(counts) == set(ranks)
    assert 0.12 < counts[ranks[0]] / total < 0.20
    assert 0.40 < sum(counts[user] for user in ranks[:10]) / total < 0.55
    assert counts[ranks[0]] > counts[ranks[9]] > counts[ranks[99]]


def test_collections(quarter: list[ActivityRow]) -> None:
    counts = Counter(row.collection for row in quarter)
    del counts["directus_flows"], counts["directus_extensions"]
    assert set(counts) == set(activity.COLLECTIONS)
    assert len(counts) == 25
    assert counts.most_common(1)[0][0] == "articles"
    assert 0.15 < counts["articles"] / counts.total() < 0.30


def test_days_and_nights(quarter: list[ActivityRow]) -> None:
    hours = Counter(row.timestamp.hour for row in quarter if row.action != "run")
    assert min(hours[hour] for hour in range(8, 17)) > 15 * max(hours[hour] for hour in range(5))
    runs = Counter(row.timestamp.hour for row in quarter if row.action == "run")
    assert max(runs.values()) < 2 * min(runs[hour] for hour in range(24))


def test_weekends_and_holidays(quarter: list[ActivityRow]) -> None:
    days = Counter(row.timestamp.date() for row in quarter)
    weekdays = [days[day] for day in days if day.weekday() < 5 and day.month in (10, 11)]
    weekends = [days[day] for day in days if day.weekday() > 4]
    assert min(weekdays) > 2 * max(weekends)
    christmas, week_before = date(2025, 12, 25), date(2025, 12, 18)
    assert days[christmas] < 0.4 * days[week_before]


def test_rows_without_a_user(quarter: list[ActivityRow]) -> None:
    nobody = [row for row in quarter if row.user is None]
    runs = [row for row in nobody if row.action == "run"]
    public = [row for row in nobody if row.action != "run"]
    assert all(row.ip is None and row.collection == "directus_flows" for row in runs)
    assert all(row.ip is not None and row.action == "create" for row in public)
    assert 0.06 < len(runs) / len(quarter) < 0.10
    assert 0.005 < len(public) / len(quarter) < 0.015


def test_one_address_hides_an_office(quarter: list[ActivityRow]) -> None:
    behind = defaultdict(set)
    for row in quarter:
        if row.user is not None:
            behind[row.ip].add(row.user)
    assert 45 <= len(behind[activity.OFFICE_ADDRESS]) <= 55
    del behind[activity.OFFICE_ADDRESS]
    assert max(len(people) for people in behind.values()) == 1


def test_addresses_of_a_large_system() -> None:
    """At the pace of 10 million rows a year: about 570 a week, half of them new ones."""
    first_day = UNTIL - timedelta(days=14)
    weeks: dict[int, set[str]] = defaultdict(set)
    for row in rows_of(384_000, 14):
        if row.ip is not None:
            weeks[(row.timestamp - first_day).days // 7].add(row.ip)
    assert weeks.keys() == {0, 1}
    for addresses in weeks.values():
        assert 500 < len(addresses) < 640
        assert 0.2 < sum(":" in address for address in addresses) / len(addresses) < 0.4
    assert 200 < len(weeks[1] - weeks[0]) < 300


def test_addresses_of_a_small_system() -> None:
    addresses = {row.ip for row in rows_of(2_000, 30)}
    assert 40 < len(addresses) < 200


def test_sessions_begin_with_a_login_and_return_to_items() -> None:
    by_user = defaultdict(list)
    for row in rows_of(3_000, 60):
        if row.user is not None:
            by_user[row.user].append(row)
    followed = same_address = steps = same_item = 0
    for rows in by_user.values():
        rows.sort(key=lambda row: row.timestamp)
        for row, after in pairwise(rows):
            soon = after.timestamp - row.timestamp < timedelta(minutes=2)
            if soon and row.action == "login":
                followed += 1
                same_address += (row.ip, row.user_agent) == (after.ip, after.user_agent)
            elif soon:
                steps += 1
                same_item += (row.collection, row.item) == (after.collection, after.item)
    assert followed > 50
    assert same_address / followed > 0.95
    assert same_item / steps > 0.35


def test_batches(quarter: list[ActivityRow]) -> None:
    """Many rows of one user, action and collection within the seconds of one transaction."""
    created = sorted(
        (row for row in quarter if row.action == "create" and row.user is not None),
        key=lambda row: (row.user, row.collection, row.timestamp),
    )
    sizes = []
    for _, group in groupby(created, key=lambda row: (row.user, row.collection)):
        size = 1
        for row, after in pairwise(group):
            if after.timestamp - row.timestamp < timedelta(milliseconds=12):
                size += 1
                continue
            sizes.append(size)
            size = 1
        sizes.append(size)
    batches = [size for size in sizes if size >= 50]
    assert len(batches) > 20
    assert max(batches) <= 1000
    assert 0.05 < sum(batches) / len(quarter) < 0.15


def test_user_agents(quarter: list[ActivityRow]) -> None:
    assert 45 <= len({row.user_agent for row in quarter} - {None}) <= 50


def test_ids_are_slightly_out_of_time_order(quarter: list[ActivityRow]) -> None:
    early = sum(after.timestamp < row.timestamp for row, after in pairwise(quarter))
    assert 0.001 < early / len(quarter) < 0.05
    latest = quarter[0].timestamp
    for row in quarter:
        assert row.timestamp > latest - timedelta(minutes=1)
        latest = max(latest, row.timestamp)
