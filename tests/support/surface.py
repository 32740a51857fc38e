"""Every public function that answers from the activity, as the catalog of a database has them.

So a new function cannot be forgotten by the tests over all of them, nor a new argument.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import product
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import set_json_loads

from tests.support.directus import ODD_SCHEMA, QUOTED_ODD_SCHEMA
from tests.support.rows import exact_json

ANA, BEN, SERVICE = UUID(int=1), UUID(int=2), UUID(int=99)

# They write, or are about no window.
OTHERS = {
    "activity_rollup_coverage",
    "detection_coverage",
    "maintain_activity_table",
    "rebuild_activity_indexes",
    "refresh_activity_rollups",
    "test_activity_query_performance",
}

# What is tried for an argument; and NULL, where that is its default.
VALUES: dict[str, list[Any]] = {
    "p_action": ["update"],
    "p_before_id": [],
    "p_bucket": ["hour", "week"],
    "p_by": ["collection", "action", "ip", "user"],
    "p_collection": ["Pages"],
    "p_days": [2, 40],
    "p_hours": [48, 960],
    "p_ip": ["a"],
    "p_item": ["item 3"],
    "p_limit": [None],
    "p_min_count": [1],
    "p_stddev_threshold": [Decimal(3)],
    "p_threshold": [1],
    "p_timezone": ["UTC", "Asia/Kathmandu"],
    "p_user": [ANA, SERVICE],
}

ROUTINES = """
    SELECT
        routine.proname::text AS name,
        routine.provolatile::text AS volatility,
        obj_description(routine.oid, 'pg_proc') AS comment,
        has_function_privilege('public', routine.oid, 'EXECUTE') AS is_public,
        ARRAY(
            SELECT jsonb_build_object(
                'name', argument.name,
                'type', format_type(argument.type, NULL),
                'default', pg_get_function_arg_default(routine.oid, argument.place::integer)
            )
            FROM unnest(routine.proargnames, routine.proargtypes::oid[])
                WITH ORDINALITY AS argument (name, type, place)
            WHERE argument.type IS NOT NULL
            ORDER BY argument.place
        ) AS arguments
    FROM pg_proc AS routine
    JOIN pg_namespace AS namespace ON namespace.oid = routine.pronamespace
    JOIN activity_sql.ledger AS ledger
        ON ledger.object = 'function ' || routine.proname
            AND ledger.schema_name = namespace.nspname
    WHERE namespace.nspname = %s
    ORDER BY routine.proname
"""


@dataclass(frozen=True)
class Function:
    """`arguments`: name, type, and the text of the default or None."""

    name: str
    volatility: str
    comment: str | None
    is_public: bool
    arguments: list[dict[str, Any]]

    def calls(self) -> Iterator[dict[str, Any]]:
        """Arguments in every combination, but for p_as_of."""
        names, values = [], []
        for argument in self.arguments:
            name, default = argument["name"], argument["default"]
            if name != "p_as_of":
                names.append(name)
                is_filter = default is not None and default.startswith("NULL")
                values.append([*([None] if is_filter else []), *VALUES[name]])
        for combination in product(*values):
            yield dict(zip(names, combination, strict=True))


def functions(session: psycopg.Connection, schema: str = ODD_SCHEMA) -> list[Function]:
    """All that are deployed into a schema."""
    with session.transaction(force_rollback=True):
        session.execute("SET LOCAL search_path = pg_catalog")
        return [Function(**row) for row in session.execute(ROUTINES, [schema]).fetchall()]


def readers(session: psycopg.Connection) -> list[Function]:
    """Those that answer from the activity of a window."""
    return [function for function in functions(session) if function.name not in OTHERS]


def ask(
    session: psycopg.Connection, function: Function, as_of: datetime, **arguments: Any
) -> list[dict[str, Any]]:
    """In binary: how a session shows a value is no part of it."""
    set_json_loads(exact_json, session)
    named = ", ".join(f"{name} => %({name})s" for name in [*arguments, "p_as_of"])
    with session.cursor(binary=True) as cursor:
        cursor.execute(
            f"SELECT * FROM {QUOTED_ODD_SCHEMA.replace('%', '%%')}.{function.name}({named})",
            {**arguments, "p_as_of": as_of},
        )
        return cursor.fetchall()
