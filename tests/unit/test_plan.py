"""Every case a plan tells apart."""

from activity_sql.plan import DatabaseState, LedgerEntry, Plan, make_plan
from activity_sql.render import Definition, checksum
from activity_sql.sources import Migration

FIRST = Migration("0001_create_a", "migrations/0001_create_a.sql", "CREATE", "DROP")
SECOND = Migration("0002_create_b", "migrations/0002_create_b.sql", "CREATE", "DROP")
FUNCTION = Definition("function", "f", "sql/functions/f.sql", "CREATE FUNCTION", frozenset())
INDEX = Definition("index", "i", "sql/indexes/i.sql", "CREATE INDEX", frozenset())


def state_entry(migration: Migration, text: str | None = None) -> LedgerEntry:
    return LedgerEntry(
        migration.name,
        "state",
        migration.name,
        checksum(text or migration.text),
        None,
        15,
        migration.text,
    )


def function_entry(fingerprint: str = "same", sql: str = FUNCTION.sql, major: int = 15):
    return LedgerEntry(
        FUNCTION.object, "definition", "function.f.0", checksum(sql), fingerprint, major, sql
    )


def plan(
    *entries: LedgerEntry,
    migrations: tuple[Migration, ...] = (FIRST,),
    definitions: tuple[Definition, ...] = (FUNCTION,),
    fingerprints: dict[str, str] | None = None,
    repair: bool = False,
    **state: object,
) -> Plan:
    return make_plan(
        migrations,
        definitions,
        DatabaseState(
            server_major=15,
            ledger={entry.object: entry for entry in entries},
            fingerprints={FUNCTION.object: "same"} if fingerprints is None else fingerprints,
            **state,
        ),
        repair=repair,
    )


def actions(made: Plan) -> list[tuple[str, str]]:
    return [(step.action, step.object) for step in made.steps]


def causes(made: Plan) -> str:
    assert all(refusal.mend for refusal in made.refusals)
    return " / ".join(f"{refusal.object} {refusal.cause}" for refusal in made.refusals)


def test_everything_is_new() -> None:
    made = plan(definitions=(FUNCTION, INDEX), fingerprints={})
    assert actions(made) == [
        ("apply", "0001_create_a"),
        ("create", "function f"),
        ("build", "index i"),
    ]
    assert made.unchanged == 0


def test_nothing_to_do() -> None:
    made = plan(
        state_entry(FIRST),
        function_entry(),
        definitions=(FUNCTION, INDEX),
        equal_indexes={"i": "their_index"},
    )
    assert made.is_empty
    assert made.unchanged == 3


def test_edited_migration() -> None:
    assert "was edited" in causes(plan(state_entry(FIRST, "other"), function_entry()))


def test_late_lower_number() -> None:
    made = plan(state_entry(SECOND), function_entry(), migrations=(FIRST, SECOND))
    assert causes(made) == f"{FIRST.path} comes before 0002_create_b, which is applied already"


def test_renamed_or_removed_migration() -> None:
    made = plan(state_entry(FIRST), state_entry(SECOND), function_entry())
    assert "0002_create_b.sql is applied here but not among the sources" in causes(made)


def test_changed_text_replaces() -> None:
    made = plan(state_entry(FIRST), function_entry(sql="older"))
    assert actions(made) == [("replace", "function f")]


def test_drift_is_refused_even_when_the_text_changed() -> None:
    for sql in (FUNCTION.sql, "older"):
        made = plan(state_entry(FIRST), function_entry(fingerprint="other", sql=sql))
        assert "changed by hand" in causes(made)
        assert not made.steps


def test_dropped_by_hand() -> None:
    made = plan(state_entry(FIRST), function_entry(), fingerprints={})
    assert "dropped by hand" in causes(made)


def test_repair_restores() -> None:
    made = plan(state_entry(FIRST), function_entry(fingerprint="other"), repair=True)
    assert actions(made) == [("restore", "function f")]


def test_another_major_version_is_no_drift() -> None:
    assert plan(state_entry(FIRST), function_entry(fingerprint="other", major=14)).is_empty


def test_orphan_is_dropped() -> None:
    made = plan(state_entry(FIRST), function_entry(), definitions=())
    assert actions(made) == [("drop", "function f")]


def test_a_stranger_of_our_name_is_refused() -> None:
    assert "was not deployed by this tool" in causes(plan(state_entry(FIRST)))


def test_interrupted_index_is_built_again() -> None:
    made = plan(
        state_entry(FIRST),
        function_entry(),
        definitions=(FUNCTION, INDEX),
        broken_indexes=frozenset({"i"}),
    )
    assert actions(made) == [("build", "index i")]
    assert "invalid" in made.steps[0].reason
