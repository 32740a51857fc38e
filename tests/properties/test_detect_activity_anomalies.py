"""detect_activity_anomalies observes what the oracle does, on any rows, folded or not."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle import Activity
from tests.oracles.anomalies import HOUR, Judged, deviation, judged, severity
from tests.support.examples import EXAMPLES
from tests.support.rows import call, insert

ENDS = [
    datetime(2026, 4, 1, 0, 0, tzinfo=UTC),
    datetime(2026, 4, 1, 9, 30, 12, 345678, tzinfo=UTC),
]
PEOPLE = [None, UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)]
ADDRESSES = [None, "10.0.0.1", "10.0.0.2", "10.0.1.1", "2001:db8::1", "2001:db8:1::1", "somewhere"]
COLLECTIONS = ["articles", "pages", "directus_users", "directus_roles"]
ACTIONS = ["update", "delete", "create", "login"]


def history(draw: Random, as_of: datetime) -> list[Activity]:
    """Some subjects with weeks behind them, at any time of day or always at the same."""
    made = []
    for _ in range(draw.randrange(5)):
        steady = draw.random() < 0.5
        kind = one(draw)
        for day in range(draw.choice([1, 15, 29])):
            for _ in range(draw.choice([1, 3])):
                hours = draw.randrange(23, 26) if steady else draw.random() * 24
                moment = as_of - timedelta(days=day, hours=hours + 2, minutes=draw.randrange(60))
                made += [of(kind, moment, draw)] * draw.choice([1, 3, 20])
    return made


def events(draw: Random, as_of: datetime) -> list[Activity]:
    """Many rows within moments or an hour."""
    made = []
    for _ in range(draw.randrange(1, 5)):
        kind, count = one(draw), draw.choice([5, 25, 70, 200])
        end = as_of - draw.choice([0.0, 0.5, 1, 1.01, 2.5]) * HOUR
        length = draw.choice([count * 0.005, count * 0.1, 50, 1000, 3600])
        mixed = draw.random() < 0.4
        for number in range(count):
            moment = end - timedelta(seconds=length * (number + draw.random()) / count)
            made.append(of(one(draw) if mixed else kind, moment, draw))
    return made


def one(draw: Random) -> Activity:
    return Activity(
        timestamp=ENDS[0],
        action=draw.choice(ACTIONS),
        user=draw.choice(PEOPLE),
        ip=draw.choice(ADDRESSES),
        collection=draw.choice(COLLECTIONS),
    )


def of(kind: Activity, moment: datetime, draw: Random) -> Activity:
    ip = draw.choice(ADDRESSES) if draw.random() < 0.05 else kind.ip
    return Activity(moment, kind.action, kind.user, ip, kind.collection)


def in_season(activity: psycopg.Connection, model: Judged) -> float:
    """The score beside what score_series expects of the hour."""
    if not model.past:
        return model.score
    factor = 2 if model.detector == "burst" else 1
    start = model.start
    hours = [min(model.past)]
    while hours[-1] + HOUR <= start - HOUR:
        hours.append(hours[-1] + HOUR)
    values = [float(model.past.get(hour, 0)) for hour in hours]
    (row,) = activity.execute(
        "SELECT expected FROM activity_sql.score_series(%s, %s) ORDER BY observed_at DESC LIMIT 1",
        [[*hours, start], [*values, float(model.observed * factor)]],
    ).fetchall()
    return deviation(model.observed, max(model.expected, row["expected"] / factor))


@settings(
    max_examples=EXAMPLES // 4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 2**32),
    as_of=st.sampled_from(ENDS),
    hours=st.sampled_from([1, 3]),
    threshold=st.sampled_from([0.5, 3.0, 4.0]),
)
def test_observes_what_the_oracle_does(
    activity: psycopg.Connection, seed: int, as_of: datetime, hours: int, threshold: float
) -> None:
    draw = Random(seed)
    past, new = history(draw, as_of), events(draw, as_of)
    later = [Activity(row.timestamp + 3 * HOUR, row.action, row.user, row.ip) for row in new]
    rows = [*past, *new, *later]
    draw.shuffle(rows)
    cut = draw.randrange(len(rows) + 1)
    with activity.transaction(force_rollback=True):
        insert(activity, [(row, 1) for row in rows[:cut]])
        call(activity, "refresh_activity_rollups")
        insert(activity, [(row, 1) for row in rows[cut:]])
        answer = call(
            activity,
            "detect_activity_anomalies",
            p_hours=hours,
            p_stddev_threshold=Decimal(threshold),
            p_as_of=as_of,
        )

    wanted = {
        (row.detector, row.subject, row.hour_end): row
        for row in judged(rows, hours, as_of)
        if row.score >= threshold
    }
    start = as_of - hours * HOUR
    told = {}
    for row in answer:
        number = (row["detected_at"] - start) // HOUR
        key = (row["detector"], row["subject"], start + (number + 1) * HOUR)
        assert key not in told
        told[key] = row
    assert told.keys() <= wanted.keys()
    for key, row in told.items():
        model = wanted[key]
        assert row["observed"] == model.observed
        if row["reasons"]["baseline"] == "season":
            assert row["score"] == max(in_season(activity, model), 3 if model.is_first else 0)
        else:
            assert row["expected"] == model.expected
            assert row["score"] == pytest.approx(model.score)
            by_requests = deviation(model.requests, model.expected)
            assert row["severity"] == severity(min(model.score, by_requests))
    for key, model in wanted.items():
        if key not in told:
            assert not model.is_first or threshold > 3
            assert in_season(activity, model) < threshold
    assert [row["score"] for row in answer] == sorted(
        (row["score"] for row in answer), reverse=True
    )
