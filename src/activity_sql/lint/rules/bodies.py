"""Statements that go wrong when a body runs: token patterns of PL/pgSQL."""

from collections.abc import Iterator
from itertools import takewhile

from activity_sql.lint.source import Code, Hits, Source, Sources, Token, find

_HARMLESS_LEVELS = ("NOTICE", "WARNING", "INFO", "LOG", "DEBUG")
_BEFORE_STATEMENT = ("", ";", "THEN", "ELSE", "LOOP", "BEGIN", ">>")


def dynamic_sql(source: Source, _: Sources) -> Hits:
    for body in source.bodies:
        for _before, token, after in find(body, "EXECUTE"):
            if after[:1] in (["ON"], ["FUNCTION"], ["PROCEDURE"]):  # GRANT, CREATE TRIGGER
                continue
            command = after[2:] if after[:2] == ["PG_CATALOG", "."] else after
            glued = "||" in takewhile(lambda word: word not in ("USING", "INTO", "LOOP"), command)
            if command[:2] != ["FORMAT", "("] or glued:
                yield token.offset, "EXECUTE of text glued with ||" if glued else "EXECUTE alone"


def raise_errcode(source: Source, _: Sources) -> Hits:
    for body in source.bodies:
        for token, after in _throws(body):
            rest = after[1:] if after[:1] == ["EXCEPTION"] else after
            is_coded = "ERRCODE" in rest or not rest  # a bare RAISE throws again
            if not is_coded and (rest[0] == "USING" or rest[0][-1] in "'$"):  # a string
                yield token.offset, "RAISE without ERRCODE"


def when_others(source: Source, _: Sources) -> Hits:
    for body in source.bodies:
        for index, token in enumerate(body):
            words = [near.word for near in body[max(index - 1, 0) : index + 2]]
            catches = words in (["WHEN", "OTHERS", "THEN"], ["OR", "OTHERS", "THEN"])
            if catches and not any(_throws(_handler(body[index + 2 :]))):
                yield token.offset, "WHEN OTHERS without RAISE"


def _throws(code: Code) -> Iterator[tuple[Token, list[str]]]:
    """Each RAISE that throws, with the rest of its statement."""
    for _before, token, after in find(code, "RAISE"):
        if not after or after[0] not in _HARMLESS_LEVELS:
            yield token, after


def _handler(code: Code) -> Code:
    """The start of the code, up to the next handler or the END of the block."""
    depth = 0
    before = ""
    for index, token in enumerate(code):
        word = token.word
        starts_statement = before in _BEFORE_STATEMENT
        if depth == 0 and (word == "END" or (word == "WHEN" and starts_statement)):
            return code[:index]
        if word == "END":
            depth -= 1
        elif before != "END" and (
            word in ("BEGIN", "CASE", "LOOP") or (word == "IF" and starts_statement)
        ):
            depth += 1
        before = word
    return code
