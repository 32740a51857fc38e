"""Errors that a person can act on: the cause with its value, the mend, and an exit code."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the command line returns, for scripts and CI to test."""

    OK = 0
    USAGE = 1
    FINDINGS = 2
    DATABASE = 3


class ActivitySqlError(Exception):
    """Base of every error this package raises on purpose.

    `cause` says what is wrong and names the value; `mend` says what to do about it.
    """

    exit_code = ExitCode.USAGE

    def __init__(self, cause: str, *, mend: str | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.mend = mend


class UsageError(ActivitySqlError):
    """A setting, an argument or a source file is wrong (exit code 1)."""


class FindingsError(ActivitySqlError):
    """Lint findings, or a database that drifted from what was deployed (exit code 2)."""

    exit_code = ExitCode.FINDINGS


class DatabaseError(ActivitySqlError):
    """The database cannot be reached, is not a Directus database, or refused (exit code 3)."""

    exit_code = ExitCode.DATABASE
