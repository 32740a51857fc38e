"""What ties objects together, so that a change here breaks or takes something there."""

from pglast import ast

from activity_sql.lint.objects import created, walk
from activity_sql.lint.source import Hits, Source, Sources, find


def catalog_dependency(source: Source, _: Sources) -> Hits:
    for statement in source.statements:
        node = statement.node
        thing = created(node)
        is_view = thing is not None and thing.kind in ("VIEW", "MATERIALIZED VIEW")
        if isinstance(node, ast.CreateFunctionStmt):
            tree = node.sql_body
        elif is_view or isinstance(node, ast.CreateTrigStmt | ast.RuleStmt):
            tree = node
        else:
            continue
        for part in walk(tree):
            if isinstance(part, ast.RangeVar) and str(part.relname).startswith("directus_"):
                yield part.location or statement.offset, f"depends on {part.relname}"


def cascade(source: Source, _: Sources) -> Hits:
    for code in source.codes:
        for _before, token, after in find(code, "DROP", "TRUNCATE"):
            for index, word in enumerate(after):
                if word == "CASCADE" and after[index - 1] not in ("DELETE", "UPDATE"):
                    yield token.offset, f"{token.word} ... CASCADE"
