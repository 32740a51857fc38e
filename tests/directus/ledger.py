"""What was sent to Directus, and the statistics per address that must follow from it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.directus.rest import Answer, Client


@dataclass(frozen=True)
class Entry:
    """Rows that one request must have made Directus write between `before` and `after`."""

    address: str
    user: str | None
    action: str
    collection: str
    rows: int
    before: datetime
    after: datetime


@dataclass(frozen=True)
class Expected:
    """What get_ip_activity_stats must say about one address."""

    total_actions: int
    unique_collections: int
    action_breakdown: dict[str, int]
    unique_users: int
    first_seen_between: tuple[datetime, datetime]
    last_seen_between: tuple[datetime, datetime]


@dataclass(frozen=True)
class Ledger:
    """Sends requests one after the other and keeps what each must have written."""

    entries: list[Entry] = field(default_factory=list)

    def send(
        self,
        client: Client,
        method: str,
        path: str,
        body: Any,
        *,
        user: str | None,
        writes: Mapping[tuple[str, str], int],
    ) -> Answer:
        """`writes` counts the rows by (action, collection). Fails where Directus refuses."""
        before = now_in_milliseconds()
        answer = client.send(method, path, body)
        after = datetime.now(UTC)
        assert answer.status < 300, f"{method} {path}: {answer.status} {answer.body}"
        self.entries.extend(
            Entry(client.address, user, action, collection, rows, before, after)
            for (action, collection), rows in writes.items()
        )
        return answer

    def expected(self) -> dict[str, Expected]:
        addresses = {entry.address for entry in self.entries}
        return {address: self.expected_of(address) for address in addresses}

    def expected_of(self, address: str) -> Expected:
        entries = [entry for entry in self.entries if entry.address == address]
        breakdown: Counter[str] = Counter()
        for entry in entries:
            breakdown[entry.action] += entry.rows
        first, last = entries[0], entries[-1]
        return Expected(
            total_actions=breakdown.total(),
            unique_collections=len({entry.collection for entry in entries}),
            action_breakdown=dict(breakdown),
            unique_users=len({entry.user for entry in entries} - {None}),
            first_seen_between=(first.before, first.after),
            last_seen_between=(last.before, last.after),
        )


@dataclass(frozen=True)
class Person:
    """Someone who works on items through REST; `user` is None for the public."""

    client: Client
    user: str | None
    ledger: Ledger

    def at(self, address: str) -> "Person":
        return Person(self.client.at(address), self.user, self.ledger)

    def create(self, collection: str, items: list[dict[str, Any]]) -> Answer:
        return self.send("POST", collection, items, action="create", rows=len(items))

    def update(self, collection: str, keys: list[int], changes: dict[str, Any]) -> Answer:
        body = {"keys": keys, "data": changes}
        return self.send("PATCH", collection, body, action="update", rows=len(keys))

    def delete(self, collection: str, keys: list[int]) -> Answer:
        return self.send("DELETE", collection, keys, action="delete", rows=len(keys))

    def send(self, method: str, collection: str, body: Any, *, action: str, rows: int) -> Answer:
        writes = {(action, collection): rows}
        path = f"/items/{collection}"
        return self.ledger.send(self.client, method, path, body, user=self.user, writes=writes)


@dataclass(frozen=True)
class Account:
    """A user who can log in."""

    id: str
    email: str
    password: str

    def log_in(self, public: Client, ledger: Ledger) -> Person:
        """Log in from the address of `public`."""
        credentials = {"email": self.email, "password": self.password}
        writes = {("login", "directus_users"): 1}
        path = "/auth/login"
        answer = ledger.send(public, "POST", path, credentials, user=self.id, writes=writes)
        client = Client(public.url, answer.data["access_token"], public.address)
        return Person(client, self.id, ledger)


def now_in_milliseconds() -> datetime:
    """Directus stamps rows in whole milliseconds, so a finer clock could seem to be ahead."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
