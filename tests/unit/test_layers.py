"""The arrows between the modules, read from their imports."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "activity_sql"
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path
    for path in PACKAGE.rglob("*.py")
}
ONLY_IMPORTER = {"psycopg": "activity_sql.db", "yoyo": "activity_sql.migrate"}
# No database in these: they are tested in milliseconds.
PURE = ["errors", "settings", "sources", "render", "plan", "release", "lint", "jobs", "generate"]


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize(("library", "importer"), ONLY_IMPORTER.items())
def test_one_module_knows_the_library(library: str, importer: str) -> None:
    users = {
        name
        for name, path in MODULES.items()
        if any(module.split(".")[0] == library for module in imports(path))
    }
    assert users == {importer}


def test_nothing_imports_the_command_line() -> None:
    for name, path in MODULES.items():
        assert name == "activity_sql.cli" or "activity_sql.cli" not in imports(path), name


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_reach_no_database(name: str) -> None:
    reached, todo = (
        set(),
        [module for module in MODULES if module.startswith(f"activity_sql.{name}")],
    )
    assert todo
    while todo:
        module = todo.pop()
        if module in reached:
            continue
        reached.add(module)
        todo += [found for found in imports(MODULES[module]) if found in MODULES]
    assert not reached & {"activity_sql.db", "activity_sql.migrate", "activity_sql.catalog"}
