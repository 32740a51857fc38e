"""Plant one fault after the other in a copy of the sources; each has to make a test fail.

    python tests/mutants/run.py [part of a name ...]

Exits 1 where a fault survives, does not deploy, or no longer fits the sources; and where the
tests fail without any.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from functions import FUNCTIONS
from mutant import Mutant
from rollups import ROLLUPS
from views import VIEWS

MUTANTS = [*FUNCTIONS, *VIEWS, *ROLLUPS]
ROOT = Path(__file__).parents[2]
COPIED = ("sql", "migrations", "src", "tests", "docs", "pyproject.toml")
SECONDS = 900


def copy_sources(folder: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)


def run_tests(folder: Path, tests: tuple[str, ...]) -> str:
    """passed, failed, or what else became of it."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=no", "-p", "no:cacheprovider"]
    environment = {"PYTHONPATH": str(folder / "src"), "ACTIVITY_SQL_ROLLUP_PROFILE": "mutants"}
    try:
        done = subprocess.run(
            [*command, *tests],
            cwd=folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"still running after {SECONDS} s"
    last = done.stdout.strip().splitlines()[-1] if done.stdout else done.stderr
    if done.returncode == 0:
        return "passed"
    return "failed" if " failed" in last and " error" not in last else last


def all_tests(mutants: list[Mutant]) -> tuple[str, ...]:
    return tuple(sorted({test for mutant in mutants for test in mutant.tests}))


def try_mutant(mutant: Mutant, folder: Path) -> str:
    path = folder / "sql" / mutant.file
    source = path.read_text() if path.exists() else ""
    if source.count(mutant.old) != 1:
        return f"its text occurs {source.count(mutant.old)} times in {mutant.file}"
    path.write_text(source.replace(mutant.old, mutant.new))
    try:
        outcome = run_tests(folder, mutant.tests)
    finally:
        path.write_text(source)
    return {"failed": "killed", "passed": "SURVIVED"}.get(outcome, outcome)


def main(names: list[str]) -> int:
    chosen = [
        mutant for mutant in MUTANTS if not names or any(name in mutant.name for name in names)
    ]
    with tempfile.TemporaryDirectory(prefix="activity-sql-mutants-") as temporary:
        folder = Path(temporary)
        copy_sources(folder)
        started = time.monotonic()
        outcome = run_tests(folder, all_tests(chosen))
        print(f"{time.monotonic() - started:6.1f} s  without any fault: {outcome}", flush=True)
        if outcome != "passed":
            return 1
        killed = 0
        for mutant in chosen:
            started = time.monotonic()
            outcome = try_mutant(mutant, folder)
            killed += outcome == "killed"
            print(f"{time.monotonic() - started:6.1f} s  {mutant.name}: {outcome}", flush=True)
    print(f"{killed} of {len(chosen)} killed")
    return 0 if killed == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
