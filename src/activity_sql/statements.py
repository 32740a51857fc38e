"""What an SQL text says of itself: what it creates, its header, the names it uses. Pure."""

import itertools
from dataclasses import dataclass

from pglast import ast, parse_sql
from pglast.parser import ParseError, scan
from pglast.stream import RawStream


def created_in(sql: str) -> str | None:
    """The schema of the function, table, view or materialized view that `sql` creates."""
    for raw in parse_sql(sql):
        match raw.stmt:
            case ast.CreateFunctionStmt(funcname=(ast.String(sval=schema), ast.String())):
                return str(schema)
            case (
                ast.ViewStmt(view=relation)
                | ast.CreateStmt(relation=relation)
                | ast.CreateTableAsStmt(into=ast.IntoClause(rel=relation))
            ):
                return relation.schemaname if relation else None
    return None


def function_header(sql: str) -> str:
    """Arguments and result of the function that `sql` creates.

    CREATE OR REPLACE cannot change them: under another header the old function must go first.
    """
    for raw in parse_sql(sql):
        if isinstance(raw.stmt, ast.CreateFunctionStmt):
            parts = [*(raw.stmt.parameters or ()), raw.stmt.returnType]
            return ", ".join(RawStream()(part) for part in parts if part is not None)
    return ""


@dataclass(frozen=True)
class IndexShape:
    """What makes another index do the same work: access method, key columns, no predicate."""

    method: str
    columns: tuple[str, ...]
    is_partial: bool


def index_shape(sql: str) -> IndexShape:
    """The shape of the index that `sql` creates."""
    index = next(raw.stmt for raw in parse_sql(sql) if isinstance(raw.stmt, ast.IndexStmt))
    return IndexShape(
        str(index.accessMethod),
        tuple(part.name for part in index.indexParams or ()),
        index.whereClause is not None,
    )


def index_notes(sql: str) -> tuple[str, ...]:
    """What the header of an index says of its gain and its cost, a line each."""
    lines = (line.removeprefix("-- ") for line in sql.splitlines())
    return tuple(line for line in lines if line.startswith(("Gain: ", "Cost: ", "Note: ")))


def names_used(sql: str) -> frozenset[str]:
    """The qualified names in the statements themselves: string bodies are resolved when called."""
    try:
        tokens = [(token.name, sql[token.start : token.end + 1]) for token in scan(sql)]
    except ParseError:
        return frozenset()  # lint names the error with its line
    return frozenset(
        name.strip('"') for (dot, _), (_, name) in itertools.pairwise(tokens) if dot == "ASCII_46"
    )
