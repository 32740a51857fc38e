"""Which objects a statement creates or names, read from its syntax tree."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pglast import ast
from pglast.enums import FunctionParameterMode

_OUTPUTS = (FunctionParameterMode.FUNC_PARAM_OUT, FunctionParameterMode.FUNC_PARAM_TABLE)


@dataclass(frozen=True)
class DbObject:
    """An object: kind as in COMMENT ON, dotted name, and for a routine its input types."""

    kind: str
    name: str
    inputs: str = ""

    @property
    def label(self) -> str:
        return f"{self.kind} {self.name}{self.inputs}"


def created(node: Any) -> DbObject | None:
    """The object that a statement creates, if it is of a kind that the rules know."""
    match node:
        case ast.CreateFunctionStmt():
            inputs = [p.argType for p in node.parameters or () if p.mode not in _OUTPUTS]
            kind = "PROCEDURE" if node.is_procedure else "FUNCTION"
            return DbObject(kind, dotted(node.funcname), _inputs(inputs))
        case ast.ViewStmt():
            return DbObject("VIEW", dotted(node.view))
        case ast.CreateTableAsStmt(into=into):
            return DbObject(_kind(node.objtype), dotted(into and into.rel))
        case ast.CreateStmt():
            return DbObject("TABLE", dotted(node.relation))
        case ast.IndexStmt():
            schema = dotted(node.relation).rpartition(".")[0]
            return DbObject("INDEX", f"{schema}.{node.idxname}" if schema else f"{node.idxname}")
        case ast.CompositeTypeStmt():
            return DbObject("TYPE", dotted(node.typevar))
        case ast.CreateEnumStmt() | ast.CreateRangeStmt():
            return DbObject("TYPE", dotted(node.typeName))
        case ast.CreateDomainStmt():
            return DbObject("DOMAIN", dotted(node.domainname))
        case ast.CreateSchemaStmt():
            return DbObject("SCHEMA", node.schemaname or "")
    return None


def named(objtype: Any, node: Any) -> DbObject:
    """The object that a COMMENT, GRANT or REVOKE names."""
    is_routine = isinstance(node, ast.ObjectWithArgs)
    return DbObject(_kind(objtype), dotted(node), _inputs(node.objargs) if is_routine else "")


def dotted(node: Any) -> str:
    """A name with its schema, whichever way the syntax tree holds it; empty if it is no name."""
    match node:
        case ast.String():
            return node.sval or ""
        case ast.RangeVar():
            return f"{node.schemaname}.{node.relname}" if node.schemaname else f"{node.relname}"
        case ast.TypeName():
            return dotted(node.names)
        case ast.ObjectWithArgs():
            return dotted(node.objname)
        case tuple():
            return ".".join(filter(None, map(dotted, node)))
    return ""


def walk(node: Any) -> Iterator[Any]:
    """Every node of a syntax tree, without recursion: expressions nest deep."""
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, tuple):
            pending.extend(reversed(current))
        elif isinstance(current, ast.Node):
            yield current
            pending.extend(getattr(current, name) for name in current)


def _kind(objtype: Any) -> str:
    name: str = objtype.name
    return name.removeprefix("OBJECT_").replace("MATVIEW", "MATERIALIZED VIEW")


def _inputs(types: Any) -> str:
    """For example `(int4, text[])`, without pg_catalog, which the parser adds to some types."""
    names = [
        dotted(type_).removeprefix("pg_catalog.") + ("[]" if type_.arrayBounds else "")
        for type_ in types or ()
    ]
    return f"({', '.join(names)})"
