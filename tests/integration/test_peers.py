"""The detectors find what plain SQL over rows finds, which the bench takes its ratio to."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from activity_sql.bench.peers import fill, read_questions, window
from activity_sql.db import connect, query_sql
from activity_sql.deploy import deploy
from activity_sql.populate import populate
from activity_sql.release import load_linted_release
from activity_sql.settings import Settings

ROWS, DAYS, TAIL, SEED = 120_000, 40, 3_000, 4
UNTIL = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def filled(database: Settings) -> tuple[Settings, list[datetime]]:
    """A database with a tail, and a moment after each incident in it and each fifth hour."""
    with connect(database) as connection:
        deploy(connection, load_linted_release(database), database)
        population = populate(connection, rows=ROWS, days=DAYS, until=UNTIL, seed=SEED, attacks=10)
        query_sql(connection, f"SELECT * FROM refresh_activity_rollups({ROWS - TAIL})")
    ends = {datetime.fromisoformat(label["end"]) for label in population.labels}
    return database, [
        *(end + timedelta(minutes=7) for end in sorted(ends)),
        *(UNTIL - timedelta(hours=5 * step, minutes=step) for step in range(6)),
    ]


def test_the_detectors_equal_plain_sql(filled: tuple[Settings, list[datetime]]) -> None:
    """At a low threshold, so that most hours have something to compare."""
    (question,) = [one for one in read_questions() if one.name == "activity_anomalies"]
    settings, moments = filled
    found: Counter[str] = Counter()
    with connect(settings) as connection:
        for moment in moments:
            markers = window(moment, 0) | {"schema": "public"}
            ours, plain = (
                query_sql(connection, fill(question.texts[name], markers).replace("3.0", "1.0"))
                for name in ("ours", "plain")
            )
            assert plain == ours, moment
            found.update(row["detector"] for row in ours)
    print(len(moments), found)
    assert len(found) >= 9, found
