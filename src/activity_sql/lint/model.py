"""What the linter takes and gives."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class SqlFile:
    """One file to lint: rendered SQL, or a migration as it is."""

    path: str
    text: str
    lane: Literal["definition", "migration"]


@dataclass(frozen=True)
class Finding:
    """One breach of one rule; `line` counts from 1."""

    path: str
    line: int
    rule: str
    message: str
    mend: str
