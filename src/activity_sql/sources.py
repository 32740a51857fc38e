"""The SQL as it lies on disk: state migrations and definition templates."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activity_sql.errors import UsageError

# The folder under sql/ says what kind of object its files define.
KIND_OF_FOLDER = {
    "functions": "function",
    "views": "view",
    "published": "table",
    "indexes": "index",
}
# Measured by `activity-sql bench`; recorded as jobs; asked by `activity-sql doctor`.
_NOT_DEPLOYED = {"queries", "schedules", "checks"}
_HEADER = re.compile(r"\A/\*\n(?P<toml>.*?)\*/\n(?P<sql>.*)\Z", re.DOTALL)
_RELEASED = re.compile(r"(?P<digest>[0-9a-f]{64})  (?P<name>\S+)")
_MIGRATION_NAME = re.compile(r"(?P<number>\d{4})_[a-z0-9_]+")


@dataclass(frozen=True)
class Migration:
    """A state migration: what runs is what is read. `name` is the file's stem.

    `released` are the checksums of its texts as released: a database may have any of them.
    """

    name: str
    path: str
    text: str
    rollback: str
    released: frozenset[str] = frozenset()

    @property
    def number(self) -> int:
        return int(self.name[:4])


@dataclass(frozen=True)
class Template:
    """A definition before rendering. `name` is the object's name and the file's stem."""

    kind: str
    name: str
    path: str
    text: str


@dataclass(frozen=True)
class Sources:
    """Everything under migrations/ and sql/, in the order of the names."""

    migrations: tuple[Migration, ...]
    templates: tuple[Template, ...]


def source_root() -> Path:
    """The folder that holds sql/ and migrations/: in a wheel the package, else the repository."""
    package = Path(__file__).parent
    return package if (package / "sql").is_dir() else package.parent.parent


def read_sources(root: Path) -> Sources:
    """Read `root`/migrations and `root`/sql.

    Raises:
        UsageError: a folder is missing, a file lies where no kind is known, a migration is not
            named NNNN_verb_object.sql or has no rollback beside it, or a name stands twice.
    """
    for folder in (root / "migrations", root / "sql"):
        if not folder.is_dir():
            raise UsageError(
                f"{folder} is not a folder.", mend="Run from a checkout, or install the wheel."
            )
    return Sources(migrations=tuple(_read_migrations(root)), templates=tuple(read_templates(root)))


def _read_migrations(root: Path) -> list[Migration]:
    migrations: list[Migration] = []
    released = _read_released(root)
    for path in sorted((root / "migrations").glob("*.sql")):
        if path.name.endswith(".rollback.sql"):
            continue
        rollback = path.with_suffix(".rollback.sql")
        if not _MIGRATION_NAME.fullmatch(path.stem):
            raise UsageError(
                f"migrations/{path.name} is not named NNNN_verb_object.sql.", mend="Rename it."
            )
        if not rollback.is_file():
            raise UsageError(
                f"migrations/{path.name} has no rollback.", mend=f"Write {rollback.name} beside it."
            )
        migration = Migration(
            path.stem,
            f"migrations/{path.name}",
            _read(path),
            _read(rollback),
            frozenset(digest for digest, name in released if name == path.name),
        )
        if migrations and migrations[-1].number == migration.number:
            raise UsageError(
                f"{migrations[-1].path} and {migration.path} have the same number.",
                mend="Give the later one the next free number.",
            )
        migrations.append(migration)
    return migrations


def _read_released(root: Path) -> list[tuple[str, str]]:
    """Checksum and file name of every text that was ever released; none before the first."""
    path = root / "migrations" / "released.txt"
    lines = _read(path).splitlines() if path.is_file() else []
    released: list[tuple[str, str]] = []
    for line in lines:
        if match := _RELEASED.fullmatch(line):
            released.append((match["digest"], match["name"]))
        elif line and not line.startswith("#"):
            raise UsageError(
                f"migrations/released.txt has a line that is no checksum and file name: {line}",
                mend="Put back the line that was released.",
            )
    return released


def read_templates(root: Path) -> list[Template]:
    """The definitions under `root`/sql, in the order of their paths. Raises as `read_sources`."""
    templates: dict[str, Template] = {}
    for path in sorted((root / "sql").rglob("*.sql")):
        relative = path.relative_to(root)
        if relative.parts[1] in _NOT_DEPLOYED:
            continue
        kind = KIND_OF_FOLDER.get(relative.parts[1])
        if kind is None:
            raise UsageError(
                f"{relative} lies in a folder of no known kind.",
                mend=f"Move it under one of sql/{{{','.join(KIND_OF_FOLDER)}}}.",
            )
        if path.stem in templates:
            raise UsageError(
                f"{templates[path.stem].path} and {relative} define the same name.",
                mend="One object stands in one file: merge or rename.",
            )
        templates[path.stem] = Template(kind, path.stem, str(relative), _read(path))
    return list(templates.values())


def read_headed(path: Path, shown: str) -> tuple[dict[str, Any], str]:
    """The header of a query or a job, TOML in its first comment, and the template below it.

    Raises:
        UsageError: `shown` has no header, or the header is no TOML.
    """
    match = _HEADER.match(_read(path))
    if match is None:
        raise UsageError(
            f"{shown} does not begin with a header.", mend="Begin it with /*, TOML, and */."
        )
    try:
        return tomllib.loads(match["toml"]), match["sql"]
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{shown}: the header is no TOML: {error}.", mend="Correct it.") from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.", mend="Make it UTF-8 text.") from error
