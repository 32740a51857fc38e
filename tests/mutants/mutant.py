"""A fault to plant in the SQL, that some test has to find."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """`old` occurs once in `file`, under sql; `tests` are paths and ids that pytest takes."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
