"""What lies on disk, and that every object stands in exactly one file and one lane."""

from collections import Counter
from pathlib import Path

import pytest
from pglast import parse_sql

from activity_sql.errors import UsageError
from activity_sql.lint.objects import created
from activity_sql.release import load_release
from activity_sql.settings import Settings
from activity_sql.sources import read_sources


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path, "migrations/0001_create_a.sql", "migrations/0001_create_a.rollback.sql")
    write(tmp_path, "sql/functions/stats/f.sql", "sql/indexes/i.sql", "sql/queries/q.sql")
    return tmp_path


def write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("SELECT 1;")


def test_folders_say_the_kind_and_queries_are_not_deployed(root: Path) -> None:
    sources = read_sources(root)
    assert [(item.kind, item.name) for item in sources.templates] == [
        ("function", "f"),
        ("index", "i"),
    ]
    assert [(item.number, item.name) for item in sources.migrations] == [(1, "0001_create_a")]


def test_a_migration_knows_the_texts_it_was_released_with(root: Path) -> None:
    write(root, "migrations/0002_create_b.sql", "migrations/0002_create_b.rollback.sql")
    first_text, amended, other = ("a" * 64, "b" * 64, "c" * 64)
    lines = [
        "# 0.1.0",
        f"{first_text}  0001_create_a.sql",
        f"{other}  0001_create_a.rollback.sql",
        "",
        f"{amended}  0001_create_a.sql",
    ]
    (root / "migrations/released.txt").write_text("\n".join(lines))
    first, second = read_sources(root).migrations
    assert first.released == {first_text, amended}
    assert second.released == frozenset()


def test_a_line_of_released_that_is_none_is_named(root: Path) -> None:
    (root / "migrations/released.txt").write_text("# 0.1.0\n<<<<<<< ours\n")
    with pytest.raises(UsageError, match="no checksum and file name: <<<<<<< ours") as raised:
        read_sources(root)
    assert raised.value.mend


@pytest.mark.parametrize(
    ("names", "cause"),
    [
        (["sql/triggers/t.sql"], "folder of no known kind"),
        (["sql/functions/rollup/f.sql"], "define the same name"),
        (["migrations/2_b.sql"], "not named NNNN_verb_object.sql"),
        (["migrations/0002_create_b.sql"], "has no rollback"),
        (
            ["migrations/0001_create_b.sql", "migrations/0001_create_b.rollback.sql"],
            "have the same number",
        ),
    ],
)
def test_what_cannot_be_right_is_named(root: Path, names: list[str], cause: str) -> None:
    write(root, *names)
    with pytest.raises(UsageError, match=cause) as raised:
        read_sources(root)
    assert raised.value.mend


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        read_sources(tmp_path)


def test_every_object_stands_in_one_file_and_one_lane() -> None:
    release = load_release(Settings())
    texts = [migration.text for migration in release.migrations]
    texts += [definition.sql for definition in release.definitions]
    objects = [created(raw.stmt) for text in texts for raw in parse_sql(text)]
    names = Counter(item.name for item in objects if item)
    assert names
    assert [name for name, count in names.items() if count > 1] == []
