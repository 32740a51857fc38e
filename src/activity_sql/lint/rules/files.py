"""What a file is: readable, one object with its comment, or a migration of our own schema."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from pglast import ast

from activity_sql.lint.objects import created, dotted, named, walk
from activity_sql.lint.source import Hits, Source, Sources, Statement

_MIGRATION_NAME = re.compile(r"\d{4}_[a-z]+_[a-z0-9_]+(\.rollback)?\.sql")
_ALLOWED_IN_MIGRATION = ("activity_sql", "pg_catalog")


def syntax(source: Source, _: Sources) -> Hits:
    if source.error:
        yield source.error


def missing_comment(source: Source, _: Sources) -> Hits:
    commented = {
        named(node.objtype, node.object)
        for node in (statement.node for statement in source.statements)
        if isinstance(node, ast.CommentStmt) and node.comment
    }
    for statement in source.statements:
        thing = created(statement.node)
        if thing and thing not in commented:
            yield statement.offset, f"no COMMENT ON {thing.label}"


def one_object(source: Source, _: Sources) -> Hits:
    if source.error:
        return
    name = PurePosixPath(source.file.path).name
    if source.file.lane == "migration":
        if not _MIGRATION_NAME.fullmatch(name):
            yield 0, f"file name {name}"
        return
    creates = [s for s in source.statements if s.code[0].word == "CREATE"]
    creates = creates[:1] + [s for s in creates[1:] if not _is_key_of(s.node, creates[0].node)]
    if not creates:
        yield 0, "creates nothing"
    for statement in creates[1:]:
        yield statement.offset, "creates one object more"
    for statement in creates[:1]:
        thing = created(statement.node)
        schema, _dot, own_name = thing.name.rpartition(".") if thing else ("", "", "")
        if not schema or own_name != name.split(".")[0]:
            yield statement.offset, f"creates {thing.label if thing else 'something else'}"


def overload(source: Source, sources: Sources) -> Hits:
    places = [(name, other.file.path) for other in sources for name, _offset in _routines(other)]
    for name, offset in _routines(source):
        paths = [path for other_name, path in places if other_name == name]
        if len(paths) > 1:
            yield offset, f"{name} stands in {', '.join(paths)}"


def migration_scope(source: Source, _: Sources) -> Hits:
    if source.file.lane != "migration":
        return
    for marker in re.finditer(r"\{[{%#]", source.file.text):
        yield marker.start(), f"Jinja marker {marker[0]}"
    for statement in source.statements:
        if isinstance(statement.node, ast.SelectStmt):
            yield statement.offset, "top-level SELECT"
        for name, offset in dict(_names(statement)).items():
            if name.split(".")[0] not in _ALLOWED_IN_MIGRATION:
                yield offset, f"names {name}"


def _is_key_of(node: Any, first: Any) -> bool:
    """A materialized view's unique index: without one it cannot be refreshed CONCURRENTLY."""
    view = created(first)
    return (
        view is not None
        and view.kind == "MATERIALIZED VIEW"
        and isinstance(node, ast.IndexStmt)
        and bool(node.unique)
        and dotted(node.relation) == view.name
    )


def _routines(source: Source) -> Iterator[tuple[str, int]]:
    """Names and offsets of the routines in a definition file."""
    if source.file.lane == "definition":
        for statement in source.statements:
            if isinstance(statement.node, ast.CreateFunctionStmt):
                yield dotted(statement.node.funcname), statement.offset


def _names(statement: Statement) -> Iterator[tuple[str, int]]:
    """The names in a statement; types and called functions only if they are qualified."""
    nodes = list(walk(statement.node))
    local = {node.ctename for node in nodes if isinstance(node, ast.CommonTableExpr)}
    thing = created(statement.node)
    if thing:
        yield thing.name, statement.offset
    for target in _targets(statement.node):
        if name := dotted(target):
            yield name, statement.offset
    for node in nodes:
        offset = getattr(node, "location", None) or statement.offset
        match node:
            case ast.RangeVar() if node.schemaname or node.relname not in local:
                yield dotted(node), offset
            case ast.ObjectWithArgs():
                yield dotted(node), statement.offset
            case ast.TypeName() | ast.FuncCall():
                called = dotted(node if isinstance(node, ast.TypeName) else node.funcname)
                if "." in called:
                    yield called, offset


def _targets(node: Any) -> tuple[Any, ...]:
    """What a DROP, COMMENT, GRANT or REVOKE is about."""
    match node:
        case ast.DropStmt() | ast.GrantStmt():
            return node.objects or ()
        case ast.CommentStmt():
            return (node.object,)
    return ()
