"""Waivers: a comment `-- lint: allow <rule>: <reason>` allows that rule in its file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from activity_sql.lint.source import Hits, Source, Sources

_COMMENT = re.compile(r"--\s*lint:\s*(?:allow\s+([a-z-]+):)?(.*)")
_LEAST_WORDS = 3


@dataclass(frozen=True)
class Waiver:
    offset: int
    rule: str  # empty if the comment is not understood
    reason: str


def waivers(source: Source) -> Iterator[Waiver]:
    for comment in source.comments:
        if match := _COMMENT.match(comment.text):
            yield Waiver(comment.offset, match[1] or "", match[2])


def waiver(source: Source, _: Sources) -> Hits:
    """Waivers without a rule or a reason; the linter adds those that waived nothing."""
    for item in waivers(source):
        if not item.rule:
            yield item.offset, "not understood"
        elif len(item.reason.split()) < _LEAST_WORDS:
            yield item.offset, f"{item.rule} without a reason of {_LEAST_WORDS} words"
