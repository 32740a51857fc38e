"""sql/queries/*.sql: a question, its parameters, and what it may cost. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from activity_sql.errors import UsageError
from activity_sql.render import render_text
from activity_sql.settings import Settings
from activity_sql.sources import read_headed


@dataclass(frozen=True)
class Budget:
    """What a query may cost at one size; None is no limit.

    `no_seq_scan_on` and `indexes` name tables and indexes, `partitions` the only partitions by
    month that may be read. `shared_buffers` and `temp_blocks` are
    blocks of 8 kB, buffers with a tolerance of a tenth. `rows_removed` by filters, `estimate_error`
    the worst factor between rows expected and seen in a node of at least 100 rows. `time_ratio` is
    the median time in calibration units (see `measure.CALIBRATION`).
    """

    no_seq_scan_on: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    shared_buffers: int | None = None
    temp_blocks: int | None = None
    rows_removed: int | None = None
    estimate_error: float | None = None
    time_ratio: float | None = None
    partitions: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Query:
    """A measured query. `question` is what a person asks; `budgets` holds limits by profile."""

    name: str
    path: str
    question: str
    parameters: Mapping[str, Any]
    budgets: Mapping[str, Mapping[str, Any]]
    template: str

    def budget(self, profile: str, major: int) -> Budget:
        """The limits at a size on a major version of PostgreSQL: buffers differ between them."""
        limits: dict[str, Any] = dict(self.budgets.get(profile, {}))
        if isinstance(by_major := limits.get("shared_buffers"), dict):
            limits["shared_buffers"] = by_major.get(str(major), max(by_major.values()))
        for limit in limits.keys() & {"no_seq_scan_on", "indexes", "partitions"}:
            limits[limit] = None if limits[limit] is None else tuple(limits[limit])
        return Budget(**limits)

    def sql(self, settings: Settings, as_of: str) -> str:
        """The statement for one Directus, asked as of a fixed moment."""
        variables = {name: str(value) for name, value in self.parameters.items()}
        return render_text(self.template, self.path, settings, variables | {"as_of": as_of})


def read_queries(root: Path) -> tuple[Query, ...]:
    """Every query under `root`/sql/queries, by name.

    Raises:
        UsageError: a header is missing, is no TOML, or names an unknown limit.
    """
    return tuple(_read(path, root) for path in sorted((root / "sql" / "queries").glob("*.sql")))


def _read(path: Path, root: Path) -> Query:
    shown = str(path.relative_to(root))
    header, template = read_headed(path, shown)
    known = {field.name for field in fields(Budget)}
    budgets = header.get("budget", {})
    if unknown := {limit for limits in budgets.values() for limit in limits} - known:
        raise UsageError(
            f"{shown}: unknown limits {', '.join(sorted(unknown))}.",
            mend=f"Known: {', '.join(sorted(known))}.",
        )
    return Query(
        name=path.stem,
        path=shown,
        question=str(header.get("question", "")),
        parameters=header.get("parameters", {}),
        budgets=budgets,
        template=template,
    )
