"""One file for psql that installs a release on a database that has none."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version

from activity_sql.db import statement
from activity_sql.deploy import definition_row, state_row
from activity_sql.jobs import job_columns
from activity_sql.release import Release
from activity_sql.render import Definition, quote_identifier, quote_literal
from activity_sql.settings import Settings
from activity_sql.statements import index_shape

Value = str | None | Sequence[str | None]


def bundle(release: Release, settings: Settings) -> str:
    """queries/bundle.sql with everything of a deploy written in."""
    definitions = [item for item in release.definitions if item.kind != "index"]
    names: dict[str, Value] = {
        "schemas": [item.schema for item in definitions],
        "names": [item.name for item in definitions],
    }
    installation: dict[str, Value] = {
        "directus_schema": settings.directus_schema,
        "tool_version": version("activity-sql"),
    }
    sources = [migration.text for migration in release.migrations]
    sources += [item.sql for item in definitions]
    records = [_query("record_object", state_row(migration)) for migration in release.migrations]
    records += [
        _query("record_object", definition_row(item) | {"fingerprint": None})
        for item in definitions
    ]
    records.append(_query("record_installation", installation))
    records.append(_query("record_jobs", job_columns(release.jobs)))
    table = f"{quote_identifier(settings.directus_schema)}.directus_activity"
    return _filled(
        "bundle",
        {
            "version": version("activity-sql"),
            "table": quote_literal(table),
            "begin": statement("begin"),
            "sources": "\n".join(sources),
            "stray_grants": _bare(_query("stray_grants", names)),
            "records": "\n".join(records),
            "fingerprints": _bare(_query("fingerprints", names)),
            "indexes": "\n".join(
                _index(item, settings) for item in release.definitions if item.kind == "index"
            ),
        },
    )


def _index(item: Definition, settings: Settings) -> str:
    shape = index_shape(item.sql)
    wanted: dict[str, Value] = {
        "schema": settings.directus_schema,
        "table": "directus_activity",
        "name": item.name,
        "method": shape.method,
        "columns": list(shape.columns),
        "is_partial": str(shape.is_partial).lower(),
    }
    texts = {
        "statement": quote_literal(_bare(item.sql)),
        "equal": _bare(_query("indexes_on_columns", wanted)),
    }
    return _filled("bundle_index", texts)


def _filled(name: str, texts: Mapping[str, str]) -> str:
    """queries/`name`.sql with each <<marker>> replaced, in one pass over the file."""
    before, *rest = statement(name).split("<<")
    parts = [before]
    for piece in rest:
        marker, after = piece.split(">>", 1)
        parts += [texts[marker], after]
    return "".join(parts)


def _query(name: str, values: Mapping[str, Value]) -> str:
    """queries/`name`.sql with its parameters written in as literals."""
    before, *rest = statement(name).split("%(")
    parts = [before]
    for piece in rest:
        parameter, after = piece.split(")s", 1)
        parts += [_literal(values[parameter]), after]
    return "".join(parts)


def _bare(sql: str) -> str:
    return sql.rstrip().removesuffix(";")


def _literal(value: Value) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return quote_literal(value)
    return "ARRAY[" + ", ".join(map(_literal, value)) + "]"
