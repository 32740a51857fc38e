"""A file as the rules see it: statements with syntax tree and tokens, bodies, comments.

Bodies of functions, procedures and DO blocks are scanned into tokens, not parsed:
the PL/pgSQL parser of pglast refuses legal code. Every offset counts characters of the file.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pglast import ast, parse_sql
from pglast.parser import ParseError, scan

from activity_sql.lint.model import SqlFile


@dataclass(frozen=True)
class Token:
    text: str
    offset: int

    @property
    def word(self) -> str:
        """The text in upper case; a quoted name keeps its quotes, so "user" is not USER."""
        return self.text.upper()


Code = tuple[Token, ...]


@dataclass(frozen=True)
class Statement:
    """A top-level statement; `body` is empty if it has no body in a string."""

    node: Any
    code: Code
    body: Code

    @property
    def offset(self) -> int:
        return self.code[0].offset


Hit = tuple[int, str]  # offset in the file, and what is wrong there
Hits = Iterator[Hit]


@dataclass(frozen=True)
class Source:
    """A parsed file; one that cannot be parsed has an `error` and nothing else."""

    file: SqlFile
    statements: tuple[Statement, ...] = ()
    comments: Code = ()
    error: Hit | None = None

    @property
    def bodies(self) -> list[Code]:
        return [statement.body for statement in self.statements]

    @property
    def codes(self) -> list[Code]:
        return [statement.code for statement in self.statements] + self.bodies

    def line(self, offset: int) -> int:
        return self.file.text.count("\n", 0, offset) + 1


Sources = Sequence[Source]


def read(file: SqlFile) -> Source:
    """Parse a file; what cannot be parsed becomes the `error` of the source."""
    try:
        return _parse(file)
    except ParseError as error:
        message, offset = error.args
        return Source(file, error=(offset, message))


def find(code: Code, *words: str) -> Iterator[tuple[str, Token, list[str]]]:
    """Each token that is one of `words`: the word before it, it, and its statement's rest."""
    for index, token in enumerate(code):
        if token.word in words:
            before = code[index - 1].word if index else ""
            yield before, token, statement_words(code[index + 1 :])


def statement_words(code: Code) -> list[str]:
    """The words up to the end of the statement."""
    words = [token.word for token in code]
    return words[: words.index(";")] if ";" in words else words


def _parse(file: SqlFile) -> Source:
    text = file.text
    if unstorable := re.search("[\0\ud800-\udfff]", text):
        raise ParseError(f"character {unstorable[0]!a}", unstorable.start())
    code, comments = _scan(text, 0)
    offsets = [token.offset for token in code]
    statements = []
    for raw in parse_sql(text):
        start = raw.stmt_location or 0
        end = start + raw.stmt_len if raw.stmt_len else len(text)
        own_code = code[bisect_left(offsets, start) : bisect_left(offsets, end)]
        body, body_comments = _body(raw.stmt, own_code)
        statements.append(Statement(raw.stmt, own_code, body))
        comments += body_comments
    return Source(file, tuple(statements), comments)


def _body(node: Any, code: Code) -> tuple[Code, Code]:
    """Tokens and comments of the string body that a statement may have."""
    for before, token in pairwise(code):
        if (isinstance(node, ast.CreateFunctionStmt) and before.word == "AS") or (
            isinstance(node, ast.DoStmt) and before.word != "LANGUAGE"
        ):
            if token.text.endswith("'"):
                raise ParseError("a body in single quotes", token.offset)
            if tag := re.match(r"\$\w*\$", token.text):
                size = len(tag[0])
                return _scan(token.text[size:-size], token.offset + size)
    return (), ()


def _scan(text: str, start: int) -> tuple[Code, Code]:
    """Tokens and comments of a text that begins at offset `start` of the file."""
    try:
        scanned = scan(text)
    except ParseError as error:
        message, offset = error.args
        raise ParseError(message, start + offset) from error
    tokens = [(t.name, Token(text[t.start : t.end + 1], start + t.start)) for t in scanned]
    return (
        tuple(token for name, token in tokens if not name.endswith("_COMMENT")),
        tuple(token for name, token in tokens if name.endswith("_COMMENT")),
    )
