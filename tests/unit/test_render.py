"""Templates become SQL, and nothing goes into SQL unquoted."""

import os
from pathlib import Path

import pglast
import pytest
from hypothesis import given
from hypothesis import strategies as st

from activity_sql.errors import UsageError
from activity_sql.release import load_release
from activity_sql.render import quote_identifier, quote_literal, render
from activity_sql.settings import Settings
from activity_sql.sources import Template
from activity_sql.statements import function_header

GOLDEN = Path(__file__).parent / "golden"
REWRITE = "ACTIVITY_SQL_REWRITE_GOLDEN"
RELEASE = load_release(Settings(directus_schema='Direct"us'))


def one(text: str, schema: str = "public") -> str:
    (definition,) = render(
        (Template("function", "f", "sql/functions/f.sql", text),), Settings(directus_schema=schema)
    )
    return definition.sql


@pytest.mark.parametrize("name", ["get_ip_activity_stats", "directus_activity_timestamp_index"])
def test_golden(name: str) -> None:
    (definition,) = (one for one in RELEASE.definitions if one.name == name)
    golden = GOLDEN / f"{definition.name}.sql"
    if os.environ.get(REWRITE):
        golden.write_text(definition.sql)
    assert golden.read_text() == definition.sql, f"look at it, then {REWRITE}=1 rewrites it"


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1))
def test_identifier_and_literal_survive_the_parser(text: str) -> None:
    sql = f"SELECT {quote_literal(text)} AS {quote_identifier(text)}"
    (target,) = pglast.parse_sql(sql)[0].stmt.targetList
    assert target.val.val.sval == text
    # The grammar cuts identifiers at 63 bytes.
    assert text.startswith(target.name)


def test_filters() -> None:
    assert one("{{ 'a\"b' | ident }} {{ \"it's\" | literal }}") == "\"a\"\"b\" 'it''s'"
    assert one("{{ directus }}.t", schema='x"y') == '"x""y".t'


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("SELECT {{ nothing }}", "'nothing' is undefined"),
        ("SELECT {{ directus.nothing }}", "nothing"),
        ("SELECT {{ 'raw' }}", "'raw'"),
        ("SELECT {{ 1 }}", "1"),
        ("SELECT 1;\n{% if %}", "f.sql:2"),
        ("SELECT '{{1,2}}'", "f.sql"),
    ],
)
def test_a_template_that_cannot_be_right_is_refused(text: str, named: str) -> None:
    with pytest.raises(UsageError) as raised:
        one(text)
    assert named in raised.value.cause
    assert raised.value.mend


def test_definitions_come_after_what_their_statements_name() -> None:
    """What a string body names is resolved when it is called, and orders nothing."""
    texts = {
        "a": "CREATE FUNCTION s.a() RETURNS integer LANGUAGE sql RETURN s.b()",
        "b": "CREATE FUNCTION s.b() RETURNS integer LANGUAGE sql RETURN s.c()",
        "c": "CREATE FUNCTION s.c() RETURNS integer LANGUAGE sql AS $$ SELECT s.a() $$",
    }
    templates = tuple(Template("function", name, name, text) for name, text in texts.items())
    assert [item.name for item in render(templates, Settings())] == ["c", "b", "a"]


def test_definitions_that_need_each_other_are_refused() -> None:
    templates = tuple(
        Template("view", name, name, f"CREATE VIEW s.{name} AS SELECT FROM s.{other}")
        for name, other in (("a", "b"), ("b", "a"))
    )
    with pytest.raises(UsageError, match="need each other"):
        render(templates, Settings())


def test_id_carries_the_text() -> None:
    before = RELEASE.definitions[0]
    after = load_release(Settings(directus_schema="another")).definitions
    unchanged = {definition.name: definition.migration_id for definition in after}
    assert before.migration_id.startswith(f"{before.kind}.{before.name}.")
    assert unchanged["risk_level"] in {item.migration_id for item in RELEASE.definitions}
    assert unchanged["get_ip_activity_stats"] not in {
        item.migration_id for item in RELEASE.definitions
    }


def test_header_is_arguments_and_result() -> None:
    text = "CREATE FUNCTION a.f(p_a int DEFAULT 1) RETURNS {} LANGUAGE sql AS $$ SELECT {} $$"
    assert function_header(text.format("int", 1)) == function_header(text.format("int", 2))
    assert function_header(text.format("int", 1)) != function_header(text.format("text", 1))
    assert function_header(text.format("int", 1)) != function_header(
        text.format("int", 1).replace("DEFAULT 1", "")
    )
