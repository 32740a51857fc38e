"""A version of Directus on the way from 10 to 12: how it is reached, and what is done in it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.directus.database import Database
from tests.directus.directus_server import ADMIN_TOKEN, SETTINGS, Directus, Server, set_up
from tests.directus.ledger import Account, Entry, Ledger, Person
from tests.directus.rest import Client
from tests.directus.scenario import collection, created
from tests.upgrades.queries import timestamp_indexes

# Each version writes from the office and from an address of its own.
OFFICE = "198.51.100.7"
OWN = {"10.13.4": "2001:db8::10", "11.17.4": "2001:db8::11", "12.4.0": "2001:db8::12"}
OWN_ARTICLES = 12
COMMENTER = "203.0.113.9"


@dataclass(frozen=True)
class Stage:
    """A Directus that was worked in with activity-sql deployed, and then stopped.

    `ledger` holds what `directus_activity` must hold; `by_endpoint` is what the endpoint extension
    answered at the end.
    """

    version: str
    directus: Directus
    database: Database
    ledger: Ledger
    server: Server
    by_endpoint: list[dict[str, Any]]

    def log_tail(self) -> str:
        return self.server.log_tail()

    def moved(self, database: Database, folder: Path) -> "Stage":
        """The same on `database`, a copy."""
        directus = set_up(self.version, database.environment, folder)
        return replace(self, directus=directus, database=database)


def first(version: str, database: Database, folder: Path) -> Stage:
    """Work in a bootstrapped Directus 10, and deploy beside it."""
    directus = set_up(version, database.environment, folder)
    ledger = Ledger()
    with directus.started() as server:
        create_articles(server, ledger)
        comment(work(server, version, ledger))
        assert timestamp_indexes(database) == {}, "Directus 10 has come with the index"
        database.activity_sql("migrate", folder=folder)
        return Stage(version, directus, database, ledger, server, ask(server))


def upgraded(previous: Stage, version: str, database: Database, folder: Path) -> Stage:
    """Upgrade `database`, a copy of that of `previous`, and work in it."""
    directus = set_up(version, database.environment, folder)
    directus.run("database", "migrate:latest")
    ledger = Ledger([comment_made_a_create(entry) for entry in previous.ledger.entries])
    with directus.started() as server:
        work(server, version, ledger)
        return Stage(version, directus, database, ledger, server, ask(server))


def create_articles(server: Server, ledger: Ledger) -> None:
    ledger.send(
        Client(server.url, ADMIN_TOKEN, OFFICE),
        "POST",
        "/collections",
        collection("articles"),
        user=administrator(server).id,
        writes={("create", "directus_fields"): 3, ("create", "directus_collections"): 1},
    )


def work(server: Server, version: str, ledger: Ledger) -> Person:
    """Log in, and write articles."""
    person = administrator(server).log_in(Client(server.url, address=OFFICE), ledger)
    keys = created(person.create("articles", [{"title": f"Draft {n}"} for n in range(3)]))
    person.update("articles", keys[:2], {"body": "Text"})
    person.delete("articles", keys[2:])
    person.at(OWN[version]).create("articles", [{"title": version}] * OWN_ARTICLES)
    return person


def comment(person: Person) -> None:
    """Comments that are rows of directus_activity, as they are up to Directus 10."""
    for text in ("Good", "Better"):
        person.ledger.send(
            person.client.at(COMMENTER),
            "POST",
            "/activity/comment",
            {"collection": "articles", "item": 1, "comment": text},
            user=person.user,
            writes={("comment", "articles"): 1},
        )


def comment_made_a_create(entry: Entry) -> Entry:
    """What the upgrade to Directus 11 makes of a comment; any other entry as it is."""
    if entry.action != "comment":
        return entry
    return replace(entry, action="create", collection="directus_comments")


def administrator(server: Server) -> Account:
    admin_id = Client(server.url, ADMIN_TOKEN).get("/users/me").data["id"]
    return Account(admin_id, SETTINGS["ADMIN_EMAIL"], SETTINGS["ADMIN_PASSWORD"])


def ask(server: Server) -> list[dict[str, Any]]:
    query = "days=365&min_count=1"
    rows: list[dict[str, Any]] = (
        Client(server.url, ADMIN_TOKEN).get(f"/activity-sql/ip-activity-stats?{query}").data
    )
    return rows
