"""get_activity_dashboard answers from one snapshot, whatever commits while it runs."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from activity_sql.db import connect
from activity_sql.deploy import deploy
from activity_sql.release import load_linted_release
from activity_sql.settings import Settings
from tests.support.history import open_session

SECONDS = 2
ROWS = 25
ADD = f"""
    INSERT INTO directus_activity (action, "user", "timestamp", ip, collection, item)
    SELECT
        (ARRAY['create', 'update', 'delete'])[1 + n % 3],
        gen_random_uuid(),
        now(),
        format('10.0.%s.%s', n, random() * 250),
        'collection_' || n % 7,
        '1'
    FROM generate_series(1, {ROWS}) AS n
"""


@dataclass
class Writer:
    """Commits rows, and folds after some commits; how many it has committed so far."""

    commits: int = 0
    folds: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self, settings: Settings) -> None:
        with open_session(settings) as session:
            while not self.stopped.is_set():
                session.execute(ADD)
                self.commits += 1
                if self.commits % 4 == 0:
                    session.execute("SELECT * FROM refresh_activity_rollups()")
                    self.folds += 1


@contextmanager
def writing(settings: Settings) -> Iterator[Writer]:
    writer = Writer()
    thread = threading.Thread(target=writer.run, args=[settings])
    thread.start()
    try:
        yield writer
    finally:
        writer.stopped.set()
        thread.join()


def totals(answer: dict[str, Any]) -> dict[str, int]:
    """The number of rows, as each part of the answer has it."""
    return {
        "summary": answer["summary"]["totalActivity"],
        "actions": sum(part["count"] for part in answer["actions"]),
        "collections": sum(part["count"] for part in answer["collections"]),
        "hourly": sum(part["total"] for part in answer["hourly"]),
        "byAction": sum(sum(part["byAction"].values()) for part in answer["hourly"]),
    }


def test_an_answer_is_of_one_snapshot(
    database: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of some commits and not of others: every part has the rows of the same ones."""
    with connect(database) as connection:
        deploy(connection, load_linted_release(database), database)
    asked = overlapped = 0
    with open_session(database) as session, writing(database) as writer:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            before = writer.commits
            (row,) = session.execute("SELECT get_activity_dashboard(1) AS answer").fetchall()
            after = writer.commits
            found = totals(row["answer"])
            assert len(set(found.values())) == 1, found
            assert found["summary"] % ROWS == 0
            # The writer counts a commit when it knows of it.
            assert before * ROWS <= found["summary"] <= (after + 1) * ROWS
            assert row["answer"]["summary"]["uniqueUsers"] == found["summary"]
            asked += 1
            overlapped += after > before
    with capsys.disabled():
        print(
            f"\n{overlapped} of {asked} answers overlapped with a commit, "
            f"of {writer.commits}; {writer.folds} folds"
        )
    assert overlapped > 0
    assert writer.folds > 0
