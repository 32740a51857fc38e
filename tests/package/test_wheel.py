"""The wheel carries the SQL and works from an environment that has nothing else."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from activity_sql.settings import Settings

ROOT = Path(__file__).parents[2]
SECONDS = 300


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
    (built,) = folder.glob("*.whl")
    return built


def test_every_source_is_inside(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    sources = {
        f"activity_sql/{path.relative_to(ROOT)}"
        for folder in ("sql", "migrations")
        for path in (ROOT / folder).rglob("*.sql")
    }
    assert sources
    assert sources <= inside
    assert not [name for name in inside if "tests/" in name]


def test_a_fresh_environment_migrates(wheel: Path, tmp_path: Path, database: Settings) -> None:
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True, timeout=SECONDS)
    python = environment / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", wheel]
    subprocess.run(install, check=True, timeout=SECONDS)

    done = subprocess.run(
        [environment / "bin" / "activity-sql", "migrate"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "DATABASE_URL": database.conninfo},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"created  \d+ functions", done.stdout)
