"""The activity score: bounded, monotone, the sum of its reasons, and honest about whom it knows."""

import ipaddress
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle import Activity, ip_activity_stats, risk_level
from tests.support.examples import EXAMPLES
from tests.support.rows import call, insert

NOW = datetime(2025, 3, 12, 15, 30, tzinfo=UTC)
SIGNALS = ["actions_per_user_day", "delete_share", "collections", "action_kinds"]

relaxed = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def counts(draw: st.DrawFn) -> dict[str, int]:
    """What score_address is told of an address; every signal may be alone."""
    actions = draw(st.integers(1, 20) | st.integers(1, 10**9))
    return {
        "actions": actions,
        "user_hours": draw(st.integers(1, 100) | st.integers(1, 10**6)),
        "deletes": draw(st.just(0) | st.integers(0, actions)),
        "collections": draw(st.integers(1, 50) | st.integers(1, 10**4)),
        "kinds": draw(st.integers(1, 12)),
    }


def score(connection: psycopg.Connection, ip: str = "192.0.2.1", **of: int) -> dict[str, Any]:
    return connection.execute(
        """
        SELECT * FROM activity_sql.score_address(
            %(ip)s, %(actions)s, %(user_hours)s, %(deletes)s, %(collections)s, %(kinds)s
        )
        """,
        {"ip": ip, **of},
    ).fetchone()


def observed(row: dict[str, Any]) -> dict[str, float]:
    return {reason["signal"]: reason["observed"] for reason in row["risk_reasons"]}


@relaxed
@given(of=counts())
def test_it_is_the_sum_of_its_reasons_and_bounded(
    activity: psycopg.Connection, of: dict[str, int]
) -> None:
    row = score(activity, **of)
    assert [reason["signal"] for reason in row["risk_reasons"]] == SIGNALS
    assert sum(reason["contribution"] for reason in row["risk_reasons"]) == row["activity_score"]
    assert all(reason["contribution"] >= 0 for reason in row["risk_reasons"])
    assert all(
        reason["contribution"] == 0
        for reason in row["risk_reasons"]
        if reason["observed"] < reason["expected"]
    )
    assert 0 <= row["activity_score"] <= 100
    assert row["risk_level"] == risk_level(row["activity_score"])


@relaxed
@given(of=counts(), more=counts(), raised=st.sampled_from(["deletes", "collections", "kinds"]))
def test_more_of_a_signal_never_lowers_it(
    activity: psycopg.Connection, of: dict[str, int], more: dict[str, int], raised: str
) -> None:
    higher = of | {raised: max(of[raised], more[raised])}
    higher["deletes"] = min(higher["deletes"], of["actions"])
    assert score(activity, **higher)["activity_score"] >= score(activity, **of)["activity_score"]


@relaxed
@given(of=counts(), fewer=st.integers(1, 10**6))
def test_more_actions_by_fewer_never_lower_it(
    activity: psycopg.Connection, of: dict[str, int], fewer: int
) -> None:
    busier = of | {"user_hours": min(of["user_hours"], fewer)}
    assert score(activity, **busier)["activity_score"] >= score(activity, **of)["activity_score"]


@relaxed
@given(actions=st.integers(1, 10**12))
def test_volume_alone_never_exceeds_medium(activity: psycopg.Connection, actions: int) -> None:
    row = score(activity, actions=actions, user_hours=1, deletes=0, collections=1, kinds=1)
    assert row["risk_level"] in ("low", "medium")


def test_everything_at_once_is_critical(activity: psycopg.Connection) -> None:
    row = score(activity, actions=10**6, user_hours=1, deletes=10**6, collections=99, kinds=9)
    assert (row["activity_score"], row["risk_level"]) == (100, "critical")


def test_levels_are_cut_at_40_70_and_90(activity: psycopg.Connection) -> None:
    rows = activity.execute(
        "SELECT score, activity_sql.risk_level(score) AS level "
        "FROM pg_catalog.unnest(ARRAY[NULL, -1] || %s::int[]) AS score",
        [list(range(101))],
    ).fetchall()
    levels = {row["score"]: row["level"] for row in rows}
    assert levels == {None: None, -1: None} | {score: risk_level(score) for score in range(101)}


@pytest.mark.parametrize("seed", range(5))
def test_an_office_of_fifty_editors_behind_one_address_stays_low(
    activity: psycopg.Connection, seed: int
) -> None:
    """Each of them busy, in any collection, with logins and a deletion now and then."""
    chance = random.Random(seed)
    actions = ["update"] * 12 + ["create"] * 5 + ["delete", "login", "comment"]
    rows = [
        (
            Activity(
                timestamp=NOW - timedelta(seconds=chance.randrange(7 * 86400)),
                action=chance.choice(actions),
                user=UUID(int=editor),
                ip="203.0.113.7",
                collection=f"collection_{chance.randrange(30)}",
            ),
            1,
        )
        for editor in range(50)
        for _ in range(chance.randrange(300, 1500))
    ]
    insert(activity, rows)
    call(activity, "refresh_activity_rollups")
    (row,) = call(activity, "get_ip_activity_stats", p_days=7, p_as_of=NOW)
    assert row["total_actions"] == len(rows) > 30_000
    assert row["unique_users"] == 50
    assert row["risk_level"] == "low", row["risk_reasons"]


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.randoms(use_true_random=False), folded=st.integers(0, 60))
def test_the_order_of_the_rows_does_not_matter(
    activity: psycopg.Connection, order: random.Random, folded: int
) -> None:
    rows = [
        (
            Activity(
                timestamp=NOW - timedelta(minutes=37 * number),
                action=["update", "delete", "create", "login", "run"][number % 5],
                user=UUID(int=number % 3) if number % 3 else None,
                ip=f"192.0.2.{number % 2}",
                collection=f"collection_{number % 23}",
            ),
            9 + number % 4,
        )
        for number in range(60)
    ]
    expected = ip_activity_stats([row for row, times in rows for _ in range(times)], 7, 1, None)
    order.shuffle(rows)
    with activity.transaction(force_rollback=True):
        insert(activity, rows[:folded])
        call(activity, "refresh_activity_rollups")
        insert(activity, rows[folded:])
        answer = call(
            activity,
            "get_ip_activity_stats",
            p_days=7,
            p_min_count=1,
            p_limit=None,
            p_as_of=NOW + timedelta(seconds=1),
        )
    assert answer == expected
    assert any(row["activity_score"] for row in answer)


# Trusted addresses and proxies


@pytest.fixture
def knowing(activity: psycopg.Connection) -> Iterator[psycopg.Connection]:
    activity.execute(
        """
        SELECT activity_sql.configure(
            p_trusted_addresses => '{10.0.0.0/8, 2001:db8:1::/48}',
            p_proxy_addresses => '{192.0.2.0/28, 10.9.9.9}'
        )
        """
    )
    return activity


LOUD = {"actions": 10**6, "user_hours": 1, "deletes": 10**6, "collections": 99, "kinds": 9}


@pytest.mark.parametrize(
    ("ip", "reason", "contributions"),
    [
        ("10.1.2.3", "trusted_address", [0, 0, 0, 0]),
        ("::ffff:10.1.2.3", "trusted_address", [0, 0, 0, 0]),
        ("2001:DB8:1:2::3", "trusted_address", [0, 0, 0, 0]),
        ("10.9.9.9", "trusted_address", [0, 0, 0, 0]),  # of two standings the milder
        ("192.0.2.15", "proxy_address", [40, 30, 0, 0]),
        ("192.0.2.16", None, [40, 30, 15, 15]),
        ("2001:db8:2::1", None, [40, 30, 15, 15]),
        ("10.1.2", None, [40, 30, 15, 15]),
        ("not an address", None, [40, 30, 15, 15]),
    ],
)
def test_known_addresses_are_judged_less_and_it_is_said(
    knowing: psycopg.Connection, ip: str, reason: str | None, contributions: list[int]
) -> None:
    row = score(knowing, ip, **LOUD)
    reasons = row["risk_reasons"]
    if reason:
        said = reasons.pop(0)
        assert said == {"signal": reason, "observed": 1, "expected": 0, "contribution": 0}
    assert [one["signal"] for one in reasons] == SIGNALS
    assert [one["contribution"] for one in reasons] == contributions
    assert row["activity_score"] == sum(contributions)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [("get_ip_activity_stats", {"p_days": 1}), ("get_suspicious_activity", {"p_hours": 24})],
)
def test_the_functions_ask_the_settings(
    knowing: psycopg.Connection, function: str, arguments: dict[str, int]
) -> None:
    ips = ["10.1.2.3", "192.0.2.3", "198.51.100.3"]
    insert(
        knowing,
        [
            (Activity(NOW - timedelta(hours=1), "delete", None, ip, f"collection_{number}"), 60)
            for ip in ips
            for number in range(30)
        ],
    )
    answer = call(knowing, function, p_as_of=NOW, **arguments)
    first = {row["ip"]: row["risk_reasons"][0]["signal"] for row in answer}
    assert first == dict(zip(ips, ["trusted_address", "proxy_address", SIGNALS[0]], strict=True))
    levels = {row["ip"]: row["risk_level"] for row in answer}
    assert levels == dict(zip(ips, ["low", "medium", "high"], strict=True))


def test_the_dashboard_asks_the_settings(knowing: psycopg.Connection) -> None:
    ips = ["10.1.2.3", "198.51.100.3"]
    row = Activity(NOW - timedelta(hours=1), "delete", None, "", "articles")
    insert(knowing, [(Activity(row.timestamp, "delete", None, ip, "articles"), 3000) for ip in ips])
    (answer,) = call(knowing, "get_activity_dashboard", p_days=1, p_as_of=NOW)
    top = {one["ip"]: one["activityScore"] for one in answer["get_activity_dashboard"]["topIPs"]}
    assert top == {"10.1.2.3": 0, "198.51.100.3": 70}


# Addresses as text


def meant_by(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id:
            return None
        mapped = text.lower().startswith("::ffff:") and "." in text
        if "." in text:
            return str(address.ipv4_mapped) if mapped else None
    return str(address)


PARTS = st.lists(
    st.sampled_from(
        [":", "::", ".", "0", "1", "9", "25", "255", "256", "abcd", "FfFf", "12345", "g"]
    ),
    max_size=17,
).map("".join)
TEXTS = st.one_of(
    st.ip_addresses().map(str),
    st.ip_addresses(v=6).map(lambda address: address.exploded),
    st.ip_addresses(v=4).map(lambda address: f"::ffff:{address}"),
    PARTS,
    st.lists(st.sampled_from(["", "0", "1", "ff"]), min_size=7, max_size=10).map(":".join),
    st.lists(st.sampled_from(["0", "1", "01", "255"]), min_size=3, max_size=5).map(".".join),
    st.sampled_from(
        ["", "::", ":", "1.2.3.4\n", "1.2.3.4/8", "fe80::1%eth0", "1::2::3", "unknown"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
)


@settings(
    max_examples=10 * EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=TEXTS)
def test_a_text_is_an_address_where_python_says_so(activity: psycopg.Connection, text: str) -> None:
    row = activity.execute(
        "SELECT pg_catalog.host(activity_sql.to_inet(%s)) AS address", [text]
    ).fetchone()
    assert (row["address"] and str(ipaddress.ip_address(row["address"]))) == meant_by(text)
