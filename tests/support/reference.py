"""docs/sql-reference.md, made from the catalog of a deployed database."""

import re
import textwrap
from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg.rows import dict_row

# What people call in our own schema; the rest there is for the functions themselves.
CALLED = (
    "backfill",
    "check_rollups",
    "compare_rollups",
    "configure",
    "drop_old_archive",
    "drop_old_hours",
    "install_dashboards",
    "leaky_bucket",
    "mask_address",
    "publish_activity",
    "reconcile_rollups",
    "rebuild_rollups",
    "refresh_view",
    "remove_dashboards",
    "restart_ids",
    "risk_level",
    "rollup_status",
    "score_address",
    "score_engagement",
    "score_series",
)

ROUTINES = """
    SELECT
        routine.oid,
        routine.proname::text AS name,
        routine.prokind::text AS kind,
        routine.proretset AS is_set,
        format_type(routine.prorettype, NULL) AS result,
        obj_description(routine.oid, 'pg_proc') AS comment,
        ARRAY(
            SELECT jsonb_build_object(
                'name', quote_ident(argument.name),
                'mode', coalesce(argument.mode, 'i'),
                'type', format_type(argument.type, NULL),
                'default', pg_get_function_arg_default(routine.oid, argument.place::integer)
            )
            FROM unnest(
                coalesce(routine.proallargtypes, routine.proargtypes::oid[]),
                routine.proargmodes,
                routine.proargnames
            ) WITH ORDINALITY AS argument (type, mode, name, place)
            ORDER BY argument.place
        ) AS arguments
    FROM pg_proc AS routine
    JOIN activity_sql.ledger AS ledger
        ON ledger.object = 'function ' || routine.proname
            AND ledger.schema_name = routine.pronamespace::regnamespace::text
    WHERE ledger.schema_name = %s AND (%s::text[] IS NULL OR routine.proname = ANY (%s))
    ORDER BY routine.proname
"""

RELATIONS = """
    SELECT
        relation.relname::text AS name,
        obj_description(relation.oid, 'pg_class') AS comment,
        ARRAY(
            SELECT jsonb_build_object(
                'name', quote_ident(attribute.attname),
                'type', format_type(attribute.atttypid, attribute.atttypmod),
                'comment', col_description(relation.oid, attribute.attnum),
                'default', pg_get_expr(fallback.adbin, fallback.adrelid)
            )
            FROM pg_attribute AS attribute
            LEFT JOIN pg_attrdef AS fallback
                ON fallback.adrelid = attribute.attrelid AND fallback.adnum = attribute.attnum
            WHERE attribute.attrelid = relation.oid
                AND attribute.attnum > 0
                AND attribute.attname <> 'only_one'
            ORDER BY attribute.attnum
        ) AS columns
    FROM pg_class AS relation
    WHERE relation.oid = 'activity_sql.setting'::regclass
        OR (relation.relkind IN ('v', 'm') AND EXISTS (
            SELECT FROM activity_sql.ledger AS ledger
            WHERE ledger.object = 'view ' || relation.relname
                AND ledger.schema_name = relation.relnamespace::regnamespace::text
        ))
    ORDER BY relation.relname
"""

SHORT = {"timestamp with time zone": "timestamptz", "character varying": "varchar"}

HEAD = """\
# SQL reference

Made by `make reference` from the comments in the database; changes belong there.

All functions and views are in Directus's own schema, so they are called without one there; what
begins with `activity_sql.` is in ours. Nobody but the owner may call them until the owner grants
it. Arguments are best named: `get_ip_activity_stats(p_days => 30, p_limit => 10)`.
"""

Entry = dict[str, Any]


def reference(connection: psycopg.Connection, schema: str = "public") -> str:
    """The whole file, for a database whose Directus is in `schema`."""
    with connection.cursor(row_factory=dict_row) as cursor:
        functions = cursor.execute(ROUTINES, [schema, None, None]).fetchall()
        called = list(CALLED)
        ours = cursor.execute(ROUTINES, ["activity_sql", called, called]).fetchall()
        relations = cursor.execute(RELATIONS).fetchall()
    assert [routine["name"] for routine in ours] == sorted(CALLED)
    (settings,) = (relation for relation in relations if relation["name"] == "setting")
    views = [relation for relation in relations if relation is not settings]
    sections = {
        "Functions": [_routine(routine, "") for routine in functions],
        "Views": [_relation(view, view["name"]) for view in views],
        "Maintenance and scores": [_routine(routine, "activity_sql.") for routine in ours],
        "Settings": [_relation(settings, "activity_sql.setting")],
    }
    parts = [HEAD]
    for title, entries in sections.items():
        parts += [f"## {title}\n", *entries]
    return "\n".join(parts)


def _routine(routine: Entry, schema: str) -> str:
    arguments = routine["arguments"]
    inputs = [argument for argument in arguments if argument["mode"] in "ibv"]
    outputs = [argument for argument in arguments if argument["mode"] in "obt"]
    name = f"{schema}{routine['name']}"
    listed = ", ".join(argument["name"] for argument in inputs)
    call = f"CALL {name}({listed})" if routine["kind"] == "p" else f"{name}({listed})"
    parts = [f"### {name}\n", f"`{call}`\n", _prose(routine["comment"])]
    if inputs:
        rows = ((item["name"], _type(item["type"]), _default(item)) for item in inputs)
        parts.append(_table(("parameter", "type", "default"), rows))
    if outputs:
        rows = ((item["name"], _type(item["type"])) for item in outputs)
        parts.append(_table(("column", "type"), rows))
    elif routine["kind"] == "f":
        parts.append(f"Returns {_type(routine['result'])}.\n")
    return "\n".join(parts)


def _relation(relation: Entry, name: str) -> str:
    columns = relation["columns"]
    remarks = [f"{item['name']}: {item['comment']}" for item in columns if item["comment"]]
    parts = [f"### {name}\n", _prose(" ".join([relation["comment"], *remarks]))]
    if any(column["default"] for column in columns):
        rows = ((item["name"], _type(item["type"]), _default(item)) for item in columns)
        parts.append(_table(("column", "type", "default"), rows))
    else:
        rows = ((item["name"], _type(item["type"])) for item in columns)
        parts.append(_table(("column", "type"), rows))
    return "\n".join(parts)


def _prose(comment: str) -> str:
    escaped = re.sub(r"([\\*<])", r"\\\1", comment)
    return textwrap.fill(escaped, 100, break_long_words=False, break_on_hyphens=False) + "\n"


def _type(name: str) -> str:
    for long, short in SHORT.items():
        name = name.replace(long, short)
    return f"`{name}`"


def _default(item: Entry) -> str:
    if item["default"] is None:
        return "required"
    bare = re.sub(r"::[a-z ]+(\[\])?$", "", item["default"])
    return f"`{bare}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
