"""What a deploy would do: sources against what is recorded and what the catalog shows. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from activity_sql.render import Definition, checksum
from activity_sql.sources import Migration

Action = Literal["apply", "create", "replace", "restore", "drop", "build"]


@dataclass(frozen=True)
class LedgerEntry:
    """One row of activity_sql.ledger."""

    object: str
    lane: str
    migration_id: str
    checksum: str
    fingerprint: str | None
    server_major: int
    source: str


@dataclass(frozen=True)
class DatabaseState:
    """What a plan is made against.

    `fingerprints` maps an object to what the catalog shows now; a missing key is a missing
    object. `equal_indexes` maps an index definition's name to the valid index that already
    does its work, `broken_indexes` holds the names of invalid leftovers.
    """

    server_major: int
    ledger: Mapping[str, LedgerEntry] = field(default_factory=dict)
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    equal_indexes: Mapping[str, str] = field(default_factory=dict)
    broken_indexes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Step:
    """One change: what is done to which object, and why."""

    action: Action
    object: str
    reason: str


@dataclass(frozen=True)
class Refusal:
    """Why a deploy would stop, and what to do about it."""

    object: str
    cause: str
    mend: str


@dataclass(frozen=True)
class Plan:
    """The steps in the order of their lanes, or the refusals that stand before them."""

    steps: tuple[Step, ...]
    refusals: tuple[Refusal, ...]
    unchanged: int

    @property
    def is_empty(self) -> bool:
        return not self.steps and not self.refusals


def make_plan(
    migrations: tuple[Migration, ...],
    definitions: tuple[Definition, ...],
    state: DatabaseState,
    *,
    repair: bool = False,
) -> Plan:
    """Compare; with `repair`, what was changed by hand is restored instead of refused."""
    steps: list[Step] = []
    refusals: list[Refusal] = []
    _plan_state(migrations, state, steps, refusals)
    _plan_definitions(definitions, state, steps, refusals, repair=repair)
    _plan_indexes(definitions, state, steps)
    total = len(migrations) + len(definitions)
    touched = sum(step.action != "drop" for step in steps)
    return Plan(tuple(steps), tuple(refusals), unchanged=total - touched)


def _plan_state(
    migrations: tuple[Migration, ...],
    state: DatabaseState,
    steps: list[Step],
    refusals: list[Refusal],
) -> None:
    applied = {entry.object: entry for entry in state.ledger.values() if entry.lane == "state"}
    latest = max(applied, default="")
    for migration in migrations:
        entry = applied.pop(migration.name, None)
        if entry is None and migration.name < latest:
            refusals.append(
                Refusal(
                    migration.path,
                    f"comes before {latest}, which is applied already",
                    "Give it the next free number.",
                )
            )
        elif entry is None:
            steps.append(Step("apply", migration.name, "new"))
        elif entry.checksum != checksum(migration.text):
            refusals.append(
                Refusal(
                    migration.path,
                    "was edited after it was applied here",
                    "Put the applied text back (activity_sql.ledger.source has it) and write a "
                    "new migration for the change.",
                )
            )
    for name in applied:
        refusals.append(
            Refusal(
                f"migrations/{name}.sql",
                "is applied here but not among the sources",
                "Restore the file, or deploy with the version that has it.",
            )
        )


def _plan_definitions(
    definitions: tuple[Definition, ...],
    state: DatabaseState,
    steps: list[Step],
    refusals: list[Refusal],
    *,
    repair: bool,
) -> None:
    recorded = {
        entry.object: entry for entry in state.ledger.values() if entry.lane == "definition"
    }
    for definition in definitions:
        if definition.kind == "index":
            continue
        name = definition.object
        entry = recorded.pop(name, None)
        actual = state.fingerprints.get(name)
        drift = entry and _drift(entry, actual, state.server_major)
        if entry is None and actual is not None:
            refusals.append(
                Refusal(
                    name,
                    "is there already and was not deployed by this tool",
                    "Rename or drop it, then run this again.",
                )
            )
        elif entry is None:
            steps.append(Step("create", name, "new"))
        elif drift and not repair:
            refusals.append(
                Refusal(
                    name,
                    drift,
                    f"Put the change into {definition.path}, or run with --repair to restore "
                    "what was deployed.",
                )
            )
        elif drift:
            steps.append(Step("restore", name, drift))
        elif entry.checksum != definition.checksum:
            steps.append(Step("replace", name, "its text changed"))
    for name in sorted(recorded):
        steps.append(Step("drop", name, "no longer among the sources"))


def _drift(entry: LedgerEntry, actual: str | None, server_major: int) -> str | None:
    if actual is None:
        return "was dropped by hand"
    # Another major version prints the same object differently.
    if entry.server_major == server_major and entry.fingerprint != actual:
        return "was changed by hand (body, owner, grants or comment)"
    return None


def _plan_indexes(
    definitions: tuple[Definition, ...], state: DatabaseState, steps: list[Step]
) -> None:
    for definition in definitions:
        if definition.kind == "index" and definition.name not in state.equal_indexes:
            broken = definition.name in state.broken_indexes
            reason = "an interrupted build left it invalid" if broken else "Directus has none"
            steps.append(Step("build", definition.object, reason))
