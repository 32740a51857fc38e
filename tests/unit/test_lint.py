"""The linter, by the samples in lint_samples/<rule>/.

A sample begins with `-- path: <path of the file>`; one more such line begins one more file.
A path under migrations/ makes it a migration. `-- finding` ends each line that is found.
"""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activity_sql.lint import RULES, Finding, SqlFile, lint
from activity_sql.lint.source import read

SAMPLES = Path(__file__).parent / "lint_samples"
DOCS = Path(__file__).parents[2] / "docs" / "lint.md"
IDS = [rule.id for rule in RULES]
GOOD = sorted(SAMPLES.glob("*/good*.sql"))
BAD = sorted(SAMPLES.glob("*/bad*.sql"))


def files_of(sample: Path) -> list[SqlFile]:
    parts = re.split(r"^(?=-- path: )", sample.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert parts[0] == "", f"{sample} does not begin with its path"
    return [sql_file(part.split()[2], part) for part in parts[1:]]


def sql_file(path: str, text: str) -> SqlFile:
    lane = "migration" if path.startswith("migrations/") else "definition"
    return SqlFile(path, text, lane)


def migration(text: str) -> list[Finding]:
    return lint([SqlFile("migrations/0001_fill_hours.sql", text, "migration")])


def sample_id(sample: Path) -> str:
    return f"{sample.parent.name}/{sample.stem}"


@pytest.mark.parametrize("sample", BAD, ids=sample_id)
def test_bad_sample_breaks_its_rule_on_the_marked_lines(sample: Path) -> None:
    files = files_of(sample)
    marked = [
        (file.path, number, sample.parent.name)
        for file in files
        for number, line in enumerate(file.text.split("\n"), start=1)
        if line.endswith("-- finding")
    ]
    assert marked
    assert [(f.path, f.line, f.rule) for f in lint(files)] == sorted(marked)


@pytest.mark.parametrize("sample", GOOD, ids=sample_id)
def test_good_sample_has_no_finding(sample: Path) -> None:
    assert lint(files_of(sample)) == []


def test_every_rule_has_samples() -> None:
    assert sorted({sample.parent.name for sample in GOOD}) == sorted(IDS)
    assert sorted({sample.parent.name for sample in BAD}) == sorted(IDS)


def test_docs_list_exactly_the_rules() -> None:
    assert re.findall(r"^\| `([a-z-]+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE) == IDS


def test_findings_are_sorted_and_say_what_to_do() -> None:
    findings = lint(file for sample in reversed(BAD) for file in files_of(sample))
    assert findings == sorted(findings, key=lambda f: (f.path, f.line, f.rule))
    assert len({finding.rule for finding in findings}) == len(RULES)
    assert all(finding.message and finding.mend for finding in findings)


def test_a_waiver_holds_for_its_rule_and_its_file_only() -> None:
    waived = "-- lint: allow cascade: nobody builds on it\nDROP TABLE activity_sql.a CASCADE;"
    bare = "DROP TABLE activity_sql.a CASCADE;"
    findings = lint(
        [
            sql_file("migrations/0001_drop_a.sql", waived + "\nSELECT 1;"),
            sql_file("migrations/0002_drop_a.sql", bare),
        ]
    )
    assert [(f.path, f.rule) for f in findings] == [
        ("migrations/0001_drop_a.sql", "migration-scope"),
        ("migrations/0002_drop_a.sql", "cascade"),
    ]


@pytest.mark.parametrize("rule", ["waiver", "syntax"])
def test_neither_waivers_nor_syntax_errors_can_be_waived(rule: str) -> None:
    text = f"-- lint: allow {rule}: because I say so\n"
    broken = {"waiver": "-- lint: nonsense\n", "syntax": "SELECT FROM WHERE;"}[rule]
    assert rule in [finding.rule for finding in migration(text + broken)]


@pytest.mark.parametrize("text", ["SELECT '\ud800'", "SELECT '\0'"])
def test_text_that_postgresql_cannot_store_is_a_syntax_finding(text: str) -> None:
    assert [(f.rule, f.line) for f in migration("\n" + text)] == [("syntax", 2)]


FRAGMENTS = """
    BEGIN END; IF THEN ELSE LOOP CASE WHEN OTHERS EXCEPTION RAISE NOTICE USING ERRCODE = 'é' ; ;
    EXECUTE format( ) || INTO SELECT DISTINCT * , t. user "user" timestamp (3) WITH TIME ZONE
    DROP TRUNCATE CASCADE ON DELETE COMMIT AND CALL SECURITY DEFINER # VARIABLE_CONFLICT
"""
WRAPPERS = [
    "{}",
    "DO $do$ {} $do$",
    "DO LANGUAGE plpgsql $do${}$do$;",
    "CREATE FUNCTION f() RETURNS TABLE (a int) LANGUAGE plpgsql AS $f$ {} $f$;",
    "CREATE PROCEDURE f() LANGUAGE plpgsql SET search_path FROM CURRENT AS '{}';",
]


@given(
    text=st.text() | st.lists(st.sampled_from(FRAGMENTS.split())).map(" ".join),
    wrapper=st.sampled_from(WRAPPERS),
    path=st.sampled_from(["sql/functions/x/f.sql", "migrations/0001_fill_hours.sql", ""]),
)
@settings(max_examples=500, deadline=None)
def test_arbitrary_text_gives_findings_within_the_file(text: str, wrapper: str, path: str) -> None:
    file = sql_file(path, wrapper.format(text))
    lines = file.text.count("\n") + 1
    assert all(f.rule in IDS and 1 <= f.line <= lines for f in lint([file]))


GAPS = ["\n", " \t", "\r\n", "-- SELECT * FROM user;\n", "/* RAISE 'é😀'; /* $$ */ timestamp */"]


@given(data=st.data(), sample=st.sampled_from(GOOD))
@settings(deadline=None)
def test_space_and_comments_between_statements_change_nothing(
    data: st.DataObject, sample: Path
) -> None:
    spaced = []
    for file in files_of(sample):
        text = file.text
        for statement in reversed(read(file).statements):
            gap = "".join(data.draw(st.lists(st.sampled_from(GAPS), max_size=3)))
            text = text[: statement.offset] + gap + text[statement.offset :]
        spaced.append(SqlFile(file.path, text, file.lane))
    assert lint(spaced) == []
