"""What a function or procedure states when it is created, and who may execute it."""

from collections.abc import Iterator
from typing import Any

from pglast import ast
from pglast.enums import FunctionParameterMode, RoleSpecType

from activity_sql.lint.objects import created, named
from activity_sql.lint.source import Hits, Source, Sources, Statement, find


def search_path(source: Source, _: Sources) -> Hits:
    for statement, node in _routines(source):
        settings = [option.arg for option in _options(node, "set")]
        if node.is_procedure and _ends_transactions(statement):
            if settings:
                yield statement.offset, "a SET clause on a procedure that commits"
        elif node.is_procedure and any(find(statement.body, "CALL")):
            continue  # what it calls may commit, which a SET clause here would forbid
        elif not node.sql_body:
            path = [value for setting in settings for value in _search_path(setting)]
            if path[:1] != ["pg_catalog"] or path[-1:] != ["pg_temp"]:
                yield statement.offset, f"search_path {', '.join(path) or 'not pinned'}"


def volatility(source: Source, _: Sources) -> Hits:
    for statement, node in _routines(source):
        for option in ("volatility", "parallel"):
            if not node.is_procedure and not _options(node, option):
                yield statement.offset, f"{option} not stated"


def security_definer(source: Source, _: Sources) -> Hits:
    for code in source.codes:
        for _before, token, after in find(code, "SECURITY"):
            if after[:1] == ["DEFINER"]:
                yield token.offset, "SECURITY DEFINER"


def missing_revoke(source: Source, _: Sources) -> Hits:
    revoked = {
        named(node.objtype, thing)
        for node in (statement.node for statement in source.statements)
        if isinstance(node, ast.GrantStmt) and _revokes_from_public(node)
        for thing in node.objects or ()
    }
    for statement, node in _routines(source):
        thing = created(node)
        if thing and thing not in revoked:
            yield statement.offset, f"no REVOKE ALL ON {thing.label} FROM PUBLIC"


def variable_conflict(source: Source, _: Sources) -> Hits:
    for statement, node in _routines(source):
        plpgsql = any(option.arg.sval == "plpgsql" for option in _options(node, "language"))
        modes = [parameter.mode for parameter in node.parameters or ()]
        uses_column = any(
            after[:1] == ["USE_COLUMN"]
            for _before, _token, after in find(statement.body, "VARIABLE_CONFLICT")
        )
        if plpgsql and FunctionParameterMode.FUNC_PARAM_TABLE in modes and not uses_column:
            yield statement.offset, "RETURNS TABLE without #variable_conflict use_column"


def _routines(source: Source) -> Iterator[tuple[Statement, Any]]:
    for statement in source.statements:
        if isinstance(statement.node, ast.CreateFunctionStmt):
            yield statement, statement.node


def _options(node: Any, name: str) -> list[Any]:
    return [option for option in node.options or () if option.defname == name]


def _search_path(setting: Any) -> list[str]:
    """The schemas of a SET search_path clause; none of FROM CURRENT or another setting."""
    constants = setting.args or () if setting.name == "search_path" else ()
    return [str(getattr(constant.val, "sval", "")) for constant in constants]


def _ends_transactions(statement: Statement) -> bool:
    """Whether COMMIT or ROLLBACK is a statement of the body (ON COMMIT DROP is none)."""
    return any(
        after[:1] in ([], ["AND"])
        for _before, _token, after in find(statement.body, "COMMIT", "ROLLBACK")
    )


def _revokes_from_public(node: Any) -> bool:
    """A routine has one privilege, so that REVOKE ALL and REVOKE EXECUTE are the same."""
    grantees = [role.roletype for role in node.grantees]
    return not node.is_grant and not node.grant_option and RoleSpecType.ROLESPEC_PUBLIC in grantees
