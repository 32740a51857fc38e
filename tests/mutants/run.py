"""Plant one fault after the other in a copy of the sources; each has to make a test fail.

    python tests/mutants/run.py [part of a name ...]

Two at a time, as the tests. Exits 1 where a fault survives, does not deploy, or no longer fits
the sources; and where the tests fail without any.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from detectors import DETECTORS
from functions import FUNCTIONS
from mutant import Mutant
from published import PUBLISHED
from rollups import ROLLUPS
from scorers import SCORERS
from views import VIEWS

MUTANTS = [*FUNCTIONS, *VIEWS, *ROLLUPS, *SCORERS, *DETECTORS, *PUBLISHED]
ROOT = Path(__file__).parents[2]
COPIED = ("sql", "migrations", "src", "tests", "docs", "pyproject.toml")
AT_ONCE = 2
SECONDS = 600


def copy_sources(folder: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    folder.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)
    return folder


def run_tests(folder: Path, arguments: tuple[str, ...], seconds: int | None = None) -> str:
    """passed, failed, or what else became of it."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=no", "-p", "no:cacheprovider"]
    environment = {"PYTHONPATH": str(folder / "src"), "ACTIVITY_SQL_ROLLUP_PROFILE": "mutants"}
    try:
        done = subprocess.run(
            [*command, *arguments],
            cwd=folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"still running after {seconds} s"
    last = done.stdout.strip().splitlines()[-1] if done.stdout else done.stderr
    if done.returncode == 0:
        return "passed"
    return "failed" if " failed" in last and " error" not in last else last


def try_mutant(mutant: Mutant, folder: Path) -> str:
    path = folder / "sql" / mutant.file
    source = path.read_text() if path.exists() else ""
    if source.count(mutant.old) != 1:
        return f"its text occurs {source.count(mutant.old)} times in {mutant.file}"
    path.write_text(source.replace(mutant.old, mutant.new))
    try:
        outcome = run_tests(folder, mutant.tests, SECONDS)
    finally:
        path.write_text(source)
    return {"failed": "killed", "passed": "SURVIVED"}.get(outcome, outcome)


def say(started: float, text: str) -> None:
    print(f"{time.monotonic() - started:6.1f} s  {text}", flush=True)


def main(names: list[str]) -> int:
    begun = time.monotonic()
    chosen = [
        mutant for mutant in MUTANTS if not names or any(name in mutant.name for name in names)
    ]
    with (
        tempfile.TemporaryDirectory(prefix="activity-sql-mutants-") as temporary,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        folders: SimpleQueue[Path] = SimpleQueue()
        for number in range(AT_ONCE):
            folders.put(copy_sources(Path(temporary) / str(number)))

        tests = sorted({test for mutant in chosen for test in mutant.tests})
        workers = ("--numprocesses", str(AT_ONCE), "--dist", "worksteal")
        outcome = run_tests(Path(temporary) / "0", (*workers, *tests))
        say(begun, f"without any fault: {outcome}")
        if outcome != "passed":
            return 1

        def is_killed(mutant: Mutant) -> bool:
            started, folder = time.monotonic(), folders.get()
            outcome = try_mutant(mutant, folder)
            folders.put(folder)
            say(started, f"{mutant.name}: {outcome}")
            return outcome == "killed"

        killed = sum(pool.map(is_killed, chosen))
    say(begun, f"{killed} of {len(chosen)} killed")
    return 0 if killed == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
