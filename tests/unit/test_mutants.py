"""Each seeded fault has its place in the sources, though all are planted by `make mutants` only."""

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_each_mutant_fits_the_sources_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "tests/mutants")
    mutants = importlib.import_module("run").MUTANTS
    assert mutants
    found = {each.name: (ROOT / "sql" / each.file).read_text().count(each.old) for each in mutants}
    assert {name: count for name, count in found.items() if count != 1} == {}
    assert len(found) == len(mutants), "two of one name"
