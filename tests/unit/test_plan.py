"""Every case a plan tells apart."""

from dataclasses import replace

from activity_sql.plan import DatabaseState, LedgerEntry, Plan, Step, drop_order, make_plan
from activity_sql.render import Definition, checksum
from activity_sql.sources import Migration

FIRST = Migration("0001_create_a", "migrations/0001_create_a.sql", "CREATE", "DROP")
SECOND = Migration("0002_create_b", "migrations/0002_create_b.sql", "CREATE", "DROP")
BODY = "CREATE FUNCTION s.f() RETURNS integer LANGUAGE sql RETURN {}"
FUNCTION = Definition("function", "f", "sql/functions/f.sql", BODY.format(1))
OLDER = BODY.format(0)
INDEX = Definition("index", "i", "sql/indexes/i.sql", "CREATE INDEX i ON t (c)")


def entry(
    name: str, lane: str, text: str, fingerprint: str | None = None, major: int = 15
) -> LedgerEntry:
    return LedgerEntry(
        object=name,
        schema="s" if lane == "definition" else None,
        lane=lane,
        migration_id=name,
        checksum=checksum(text),
        source=text,
        rollback_source=None,
        fingerprint=fingerprint,
        server_major=major,
    )


def state_entry(migration: Migration, text: str | None = None) -> LedgerEntry:
    return entry(migration.name, "state", text or migration.text)


def function_entry(
    fingerprint: str = "same", sql: str = FUNCTION.sql, major: int = 15
) -> LedgerEntry:
    return entry(FUNCTION.object, "definition", sql, fingerprint, major)


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


def test_a_migration_amended_after_its_release() -> None:
    texts = frozenset({checksum("as released"), checksum(FIRST.text)})
    amended = replace(FIRST, released=texts)
    before = state_entry(FIRST, "as released")
    assert plan(before, function_entry(), migrations=(amended,)).is_empty
    edited = replace(amended, text="edited here")
    for entries, migration in (
        ((state_entry(FIRST, "other"), function_entry()), amended),
        ((before, function_entry()), edited),
        ((state_entry(FIRST), function_entry()), edited),
    ):
        assert "was edited" in causes(plan(*entries, migrations=(migration,)))


def test_late_lower_number() -> None:
    made = plan(state_entry(SECOND), function_entry(), migrations=(FIRST, SECOND))
    assert causes(made) == f"{FIRST.path} comes before 0002_create_b, which is applied already"


def test_renamed_or_removed_migration() -> None:
    made = plan(state_entry(FIRST), state_entry(SECOND), function_entry())
    assert "0002_create_b.sql is applied here but not among the sources" in causes(made)


def test_changed_text_replaces() -> None:
    made = plan(state_entry(FIRST), function_entry(sql=OLDER))
    assert made.steps == (Step("replace", "function f", "its text changed", drop_first=False),)


def test_another_header_must_go_first() -> None:
    made = plan(state_entry(FIRST), function_entry(sql=OLDER.replace("f()", "f(p_a text)")))
    assert made.steps == (Step("replace", "function f", "its text changed", drop_first=True),)


def test_what_depends_on_what_goes_first_goes_with_it() -> None:
    """g calls f in an SQL-standard body, so PostgreSQL would refuse to drop f alone."""
    view = "CREATE VIEW s.v AS SELECT s.g()"
    caller = "CREATE FUNCTION s.g() RETURNS integer LANGUAGE sql RETURN s.f()"
    made = plan(
        state_entry(FIRST),
        function_entry(sql=OLDER.replace("f()", "f(p_a text)")),
        entry("function g", "definition", caller, "same"),
        entry("view v", "definition", view, "same"),
        definitions=(
            FUNCTION,
            Definition("function", "g", "sql/functions/g.sql", caller),
            Definition("view", "v", "sql/views/v.sql", view),
        ),
        fingerprints={"function f": "same", "function g": "same", "view v": "same"},
    )
    assert made.steps == (
        Step("replace", "function f", "its text changed", drop_first=True),
        Step("replace", "function g", "depends on f", drop_first=True),
        Step("replace", "view v", "depends on g", drop_first=True),
    )


def test_dependents_are_dropped_first() -> None:
    caller = entry("function g", "definition", "CREATE FUNCTION s.g() RETURN s.f()")
    view = entry("view v", "definition", "CREATE VIEW s.v AS SELECT s.g()")
    order = drop_order([function_entry(), view, caller])
    assert [item.name for item in order] == ["v", "g", "f"]


def test_an_object_of_the_published_script_is_adopted() -> None:
    made = plan(state_entry(FIRST), published=frozenset({"function f"}))
    assert made.steps == (
        Step("adopt", "function f", "made by the published script", drop_first=True),
    )


def test_drift_is_refused_even_when_the_text_changed() -> None:
    for sql in (FUNCTION.sql, OLDER):
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
