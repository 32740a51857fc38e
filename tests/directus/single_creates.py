"""How long single creates take while a batch of many items is written beside them."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import ceil

import psycopg

from tests.directus.rest import Client

BATCH_ITEMS = 1000
BATCHER, SINGLE = "198.51.100.1", "198.51.100.2"


def time_single_creates(client: Client) -> list[float]:
    """Seconds of each single create, one after the other until a batch beside them is done."""
    items = [{"title": f"Of the batch {number}"} for number in range(BATCH_ITEMS)]
    statuses: list[int] = []
    batch = threading.Thread(
        target=lambda: statuses.append(client.at(BATCHER).post("/items/articles", items).status)
    )
    seconds = []
    batch.start()
    while batch.is_alive():
        started = time.perf_counter()
        answer = client.at(SINGLE).post("/items/articles", {"title": "Single"})
        seconds.append(time.perf_counter() - started)
        assert answer.status == 200, answer
    assert statuses == [200], statuses
    return seconds


@contextmanager
def refreshed(conninfo: str, every: float = 1) -> Iterator[None]:
    """The rollups of that database, every so many seconds, by a session
    of its own; raises what a refresh raised."""
    done = threading.Event()
    failures: list[psycopg.Error] = []

    def refresh() -> None:
        try:
            with psycopg.connect(conninfo, autocommit=True) as session:
                while not done.wait(every):
                    session.execute("SELECT * FROM refresh_activity_rollups()")
        except psycopg.Error as error:
            failures.append(error)

    refresher = threading.Thread(target=refresh)
    refresher.start()
    try:
        yield
    finally:
        done.set()
        refresher.join()
    if failures:
        raise failures[0]


def p99(seconds: Sequence[float]) -> float:
    """The value that 99 in 100 do not exceed."""
    return sorted(seconds)[ceil(0.99 * len(seconds)) - 1]
