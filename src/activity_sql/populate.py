"""Write made-up users and activity into Directus's tables: all of them, or none."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeVar

from activity_sql.db import Connection, copy_rows, execute_sql, query
from activity_sql.errors import UsageError
from activity_sql.generate import ActivityRow, UserRow, users
from activity_sql.generate.activity import activity_hours
from activity_sql.generate.incidents import plan_incidents, with_incidents

T = TypeVar("T")


class Watch(Protocol):
    """Pass items on, `total` of them, and show how far they are."""

    def __call__(self, items: Iterable[T], total: int, doing: str, /) -> Iterable[T]: ...


def unwatched(items: Iterable[T], _total: int, _doing: str) -> Iterable[T]:
    """Show nothing."""
    return items


@dataclass(frozen=True)
class Population:
    """How many rows and users were written, and the label of each incident among the rows."""

    rows: int
    users: int
    labels: list[dict[str, Any]]

    def label_lines(self) -> str:
        """Return the labels as JSON, one a line, in the order of time."""
        return "".join(f"{json.dumps(label)}\n" for label in self.labels)


def populate(
    connection: Connection,
    *,
    rows: int,
    days: int,
    until: datetime,
    seed: int,
    attacks: float | None = None,
    schema: str = "public",
    append: bool = False,
    watch: Watch = unwatched,
) -> Population:
    """Write `rows` activity rows of the `days` before `until`, incidents besides, and the users.

    `attacks` is the strength of the incidents, None for none. Users whose id or email is there
    already are left out.

    Raises:
        UsageError: nothing can be generated from the arguments, directus_activity holds rows and
            `append` is False, or its ids do not suffice.
        DatabaseError: PostgreSQL refused a row.
    """
    hours = partial(activity_hours, rows=rows, days=days, until=until, seed=seed)
    with connection.transaction():
        connection.execute("SELECT set_config('search_path', quote_ident(%s), true)", (schema,))
        _check_room(connection, schema, rows, append)
        incidents = []
        if attacks is not None:
            counted = watch(hours(), 24 * days, "Counting hours")
            incidents = plan_incidents(counted, seed=seed, strength=attacks)
        total = rows + sum(incident.rows for incident in incidents)
        _check_room(connection, schema, total, append)
        strangers = list(_strangers(connection, users(seed)))
        copy_rows(connection, "directus_users", UserRow._fields, strangers)
        made = watch(with_incidents(hours(), incidents), total, "Writing activity")
        copy_rows(connection, "directus_activity", ActivityRow._fields, made)
        execute_sql(connection, "ANALYZE directus_users, directus_activity")
    return Population(total, len(strangers), [incident.label() for incident in incidents])


def _check_room(connection: Connection, schema: str, rows: int, append: bool) -> None:
    (room,) = query(connection, "room_for_activity")
    if room["has_rows"] and not append:
        raise UsageError(
            f"directus_activity in schema {schema!r} holds rows already.",
            mend="Name a database where it is empty, or pass --append to add to what is there.",
        )
    if room["free_ids"] < rows:
        raise UsageError(
            f"directus_activity has {room['free_ids']:,} ids left, too few for {rows:,} rows.",
            mend="Generate fewer rows, or into a fresh database.",
        )


def _strangers(connection: Connection, people: Iterable[UserRow]) -> Iterator[UserRow]:
    known = connection.execute("SELECT id::text, email FROM directus_users").fetchall()
    taken = {value for user in known for value in user.values()}
    return (user for user in people if not taken & {user.id, user.email})
