"""What a deploy would do: sources against what is recorded and what the catalog shows. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Literal

from activity_sql.render import Definition, checksum
from activity_sql.sources import Migration
from activity_sql.statements import function_header, index_notes, index_shape, names_used

# Ours only until Directus 11 makes it: it stays.
DIRECTUS_INDEX = "directus_activity_timestamp_index"
# Below it a BRIN index on the time reads most of the table.
_ORDERLY = 0.9

Action = Literal["apply", "create", "adopt", "replace", "restore", "drop", "build"]


@dataclass(frozen=True)
class LedgerEntry:
    """One row of activity_sql.ledger."""

    object: str
    schema: str | None
    lane: str
    migration_id: str
    checksum: str
    source: str
    rollback_source: str | None
    fingerprint: str | None
    server_major: int

    @property
    def name(self) -> str:
        return self.object.split(" ", 1)[-1]


@dataclass(frozen=True)
class DatabaseState:
    """What a plan is made against.

    `fingerprints` maps an object to what the catalog shows now; a missing key is a missing
    object. `published` holds the objects that the published script made. `equal_indexes` maps an
    index definition's name to the valid index that already does its work, `broken_indexes` holds
    the names of invalid leftovers, `built_indexes` maps those that we built to their ids in
    yoyo's list. `correlation` is that of "timestamp" with the physical order, where it is known.
    """

    server_major: int
    ledger: Mapping[str, LedgerEntry] = field(default_factory=dict)
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    published: frozenset[str] = frozenset()
    equal_indexes: Mapping[str, str] = field(default_factory=dict)
    broken_indexes: frozenset[str] = frozenset()
    built_indexes: Mapping[str, str] = field(default_factory=dict)
    correlation: float | None = None


@dataclass(frozen=True)
class Step:
    """One change: what is done to which object, and why.

    `drop_first` says that what is there must go before the new one can come; `notes`
    are what the source says of gain and cost.
    """

    action: Action
    object: str
    reason: str
    drop_first: bool = False
    notes: tuple[str, ...] = ()


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
    touched = sum(step.action != "drop" for step in steps)
    unchanged = len(migrations) + len(definitions) - touched
    return Plan(tuple(steps), tuple(refusals), unchanged)


def drop_order(entries: Iterable[LedgerEntry]) -> list[LedgerEntry]:
    """Recorded definitions, each before what it depends on."""
    by_name = {entry.name: entry for entry in entries}
    graph = {
        name: (names_used(entry.source) & by_name.keys()) - {name}
        for name, entry in by_name.items()
    }
    return [by_name[name] for name in reversed([*TopologicalSorter(graph).static_order()])]


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
        elif not _is_applied(migration, entry):
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


def _is_applied(migration: Migration, entry: LedgerEntry) -> bool:
    """The same text, or both are texts that were released."""
    text = checksum(migration.text)
    return entry.checksum == text or {entry.checksum, text} <= migration.released


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
    wanted = {item.object: item for item in definitions if item.kind != "index"}
    found: dict[str, Step] = {}
    for name, definition in wanted.items():
        verdict = _judge(definition, recorded.get(name), state, repair=repair)
        if isinstance(verdict, Refusal):
            refusals.append(verdict)
        elif verdict:
            found[name] = verdict
    for name in recorded.keys() - wanted.keys():
        found[name] = Step("drop", name, "no longer among the sources", drop_first=True)
    _add_dependents(found, wanted, recorded)
    steps += [found[name] for name in wanted if name in found]
    steps += [found[name] for name in sorted(found.keys() - wanted.keys())]


def _judge(
    definition: Definition, entry: LedgerEntry | None, state: DatabaseState, *, repair: bool
) -> Step | Refusal | None:
    name = definition.object
    actual = state.fingerprints.get(name)
    if entry is None:
        if actual is None:
            return Step("create", name, "new")
        if name in state.published:
            return Step("adopt", name, "made by the published script", drop_first=True)
        return Refusal(
            name,
            "is there already and was not deployed by this tool",
            "Rename or drop it, then run this again.",
        )
    if drift := _drift(entry, actual, state.server_major):
        if repair:
            return Step("restore", name, drift, drop_first=True)
        return Refusal(
            name,
            drift,
            f"Put the change into {definition.path}, or run with --repair to restore what was "
            "deployed.",
        )
    if entry.checksum == definition.checksum:
        return None
    same_header = definition.kind == "function" and (
        function_header(entry.source) == function_header(definition.sql)
    )
    return Step("replace", name, "its text changed", drop_first=not same_header)


def _drift(entry: LedgerEntry, actual: str | None, server_major: int) -> str | None:
    if actual is None:
        return "was dropped by hand"
    # Another major version prints the same object differently.
    if entry.server_major == server_major and entry.fingerprint != actual:
        return "was changed by hand (body, owner, grants or comment)"
    return None


def _add_dependents(
    found: dict[str, Step],
    wanted: Mapping[str, Definition],
    recorded: Mapping[str, LedgerEntry],
) -> None:
    """What depends on an object that must go first has to go with it, and come again."""
    dropped = {name.split(" ", 1)[1] for name, step in found.items() if step.drop_first}
    grew = bool(dropped)
    while grew:
        grew = False
        for name, entry in recorded.items():
            step = found.get(name)
            needed = names_used(entry.source) & dropped - {entry.name}
            if name in wanted and needed and not (step and step.drop_first):
                reason = step.reason if step else f"depends on {min(needed)}"
                found[name] = Step(
                    step.action if step else "replace", name, reason, drop_first=True
                )
                dropped.add(entry.name)
                grew = True


def _plan_indexes(
    definitions: tuple[Definition, ...], state: DatabaseState, steps: list[Step]
) -> None:
    wanted = {item.name: item for item in definitions if item.kind == "index"}
    for name, definition in wanted.items():
        if name in state.equal_indexes or _is_useless(definition, state):
            continue
        broken = name in state.broken_indexes
        reason = "an interrupted build left it invalid" if broken else "Directus has none"
        steps.append(Step("build", definition.object, reason, notes=index_notes(definition.sql)))
    steps += [
        Step("drop", f"index {name}", "its profile is not the wanted one")
        for name in state.built_indexes
        if name not in wanted and name != DIRECTUS_INDEX
    ]


def _is_useless(definition: Definition, state: DatabaseState) -> bool:
    """A BRIN index where the rows do not lie in the order of their time."""
    correlation = 1.0 if state.correlation is None else abs(state.correlation)
    return index_shape(definition.sql).method == "brin" and correlation < _ORDERLY
