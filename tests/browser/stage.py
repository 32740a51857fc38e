"""A Directus with the package and its dashboards, empty and with made-up activity."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from tests.directus.database import Database
from tests.directus.directus_server import ADMIN_TOKEN, SETTINGS, Server, set_up
from tests.directus.rest import Client

ADMIN = (SETTINGS["ADMIN_EMAIL"], SETTINGS["ADMIN_PASSWORD"])
READER = ("rita@example.com", "password-of-rita")
POLICY = "ac71f17e-0000-4000-8000-000000000001"


@dataclass(frozen=True)
class Stage:
    """A running Directus and its database."""

    server: Server
    database: Database
    folder: Path

    @property
    def url(self) -> str:
        return self.server.url

    def log_tail(self) -> str:
        return self.server.log_tail()

    def ask(self, statement: str) -> Any:
        """The first value of a statement's first row."""
        with psycopg.connect(self.database.conninfo) as connection:
            row = connection.execute(statement.encode()).fetchone()
        assert row is not None
        return row[0]

    def publish(self) -> None:
        """Everything, the alerts of the whole week at once."""
        self.database.activity_sql("refresh", folder=self.folder)
        with psycopg.connect(self.database.conninfo, autocommit=True) as connection:
            for _ in range(8):
                connection.execute("UPDATE activity_sql.publication SET alerts_at = NULL")
                connection.execute("SELECT said FROM activity_sql.publish_activity()")

    def fill(self, profile: str = "small", attacks: str = "10") -> None:
        """Made-up rows up to an hour ago, with incidents of so many usual peaks, published."""
        until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
        arguments: tuple[str, ...] = ("--append", "--until", until.strftime("%Y-%m-%dT%H:%M:%S%z"))
        arguments += ("--profile", profile, "--attacks", attacks)
        self.database.activity_sql("generate", *arguments, folder=self.folder)
        self.publish()

    def add_reader(self) -> None:
        """An ordinary user who has the policy."""
        admin = Client(self.url, ADMIN_TOKEN)
        person = {"first_name": "Rita", "email": READER[0], "password": READER[1]}
        app = {"name": "App", "app_access": True}
        role = {"name": "Staff", "policies": [{"policy": app}, {"policy": {"id": POLICY}}]}
        answer = admin.post("/users", {**person, "role": role})
        assert answer.status == 200, answer.body


@contextmanager
def running(version: str, database: Database, folder: Path) -> Iterator[Stage]:
    """Deployed before Directus starts, so that it knows the tables."""
    directus = set_up(version, database.environment, folder)
    directus.run("bootstrap")
    database.activity_sql("migrate", folder=folder)
    database.activity_sql("dashboards", "install", folder=folder)
    database.activity_sql("refresh", folder=folder)
    with directus.started() as server:
        yield Stage(server, database, folder)
